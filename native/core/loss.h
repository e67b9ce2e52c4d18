// Data losses of one batch and their gradient with respect to the network's output.
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>

#include "core/host_device.h"
#include "core/network_spec.h"

namespace eigenstudent {

/// One sample's share of the loss; where wanted also dL/dy for it.
///   mse            share = sum_i (y_i - t_i)^2 / (batch N_out)          dL/dy_i = 2 (y_i - t_i) / (batch N_out)
///   cross-entropy  share = (log sum_i e^(y_i) - y_class) / batch        dL/dy_i = (softmax_i - [i = class]) / batch
/// y, delta: [outputs], delta may be null; targets: [outputs] (mse); klass: the class (cross-entropy); batch: samples
/// in the batch. The outputs of the sample lie `stride` apart in each of the three. The share is a float64, so that a sum
/// over millions of samples stays exact enough for any dtype.
template <class T>
ES_HOST_DEVICE double mse_sample(const T* y, const T* targets, std::size_t outputs, std::size_t batch,
                                 T* delta, std::size_t stride = 1) {
  const double scale = 1.0 / (static_cast<double>(batch) * static_cast<double>(outputs));
  double sum = 0;
  for (std::size_t i = 0; i < outputs; ++i) {
    const T error = y[i * stride] - targets[i * stride];
    sum += static_cast<double>(error) * static_cast<double>(error);
    if (delta) delta[i * stride] = T(2) * error * static_cast<T>(scale);
  }
  return sum * scale;
}

template <class T>
ES_HOST_DEVICE double cross_entropy_sample(const T* y, std::uint32_t klass, std::size_t outputs,
                                           std::size_t batch, T* delta, std::size_t stride = 1) {
  T largest = y[0];
  for (std::size_t i = 1; i < outputs; ++i) largest = y[i * stride] > largest ? y[i * stride] : largest;
  T sum = 0;
  for (std::size_t i = 0; i < outputs; ++i) sum += std::exp(y[i * stride] - largest);
  if (delta) {
    const T scale = T(1) / static_cast<T>(batch);
    for (std::size_t i = 0; i < outputs; ++i) {
      const T softmax = std::exp(y[i * stride] - largest) / sum;
      delta[i * stride] = (softmax - (i == klass ? T(1) : T(0))) * scale;
    }
  }
  return (static_cast<double>(std::log(sum)) - static_cast<double>(y[klass * stride] - largest)) /
         static_cast<double>(batch);
}

}  // namespace eigenstudent
