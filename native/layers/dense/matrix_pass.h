// The general executor's pass of a dense or spectral layer as the arguments of its kernels.
#pragma once

#include "core/layer_arguments.h"
#include "executor/layer_pass.h"
#include "layers/dense/dense.h"

namespace eigenstudent {

/// z is what backward needs from the pass: the saved numbers.
template <class T>
LayerForward<T> forward_arguments(const MatrixOptions& options, const LayerPass<T>& pass) {
  const auto tensor = [&](TensorRole role) { return pass.tensors[static_cast<std::size_t>(role)]; };
  return {pass.batch,
          size_of(pass.shapes[0]),
          options.width,
          options.activation,
          pass.x[0],
          tensor(TensorRole::matrix),
          tensor(TensorRole::eigenvalues_in),
          tensor(TensorRole::eigenvalues_out),
          tensor(TensorRole::bias),
          pass.layer.description.saved > 0 ? pass.saved : nullptr,
          pass.y};
}

/// delta is gradients.y, which must be dL/dz when the kernel is called.
template <class T>
LayerBackward<T> backward_arguments(const MatrixOptions& options, const LayerPass<T>& pass,
                                    const LayerGradients<T>& gradients) {
  const auto tensor = [&](TensorRole role) { return pass.tensors[static_cast<std::size_t>(role)]; };
  const auto gradient = [&](TensorRole role) { return gradients.tensors[static_cast<std::size_t>(role)]; };
  return {pass.batch,
          size_of(pass.shapes[0]),
          options.width,
          pass.x[0],
          tensor(TensorRole::matrix),
          tensor(TensorRole::eigenvalues_in),
          tensor(TensorRole::eigenvalues_out),
          gradients.y,
          gradient(TensorRole::matrix),
          gradient(TensorRole::eigenvalues_in),
          gradient(TensorRole::eigenvalues_out),
          gradient(TensorRole::bias),
          gradients.x[0]};
}

}  // namespace eigenstudent
