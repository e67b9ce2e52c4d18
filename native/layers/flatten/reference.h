// Flatten: a copy.
#pragma once

#include <algorithm>

#include "executor/layer_pass.h"
#include "layers/flatten/flatten.h"

namespace eigenstudent::reference {

template <class T>
void forward(const Flatten&, const LayerPass<T>& pass) {
  std::copy_n(pass.x[0], pass.batch * pass.layer.size, pass.y);
}

template <class T>
void backward(const Flatten&, const LayerPass<T>& pass, const LayerGradients<T>& gradients) {
  if (gradients.x[0]) std::copy_n(gradients.y, pass.batch * pass.layer.size, gradients.x[0]);
}

}  // namespace eigenstudent::reference
