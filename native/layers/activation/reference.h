// The activation layer in plain loops.
#pragma once

#include "executor/layer_pass.h"
#include "layers/activation/activation.h"

namespace eigenstudent::reference {

template <class T>
void forward(const ActivationLayer& layer, const LayerPass<T>& pass) {
  const std::size_t count = pass.batch * pass.layer.size;
  for (std::size_t i = 0; i < count; ++i) pass.y[i] = activate(layer.activation, pass.x[0][i]);
}

template <class T>
void backward(const ActivationLayer& layer, const LayerPass<T>& pass, const LayerGradients<T>& gradients) {
  if (!gradients.x[0]) return;
  const std::size_t count = pass.batch * pass.layer.size;
  for (std::size_t i = 0; i < count; ++i)
    gradients.x[0][i] = gradients.y[i] * activation_derivative(layer.activation, pass.x[0][i], pass.y[i]);
}

}  // namespace eigenstudent::reference
