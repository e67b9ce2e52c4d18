// Pools in plain loops, plane by plane: a plane is one channel of one sample.
#pragma once

#include <algorithm>
#include <cstddef>

#include "executor/layer_pass.h"
#include "layers/pool/pool.h"

namespace eigenstudent::reference {

/// Calls body(plane of x, plane of y, position in the plane of y, its row, its column).
template <class T, class Body>
void each_pooled(const LayerPass<T>& pass, const Body& body) {
  const Shape &in = pass.shapes[0], &out = pass.layer.description.output;
  for (std::size_t plane = 0; plane < pass.batch * out[0]; ++plane)
    for (std::size_t row = 0; row < out[1]; ++row)
      for (std::size_t column = 0; column < out[2]; ++column)
        body(plane * in[1] * in[2], plane * out[1] * out[2] + row * out[2] + column, row, column);
}

/// Place in the plane of the first largest value, or of a NaN where there is one; a window always covers a part of the image.
template <class T>
std::size_t place_of_maximum(const MaxPool2d& layer, const Shape& image, const T* plane, std::size_t row,
                             std::size_t column) {
  std::size_t best = 0;
  bool found = false;
  each_in_window(image, layer.window(), row, column, [&](std::size_t, std::size_t, std::size_t i) {
    const bool is_nan = plane[i] != plane[i];
    if (found && !is_nan && !(plane[i] > plane[best])) return;
    best = i;
    found = true;
  });
  return best;
}

template <class T>
void forward(const MaxPool2d& layer, const LayerPass<T>& pass) {
  each_pooled(pass, [&](std::size_t plane, std::size_t y, std::size_t row, std::size_t column) {
    const T* x = pass.x[0] + plane;
    pass.y[y] = x[place_of_maximum(layer, pass.shapes[0], x, row, column)];
  });
}

template <class T>
void backward(const MaxPool2d& layer, const LayerPass<T>& pass, const LayerGradients<T>& gradients) {
  if (!gradients.x[0]) return;
  std::fill_n(gradients.x[0], pass.batch * size_of(pass.shapes[0]), T(0));
  each_pooled(pass, [&](std::size_t plane, std::size_t y, std::size_t row, std::size_t column) {
    const std::size_t best = place_of_maximum(layer, pass.shapes[0], pass.x[0] + plane, row, column);
    gradients.x[0][plane + best] += gradients.y[y];
  });
}

/// By how much a sum over the window at (row, column) is divided: its places, with those of the padding or without.
inline std::size_t pooled_count(const AveragePool2d& layer, const Shape& image, std::size_t row,
                                std::size_t column) {
  if (layer.count_include_pad) return layer.kernel.height * layer.kernel.width;
  std::size_t count = 0;
  each_in_window(image, layer.window(), row, column, [&](std::size_t, std::size_t, std::size_t) { ++count; });
  return count;
}

template <class T>
void forward(const AveragePool2d& layer, const LayerPass<T>& pass) {
  each_pooled(pass, [&](std::size_t plane, std::size_t y, std::size_t row, std::size_t column) {
    T sum = T(0);
    each_in_window(pass.shapes[0], layer.window(), row, column,
                   [&](std::size_t, std::size_t, std::size_t i) { sum += pass.x[0][plane + i]; });
    pass.y[y] = sum / static_cast<double>(pooled_count(layer, pass.shapes[0], row, column));
  });
}

template <class T>
void backward(const AveragePool2d& layer, const LayerPass<T>& pass, const LayerGradients<T>& gradients) {
  if (!gradients.x[0]) return;
  std::fill_n(gradients.x[0], pass.batch * size_of(pass.shapes[0]), T(0));
  each_pooled(pass, [&](std::size_t plane, std::size_t y, std::size_t row, std::size_t column) {
    const auto count = static_cast<double>(pooled_count(layer, pass.shapes[0], row, column));
    each_in_window(pass.shapes[0], layer.window(), row, column, [&](std::size_t, std::size_t, std::size_t i) {
      gradients.x[0][plane + i] += gradients.y[y] / count;
    });
  });
}

template <class T>
void forward(const GlobalAveragePool&, const LayerPass<T>& pass) {
  const std::size_t area = pass.shapes[0][1] * pass.shapes[0][2];
  for (std::size_t plane = 0; plane < pass.batch * pass.layer.size; ++plane) {
    T sum = T(0);
    for (std::size_t i = 0; i < area; ++i) sum += pass.x[0][plane * area + i];
    pass.y[plane] = sum / static_cast<double>(area);
  }
}

template <class T>
void backward(const GlobalAveragePool&, const LayerPass<T>& pass, const LayerGradients<T>& gradients) {
  if (!gradients.x[0]) return;
  const std::size_t area = pass.shapes[0][1] * pass.shapes[0][2];
  for (std::size_t plane = 0; plane < pass.batch * pass.layer.size; ++plane)
    std::fill_n(gradients.x[0] + plane * area, area, gradients.y[plane] / static_cast<double>(area));
}

}  // namespace eigenstudent::reference
