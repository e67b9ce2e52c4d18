// A dense or spectral layer in plain loops: the specification that every kernel is tested against.
#pragma once

#include <vector>

#include "core/layer_arguments.h"
#include "executor/layer_pass.h"
#include "layers/dense/matrix_pass.h"

namespace eigenstudent::reference {

/// W_ij = (lambda_in_j - lambda_out_i) phi_ij, or a copy of the matrix when the eigenvalues are null.
/// matrix: [N_out][N_in], eigenvalues_in: [N_in], eigenvalues_out: [N_out]; returns [N_out][N_in].
template <class T>
std::vector<T> effective_weights(std::size_t inputs, std::size_t outputs, const T* matrix,
                                 const T* eigenvalues_in, const T* eigenvalues_out);

/// z = x W^T + bias, y = f(z).
template <class T>
void layer_forward(const LayerForward<T>& layer);

/// grad_matrix, grad_bias and grad_x of a layer whose weights W are `matrix`: grad_matrix is G = dL/dW even
/// for a spectral layer, and the eigenvalue gradients are not written. layer_backward computes those of spectral
/// layers.
template <class T>
void weight_backward(const LayerBackward<T>& layer);

/// From G = dL/dW to the gradients of phi, lambda_in and lambda_out. G may be the same memory as grad_matrix.
/// G, grad_matrix: [N_out][N_in]; the outputs are those of LayerBackward, null where not wanted.
template <class T>
void spectral_gradient(const LayerBackward<T>& layer, const T* G);

/// All gradients whose pointers are not null.
template <class T>
void layer_backward(const LayerBackward<T>& layer);

template <class T>
void forward(const MatrixOptions& options, const LayerPass<T>& pass) {
  layer_forward(forward_arguments(options, pass));
}
template <class T>
void backward(const MatrixOptions& options, const LayerPass<T>& pass, const LayerGradients<T>& gradients) {
  const LayerBackward<T> arguments = backward_arguments(options, pass, gradients);
  const bool has_z = pass.layer.description.saved > 0;
  for (std::size_t i = 0; i < pass.batch * options.width; ++i)  // dL/dz = dL/dy f'(z)
    gradients.y[i] *= activation_derivative(options.activation, has_z ? pass.saved[i] : pass.y[i], pass.y[i]);
  layer_backward(arguments);
}

}  // namespace eigenstudent::reference
