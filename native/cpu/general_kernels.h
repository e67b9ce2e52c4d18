// The kernels of the general executor on the CPU: vector code where a layer has it, else the plain loops of its folder.
#pragma once

#include <algorithm>

#include "cpu/isa.h"
#include "cpu/layer_kernels.h"
#include "layers/dense/matrix_pass.h"
#include "layers/reference_list.h"

namespace eigenstudent::cpu {

template <class T>
void forward(const MatrixOptions& options, const LayerPass<T>& pass) {
  layer_forward(forward_arguments(options, pass));
}
template <class T>
void backward(const MatrixOptions& options, const LayerPass<T>& pass, const LayerGradients<T>& gradients) {
  kernels<T>().activation_backward(options.activation, pass.saved, pass.y, gradients.y,
                                   pass.batch * options.width);
  layer_backward(backward_arguments(options, pass, gradients));
}

template <class T>
void forward(const ActivationLayer& layer, const LayerPass<T>& pass) {
  kernels<T>().activate(layer.activation, pass.x[0], pass.y, pass.batch * pass.layer.size);
}
template <class T>
void backward(const ActivationLayer& layer, const LayerPass<T>& pass, const LayerGradients<T>& gradients) {
  if (!gradients.x[0]) return;
  const std::size_t count = pass.batch * pass.layer.size;
  std::copy_n(gradients.y, count, gradients.x[0]);
  kernels<T>().activation_backward(layer.activation, pass.x[0], pass.y, gradients.x[0], count);
}

struct GeneralKernels {
  template <class T>
  static void forward(const LayerOptions& layer, const LayerPass<T>& pass) {
    std::visit(
        [&](const auto& options) {
          if constexpr (requires { cpu::forward(options, pass); })
            cpu::forward(options, pass);
          else
            reference::forward(options, pass);
        },
        layer);
  }
  template <class T>
  static void backward(const LayerOptions& layer, const LayerPass<T>& pass,
                       const LayerGradients<T>& gradients) {
    std::visit(
        [&](const auto& options) {
          if constexpr (requires { cpu::backward(options, pass, gradients); })
            cpu::backward(options, pass, gradients);
          else
            reference::backward(options, pass, gradients);
        },
        layer);
  }
  template <class T>
  static void update(const OptimizerStep<T>& step, const TensorOptions& penalties, const T* gradient,
                     std::size_t count, T* p, T* m, T* v) {
    kernels<T>().update_vector(
        {count, gradient, p, m, v, static_cast<T>(penalties.l1), static_cast<T>(penalties.l2), step});
  }
};

}  // namespace eigenstudent::cpu
