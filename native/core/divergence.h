// Finds where a forward pass stops being finite. Slow and plain: used once a student, after a non-finite
// loss.
#pragma once

#include <cmath>
#include <cstddef>
#include <utility>
#include <vector>

#include "core/network_spec.h"
#include "core/parameter_layout.h"
#include "core/spectral_math.h"

namespace eigenstudent {

/// Answers of layer k for one sample. x: [N_in], parameters: [layout.size()]; returns y: [N_out].
template <class T>
std::vector<T> layer_answer(const NetworkSpec& network, const ParameterLayout& layout, std::size_t k,
                            const T* parameters, const std::vector<T>& x) {
  const LayerSpec& layer = network.layers[k];
  const T* matrix = layout.find(parameters, k, TensorRole::matrix);
  const T* lambda_in = layout.find(parameters, k, TensorRole::eigenvalues_in);
  const T* lambda_out = layout.find(parameters, k, TensorRole::eigenvalues_out);
  const T* bias = layout.find(parameters, k, TensorRole::bias);
  std::vector<T> y(layer.outputs);
  for (std::size_t i = 0; i < layer.outputs; ++i) {
    T z = bias ? bias[i] : T(0);
    for (std::size_t j = 0; j < layer.inputs; ++j) {
      const T m = matrix[i * layer.inputs + j];
      z += x[j] * (lambda_in ? spectral_weight(m, lambda_in[j], lambda_out[i]) : m);
    }
    y[i] = activate(layer.activation, z);
  }
  return y;
}

/// The first layer with an output that is not finite for any of the samples, or -1 when all outputs are
/// finite. parameters: [layout.size()], x: [rows][N_in of the network].
template <class T>
int first_nonfinite_layer(const NetworkSpec& network, const ParameterLayout& layout, const T* parameters,
                          const T* x, std::size_t rows) {
  int first = -1;
  for (std::size_t b = 0; b < rows; ++b) {
    std::vector<T> answer(x + b * network.inputs(), x + (b + 1) * network.inputs());
    const int end = first < 0 ? static_cast<int>(network.layers.size()) : first;
    for (int k = 0; k < end; ++k) {
      answer = layer_answer(network, layout, static_cast<std::size_t>(k), parameters, answer);
      bool finite = true;
      for (const T y : answer) finite = finite && std::isfinite(y);
      if (finite) continue;
      first = k;
      break;
    }
  }
  return first;
}

}  // namespace eigenstudent
