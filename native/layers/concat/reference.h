// Layers one after the other, in plain loops.
#pragma once

#include <algorithm>

#include "executor/layer_pass.h"
#include "layers/concat/concat.h"

namespace eigenstudent::reference {

template <class T>
void forward(const Concat&, const LayerPass<T>& pass) {
  T* y = pass.y;
  for (std::size_t b = 0; b < pass.batch; ++b)
    for (std::size_t r = 0; r < pass.x.size(); ++r) {
      const std::size_t size = size_of(pass.shapes[r]);
      y = std::copy_n(pass.x[r] + b * size, size, y);
    }
}

template <class T>
void backward(const Concat&, const LayerPass<T>& pass, const LayerGradients<T>& gradients) {
  const T* y = gradients.y;
  for (std::size_t b = 0; b < pass.batch; ++b)
    for (std::size_t r = 0; r < pass.x.size(); ++r) {
      const std::size_t size = size_of(pass.shapes[r]);
      if (gradients.x[r]) std::copy_n(y, size, gradients.x[r] + b * size);
      y += size;
    }
}

}  // namespace eigenstudent::reference
