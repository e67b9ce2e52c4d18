// Batch norm in plain loops, unit by unit. Sums are float64 and about the unit's first value, so that a large mean takes no
// digits from the variance.
#pragma once

#include <cmath>

#include "executor/layer_pass.h"
#include "layers/batch_norm/batch_norm.h"

namespace eigenstudent::reference {

/// The values of one unit in a batch: `spatial` in a row per sample.
struct UnitValues {
  std::size_t batch, units, spatial;

  std::size_t count() const { return batch * spatial; }
  /// Calls body(index) for every value of unit u.
  template <class Body>
  void each(std::size_t u, const Body& body) const {
    for (std::size_t b = 0; b < batch; ++b)
      for (std::size_t s = 0; s < spatial; ++s) body((b * units + u) * spatial + s);
  }
};

template <class T>
UnitValues unit_values(const LayerPass<T>& pass) {
  return {pass.batch, pass.shapes[0][0], pass.layer.description.values_per_unit};
}

template <class T>
struct Moments {
  Wide<T> mean, variance;  // over n
};
template <class T>
Moments<T> moments_of(const UnitValues& values, std::size_t u, const T* x) {
  const auto n = static_cast<double>(values.count());
  const Wide<T> origin = widen(x[u * values.spatial]);
  Wide<T> sum = 0;
  values.each(u, [&](std::size_t i) { sum += widen(x[i]) - origin; });
  const Wide<T> mean = origin + sum / n;
  Wide<T> squares = 0;
  values.each(u, [&](std::size_t i) { squares += (widen(x[i]) - mean) * (widen(x[i]) - mean); });
  return {mean, squares / n};
}

template <class T>
void forward(const BatchNorm& layer, const LayerPass<T>& pass) {
  using std::sqrt;
  const UnitValues values = unit_values(pass);
  const T *scale = pass.tensors[0], *shift = pass.tensors[1];
  const T *running_mean = pass.buffers, *running_variance = pass.buffers + values.units;
  for (std::size_t u = 0; u < values.units; ++u) {
    const bool batch = pass.statistics == Statistics::batch;
    const Moments<T> moments = batch ? moments_of(values, u, pass.x[0])
                                     : Moments<T>{widen(running_mean[u]), widen(running_variance[u])};
    const T mean = static_cast<T>(moments.mean);
    const T inverse = static_cast<T>(1 / sqrt(moments.variance + layer.epsilon));
    values.each(u,
                [&](std::size_t i) { pass.y[i] = scale[u] * ((pass.x[0][i] - mean) * inverse) + shift[u]; });
    pass.saved_batch[u] = mean;
    pass.saved_batch[values.units + u] = inverse;
    if (!pass.new_buffers) continue;
    const auto n = static_cast<double>(values.count());
    const auto moved = [&](T from, Wide<T> to) {
      return static_cast<T>((1 - layer.momentum) * widen(from) + layer.momentum * to);
    };
    pass.new_buffers[u] = moved(running_mean[u], moments.mean);
    pass.new_buffers[values.units + u] = moved(running_variance[u], moments.variance * n / (n - 1));
  }
}

/// With xhat = (x - mean) inverse and g = dL/dy: dL/dscale = sum g xhat, dL/dshift = sum g; by the batch's statistics
/// dL/dx = scale inverse (g - mean(g) - xhat mean(g xhat)), by running ones dL/dx = scale inverse g.
template <class T>
void backward(const BatchNorm&, const LayerPass<T>& pass, const LayerGradients<T>& gradients) {
  const UnitValues values = unit_values(pass);
  const auto n = static_cast<double>(values.count());
  for (std::size_t u = 0; u < values.units; ++u) {
    const T mean = pass.saved_batch[u], inverse = pass.saved_batch[values.units + u];
    const auto normalised = [&](std::size_t i) { return (pass.x[0][i] - mean) * inverse; };
    Wide<T> sum = 0, product = 0;
    values.each(u, [&](std::size_t i) {
      sum += widen(gradients.y[i]);
      product += widen(gradients.y[i]) * widen(T(normalised(i)));
    });
    if (T* scale = gradients.tensors[0]) scale[u] = static_cast<T>(product);
    if (T* shift = gradients.tensors[1]) shift[u] = static_cast<T>(sum);
    if (!gradients.x[0]) continue;
    const bool batch = pass.statistics == Statistics::batch;
    const T mean_gradient = batch ? static_cast<T>(sum / n) : T(0);
    const T mean_product = batch ? static_cast<T>(product / n) : T(0);
    values.each(u, [&](std::size_t i) {
      gradients.x[0][i] =
          pass.tensors[0][u] * inverse * (gradients.y[i] - mean_gradient - normalised(i) * mean_product);
    });
  }
}

}  // namespace eigenstudent::reference
