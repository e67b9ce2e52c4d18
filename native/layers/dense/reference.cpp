#include "layers/dense/reference.h"

#include <array>

#include "core/activations.h"
#include "core/spectral_math.h"

namespace eigenstudent::reference {

template <class T>
std::vector<T> effective_weights(std::size_t inputs, std::size_t outputs, const T* matrix,
                                 const T* eigenvalues_in, const T* eigenvalues_out) {
  std::vector<T> weights(matrix, matrix + outputs * inputs);
  if (!eigenvalues_in) return weights;
  for (std::size_t i = 0; i < outputs; ++i)
    for (std::size_t j = 0; j < inputs; ++j)
      weights[i * inputs + j] =
          spectral_weight(matrix[i * inputs + j], eigenvalues_in[j], eigenvalues_out[i]);
  return weights;
}

template <class T>
void layer_forward(const LayerForward<T>& layer) {
  const auto [batch, inputs, outputs] = std::array{layer.batch, layer.inputs, layer.outputs};
  const std::vector<T> W =
      effective_weights(inputs, outputs, layer.matrix, layer.eigenvalues_in, layer.eigenvalues_out);
  for (std::size_t b = 0; b < batch; ++b) {
    for (std::size_t i = 0; i < outputs; ++i) {
      T z = layer.bias ? layer.bias[i] : T(0);
      for (std::size_t j = 0; j < inputs; ++j) z += W[i * inputs + j] * layer.x[b * inputs + j];
      if (layer.z) layer.z[b * outputs + i] = z;
      layer.y[b * outputs + i] = activate(layer.activation, z);
    }
  }
}

template <class T>
void weight_backward(const LayerBackward<T>& layer) {
  const auto [batch, inputs, outputs] = std::array{layer.batch, layer.inputs, layer.outputs};
  for (std::size_t i = 0; layer.grad_matrix && i < outputs; ++i) {
    for (std::size_t j = 0; j < inputs; ++j) {
      T G = 0;
      for (std::size_t b = 0; b < batch; ++b) G += layer.delta[b * outputs + i] * layer.x[b * inputs + j];
      layer.grad_matrix[i * inputs + j] = G;
    }
  }
  for (std::size_t i = 0; layer.grad_bias && i < outputs; ++i) {
    layer.grad_bias[i] = 0;
    for (std::size_t b = 0; b < batch; ++b) layer.grad_bias[i] += layer.delta[b * outputs + i];
  }
  if (!layer.grad_x) return;
  const std::vector<T> W =
      effective_weights(inputs, outputs, layer.matrix, layer.eigenvalues_in, layer.eigenvalues_out);
  for (std::size_t b = 0; b < batch; ++b) {
    for (std::size_t j = 0; j < inputs; ++j) {
      T sum = 0;
      for (std::size_t i = 0; i < outputs; ++i) sum += W[i * inputs + j] * layer.delta[b * outputs + i];
      layer.grad_x[b * inputs + j] = sum;
    }
  }
}

template <class T>
void spectral_gradient(const LayerBackward<T>& layer, const T* G) {
  const std::size_t inputs = layer.inputs, outputs = layer.outputs;
  const T* phi = layer.matrix;
  for (std::size_t j = 0; layer.grad_eigenvalues_in && j < inputs; ++j) {
    T sum = 0;
    for (std::size_t i = 0; i < outputs; ++i)
      sum += eigenvalue_gradient_term(G[i * inputs + j], phi[i * inputs + j]);
    layer.grad_eigenvalues_in[j] = sum;
  }
  for (std::size_t i = 0; layer.grad_eigenvalues_out && i < outputs; ++i) {
    T sum = 0;
    for (std::size_t j = 0; j < inputs; ++j)
      sum += eigenvalue_gradient_term(G[i * inputs + j], phi[i * inputs + j]);
    layer.grad_eigenvalues_out[i] = -sum;
  }
  // Last, because it may overwrite G.
  for (std::size_t i = 0; layer.grad_matrix && i < outputs; ++i)
    for (std::size_t j = 0; j < inputs; ++j)
      layer.grad_matrix[i * inputs + j] =
          eigenvector_gradient(G[i * inputs + j], layer.eigenvalues_in[j], layer.eigenvalues_out[i]);
}

template <class T>
void layer_backward(const LayerBackward<T>& layer) {
  if (!layer.eigenvalues_in) return weight_backward(layer);
  std::vector<T> G(layer.outputs * layer.inputs);
  LayerBackward<T> weights = layer;
  weights.grad_matrix = G.data();
  weight_backward(weights);
  spectral_gradient(layer, G.data());
}

#define INSTANTIATE(T)                                                                               \
  template std::vector<T> effective_weights(std::size_t, std::size_t, const T*, const T*, const T*); \
  template void layer_forward(const LayerForward<T>&);                                               \
  template void weight_backward(const LayerBackward<T>&);                                            \
  template void spectral_gradient(const LayerBackward<T>&, const T*);                                \
  template void layer_backward(const LayerBackward<T>&);
INSTANTIATE(float)
INSTANTIATE(double)
INSTANTIATE(Dual)
#undef INSTANTIATE

}  // namespace eigenstudent::reference
