// Arguments of the kernels of the general executor: plain pointers, the same for every type of layer.
//
// B = batch. Outputs are overwritten, never added to. Features are [B][features]. Images are stored in blocks
// of as many samples as the kernels say (sample_lanes), [blocks][channels][height][width][lanes]: with 1 that
// is row-major. Lanes past the last sample hold finite values, and gradients of 0.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "core/activations.h"
#include "core/graph.h"

namespace eigenstudent {

/// One pointer per role of a layer's tensors; null where the layer has none.
template <class Pointer>
using ByRole = std::array<Pointer, ParameterLayout::most_roles>;

template <class T>
struct LayerPass {
  std::size_t batch;
  const GraphLayer& layer;
  std::span<const Shape> shapes;  // of one sample of each layer read
  std::span<const T* const> x;    // by reading, [B][shape]
  ByRole<const T*> tensors;
  const T* buffers;  // the layer's, one after the other
  T* new_buffers;    // null: they do not change; else receives their new values
  Statistics statistics;
  ActivationFunction after;  // applied to the layer's output (see Kernels::folds): y is what comes of it
  T* y;                      // [B][output]
  T* saved;                  // [B][saved]: kept for backward
  T* saved_batch;            // [saved_batch]
};

template <class T>
struct LayerGradients {
  T* y;                   // [B][output]: dL/dy; the kernel may overwrite it
  ByRole<T*> tensors;     // null where not wanted
  std::span<T* const> x;  // by reading, [B][shape]; null where not wanted
};

}  // namespace eigenstudent
