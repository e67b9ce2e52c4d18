// Convolutions in plain loops: the specification that every kernel is tested against. Sums are float64.
#pragma once

#include <algorithm>
#include <cstddef>
#include <vector>

#include "core/spectral_math.h"
#include "executor/layer_pass.h"
#include "layers/conv/conv.h"
#include "layers/dense/dense.h"

namespace eigenstudent::reference {

/// A convolution with its sizes: i counts the channels of one group.
template <class T>
struct ConvShape {
  const ConvOptions& conv;
  const Shape& image;   // [channels, height, width]
  const Shape& output;  // [width, height, width]

  std::size_t group_channels() const { return image[0] / conv.groups; }
  std::size_t plane() const { return image[1] * image[2]; }
  std::size_t out_plane() const { return output[1] * output[2]; }
  std::size_t kernel_size() const { return conv.kernel.height * conv.kernel.width; }
  std::size_t weight_count() const { return conv.width * group_channels() * kernel_size(); }
  /// The channel of the image that channel i of output o's group is.
  std::size_t channel(std::size_t o, std::size_t i) const {
    return o / (conv.width / conv.groups) * group_channels() + i;
  }
  /// Calls body(index in weights, index in the image's sample) for all that output o at (row, column) reads.
  template <class Body>
  void each_read(std::size_t o, std::size_t row, std::size_t column, const Body& body) const {
    for (std::size_t i = 0; i < group_channels(); ++i)
      each_in_window(image, conv.window(), row, column, [&](std::size_t u, std::size_t v, std::size_t place) {
        body(((o * group_channels() + i) * conv.kernel.height + u) * conv.kernel.width + v,
             channel(o, i) * plane() + place);
      });
  }
  /// Calls body(o, row, column, index in the output's sample).
  template <class Body>
  void each_output(const Body& body) const {
    for (std::size_t o = 0; o < conv.width; ++o)
      for (std::size_t row = 0; row < output[1]; ++row)
        for (std::size_t column = 0; column < output[2]; ++column)
          body(o, row, column, o * out_plane() + row * output[2] + column);
  }
};

template <class T>
ConvShape<T> conv_shape(const ConvOptions& conv, const LayerPass<T>& pass) {
  return {conv, pass.shapes[0], pass.layer.description.output};
}

/// The tensor of a role, or null.
template <class T>
const T* tensor_of(const LayerPass<T>& pass, TensorRole role) {
  return pass.tensors[static_cast<std::size_t>(role)];
}

/// (eigenvaluesIn[i] - eigenvaluesOut[o]) eigenvectors, or a copy of the weights where there are no eigenvalues.
template <class T>
std::vector<T> effective_kernels(const ConvShape<T>& shape, const LayerPass<T>& pass) {
  const T* matrix = tensor_of(pass, TensorRole::matrix);
  const T *in = tensor_of(pass, TensorRole::eigenvalues_in),
          *out = tensor_of(pass, TensorRole::eigenvalues_out);
  std::vector<T> weights(matrix, matrix + shape.weight_count());
  if (!in) return weights;
  const std::size_t row = shape.group_channels() * shape.kernel_size();
  for (std::size_t k = 0; k < weights.size(); ++k) {
    const std::size_t o = k / row, i = k % row / shape.kernel_size();
    weights[k] = spectral_weight(matrix[k], in[shape.channel(o, i)], out[o]);
  }
  return weights;
}

template <class T>
void conv_forward(const ConvOptions& conv, const LayerPass<T>& pass) {
  const ConvShape<T> shape = conv_shape(conv, pass);
  const std::vector<T> weights = effective_kernels(shape, pass);
  const T* bias = tensor_of(pass, TensorRole::bias);
  const bool has_z = pass.layer.description.saved > 0;
  for (std::size_t b = 0; b < pass.batch; ++b) {
    const T* x = pass.x[0] + b * size_of(shape.image);
    const std::size_t first = b * pass.layer.size;
    shape.each_output([&](std::size_t o, std::size_t row, std::size_t column, std::size_t at) {
      Wide<T> sum = bias ? widen(bias[o]) : Wide<T>(0);
      shape.each_read(o, row, column,
                      [&](std::size_t k, std::size_t i) { sum += widen(weights[k]) * widen(x[i]); });
      const T z = static_cast<T>(sum);
      if (has_z) pass.saved[first + at] = z;
      pass.y[first + at] = activate(conv.activation, z);
    });
  }
}

/// From G = dL/dweights to the gradients of eigenvectors and eigenvalues that are wanted.
template <class T>
void spectral_conv_gradients(const ConvShape<T>& shape, const LayerPass<T>& pass,
                             const std::vector<Wide<T>>& G, const LayerGradients<T>& gradients) {
  const auto wanted = [&](TensorRole role) { return gradients.tensors[static_cast<std::size_t>(role)]; };
  const T* phi = tensor_of(pass, TensorRole::matrix);
  const T *in = tensor_of(pass, TensorRole::eigenvalues_in),
          *out = tensor_of(pass, TensorRole::eigenvalues_out);
  std::vector<Wide<T>> of_in(shape.image[0], Wide<T>(0)), of_out(shape.conv.width, Wide<T>(0));
  const std::size_t row = shape.group_channels() * shape.kernel_size();
  for (std::size_t k = 0; k < G.size(); ++k) {
    const std::size_t o = k / row, i = shape.channel(o, k % row / shape.kernel_size());
    of_in[i] += G[k] * widen(phi[k]);
    of_out[o] -= G[k] * widen(phi[k]);
    if (T* matrix = wanted(TensorRole::matrix))
      matrix[k] = static_cast<T>(G[k] * (widen(in[i]) - widen(out[o])));
  }
  const auto copy = [](const std::vector<Wide<T>>& from, T* to) {
    if (to) std::transform(from.begin(), from.end(), to, [](const Wide<T>& g) { return static_cast<T>(g); });
  };
  copy(of_in, wanted(TensorRole::eigenvalues_in));
  copy(of_out, wanted(TensorRole::eigenvalues_out));
}

template <class T>
void conv_backward(const ConvOptions& conv, const LayerPass<T>& pass, const LayerGradients<T>& gradients) {
  const ConvShape<T> shape = conv_shape(conv, pass);
  const std::vector<T> weights = effective_kernels(shape, pass);
  const bool has_z = pass.layer.description.saved > 0;
  for (std::size_t i = 0; i < pass.batch * pass.layer.size; ++i)  // dL/dz = dL/dy f'(z)
    gradients.y[i] *= activation_derivative(conv.activation, has_z ? pass.saved[i] : pass.y[i], pass.y[i]);
  std::vector<Wide<T>> G(weights.size(), Wide<T>(0)), of_bias(conv.width, Wide<T>(0));
  std::vector<Wide<T>> of_x(size_of(shape.image));
  for (std::size_t b = 0; b < pass.batch; ++b) {
    const T *x = pass.x[0] + b * of_x.size(), *delta = gradients.y + b * pass.layer.size;
    std::fill(of_x.begin(), of_x.end(), Wide<T>(0));
    shape.each_output([&](std::size_t o, std::size_t row, std::size_t column, std::size_t at) {
      const Wide<T> d = widen(delta[at]);
      of_bias[o] += d;
      shape.each_read(o, row, column, [&](std::size_t k, std::size_t i) {
        G[k] += d * widen(x[i]);
        of_x[i] += d * widen(weights[k]);
      });
    });
    if (T* to = gradients.x[0])
      for (std::size_t i = 0; i < of_x.size(); ++i) to[b * of_x.size() + i] = static_cast<T>(of_x[i]);
  }
  const auto wanted = [&](TensorRole role) { return gradients.tensors[static_cast<std::size_t>(role)]; };
  if (T* bias = wanted(TensorRole::bias))
    for (std::size_t o = 0; o < conv.width; ++o) bias[o] = static_cast<T>(of_bias[o]);
  if (tensor_of(pass, TensorRole::eigenvalues_in)) return spectral_conv_gradients(shape, pass, G, gradients);
  if (T* matrix = wanted(TensorRole::matrix))
    for (std::size_t k = 0; k < G.size(); ++k) matrix[k] = static_cast<T>(G[k]);
}

template <class T>
void forward(const ConvOptions& conv, const LayerPass<T>& pass) {
  conv_forward(conv, pass);
}
template <class T>
void backward(const ConvOptions& conv, const LayerPass<T>& pass, const LayerGradients<T>& gradients) {
  conv_backward(conv, pass, gradients);
}

}  // namespace eigenstudent::reference
