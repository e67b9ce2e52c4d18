// Mean squared error: share = sum_i (y_i - t_i)^2 / (batch N_out), dL/dy_i = 2 (y_i - t_i) / (batch N_out).
#pragma once

#include <cstddef>

#include "losses/loss_sample.h"

namespace eigenstudent {

/// 1 / (batch N_out); batch: samples that the mean is over.
ES_HOST_DEVICE double mse_scale(std::size_t outputs, std::size_t batch) {
  return 1.0 / (static_cast<double>(batch) * static_cast<double>(outputs));
}

/// targets, y, delta: [outputs], `stride` apart; delta may be null. scale: mse_scale.
template <class T>
ES_HOST_DEVICE Wide<T> scaled_squared_error(const T* y, const T* targets, std::size_t outputs, double scale,
                                            T* delta, std::size_t stride = 1) {
  Wide<T> sum = 0;
  for (std::size_t i = 0; i < outputs; ++i) {
    const T error = y[i * stride] - targets[i * stride];
    sum += widen(error) * widen(error);
    if (delta) delta[i * stride] = T(2) * error * static_cast<T>(scale);
  }
  return sum * scale;
}

/// A sample's share, with mse_scale in it.
template <class T>
ES_HOST_DEVICE Wide<T> mse_sample(const T* y, const T* targets, std::size_t outputs, std::size_t batch,
                                  T* delta, std::size_t stride = 1) {
  return scaled_squared_error(y, targets, outputs, mse_scale(outputs, batch), delta, stride);
}

struct MeanSquaredError {
  static constexpr const char* type_name = "mse";
  static constexpr TargetKind targets = TargetKind::values;

  template <class T>
  Wide<T> sample(const LossSample<T>& s) const {
    return mse_sample(s.y, s.targets, s.outputs, s.mean_over, s.delta);
  }
  bool operator==(const MeanSquaredError&) const = default;
};
template <class Visitor, MaybeConst<MeanSquaredError> Loss>
void fields(Visitor&, Loss&) {}

}  // namespace eigenstudent
