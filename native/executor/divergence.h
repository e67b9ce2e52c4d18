// Finds the layer where a forward pass stops being finite, for backends whose passes do not keep every layer.
// Plain loops: used once per student, after a loss that is not finite.
#pragma once

#include <cstddef>

#include "executor/graph_pass.h"
#include "layers/reference_list.h"

namespace eigenstudent {

/// The first layer with an output that is not finite for any of the samples, or -1 when all outputs are finite.
/// parameters: [layout.size()], x: [rows][inputs of the network].
template <class T>
int first_nonfinite_layer(const Graph& network, const T* parameters, const T* x, std::size_t rows) {
  AlignedBuffer<T> block;
  GraphPass<T, ReferenceKernels> pass(network, block);
  pass.forward({.parameters = parameters}, x, rows);
  return pass.first_nonfinite_layer();
}

}  // namespace eigenstudent
