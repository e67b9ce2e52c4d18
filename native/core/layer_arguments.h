// Arguments of one layer's kernels: plain structs of pointers, the same for every backend that works in host
// memory.
//
// B = batch, N_in = inputs, N_out = outputs; everything row-major, nothing overlaps. eigenvalues_in and
// eigenvalues_out are both given (spectral: matrix is phi) or both null (dense: matrix is W). Outputs are
// overwritten, never added to.
#pragma once

#include <cstddef>

#include "core/activations.h"

namespace eigenstudent {

/// z = x W^T + bias, y = f(z).
template <class T>
struct LayerForward {
  std::size_t batch, inputs, outputs;
  ActivationFunction activation;
  const T* x;                // [B][N_in]
  const T* matrix;           // [N_out][N_in]
  const T* eigenvalues_in;   // [N_in], or null: dense
  const T* eigenvalues_out;  // [N_out], or null: dense
  const T* bias;             // [N_out], or null: none
  T* z;                      // [B][N_out], or null: not wanted
  T* y;                      // [B][N_out]
};

/// Gradients from delta = dL/dz: of the layer's tensors and of its input.
template <class T>
struct LayerBackward {
  std::size_t batch, inputs, outputs;
  const T* x;                // [B][N_in]
  const T* matrix;           // [N_out][N_in]
  const T* eigenvalues_in;   // [N_in], or null: dense
  const T* eigenvalues_out;  // [N_out], or null: dense
  const T* delta;            // [B][N_out]
  // Null where not wanted.
  T* grad_matrix;           // [N_out][N_in]
  T* grad_eigenvalues_in;   // [N_in]
  T* grad_eigenvalues_out;  // [N_out]
  T* grad_bias;             // [N_out]
  T* grad_x;                // [B][N_in]
};

}  // namespace eigenstudent
