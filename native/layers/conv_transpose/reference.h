// A transposed convolution in plain loops: the window of a convolution over the output, at each place of the input. Sums are
// float64.
#pragma once

#include <algorithm>
#include <cstddef>
#include <vector>

#include "executor/layer_pass.h"
#include "layers/conv_transpose/conv_transpose.h"
#include "layers/dense/dense.h"

namespace eigenstudent::reference {

/// Calls body(index in weights, index in the input's sample, index in the output's sample) for every product of a sample.
template <class Body>
void each_product(const ConvTranspose2d& layer, const Shape& image, const Shape& output, const Body& body) {
  const std::size_t plane = image[1] * image[2], out_plane = output[1] * output[2];
  for (std::size_t i = 0; i < image[0]; ++i)
    for (std::size_t o = 0; o < output[0]; ++o)
      for (std::size_t row = 0; row < image[1]; ++row)
        for (std::size_t column = 0; column < image[2]; ++column)
          each_in_window(output, layer.window(), row, column,
                         [&](std::size_t u, std::size_t v, std::size_t place) {
                           body(((i * output[0] + o) * layer.kernel.height + u) * layer.kernel.width + v,
                                i * plane + row * image[2] + column, o * out_plane + place);
                         });
}

template <class T>
void forward(const ConvTranspose2d& layer, const LayerPass<T>& pass) {
  const Shape &image = pass.shapes[0], &output = pass.layer.description.output;
  const T* weights = pass.tensors[static_cast<std::size_t>(TensorRole::matrix)];
  const T* bias = pass.tensors[static_cast<std::size_t>(TensorRole::bias)];
  std::vector<Wide<T>> z(pass.layer.size);
  for (std::size_t b = 0; b < pass.batch; ++b) {
    const T* x = pass.x[0] + b * size_of(image);
    for (std::size_t k = 0; k < z.size(); ++k)
      z[k] = bias ? widen(bias[k / (output[1] * output[2])]) : Wide<T>(0);
    each_product(layer, image, output, [&](std::size_t w, std::size_t i, std::size_t k) {
      z[k] += widen(weights[w]) * widen(x[i]);
    });
    for (std::size_t k = 0; k < z.size(); ++k) {
      const std::size_t at = b * z.size() + k;
      if (pass.layer.description.saved > 0) pass.saved[at] = static_cast<T>(z[k]);
      pass.y[at] = activate(layer.activation, static_cast<T>(z[k]));
    }
  }
}

template <class T>
void backward(const ConvTranspose2d& layer, const LayerPass<T>& pass, const LayerGradients<T>& gradients) {
  const Shape &image = pass.shapes[0], &output = pass.layer.description.output;
  const T* weights = pass.tensors[static_cast<std::size_t>(TensorRole::matrix)];
  const bool has_z = pass.layer.description.saved > 0;
  for (std::size_t i = 0; i < pass.batch * pass.layer.size; ++i)  // dL/dz = dL/dy f'(z)
    gradients.y[i] *= activation_derivative(layer.activation, has_z ? pass.saved[i] : pass.y[i], pass.y[i]);
  std::vector<Wide<T>> G(image[0] * output[0] * layer.kernel.height * layer.kernel.width, Wide<T>(0));
  std::vector<Wide<T>> of_bias(output[0], Wide<T>(0)), of_x(size_of(image));
  for (std::size_t b = 0; b < pass.batch; ++b) {
    const T *x = pass.x[0] + b * of_x.size(), *delta = gradients.y + b * pass.layer.size;
    std::fill(of_x.begin(), of_x.end(), Wide<T>(0));
    each_product(layer, image, output, [&](std::size_t w, std::size_t i, std::size_t k) {
      G[w] += widen(delta[k]) * widen(x[i]);
      of_x[i] += widen(delta[k]) * widen(weights[w]);
    });
    for (std::size_t k = 0; k < pass.layer.size; ++k) of_bias[k / (output[1] * output[2])] += widen(delta[k]);
    if (T* to = gradients.x[0])
      for (std::size_t i = 0; i < of_x.size(); ++i) to[b * of_x.size() + i] = static_cast<T>(of_x[i]);
  }
  const auto copy = [&](const std::vector<Wide<T>>& from, TensorRole role) {
    if (T* to = gradients.tensors[static_cast<std::size_t>(role)])
      std::transform(from.begin(), from.end(), to, [](const Wide<T>& g) { return static_cast<T>(g); });
  };
  copy(G, TensorRole::matrix);
  copy(of_bias, TensorRole::bias);
}

}  // namespace eigenstudent::reference
