// Cross-entropy with classes: share = (log sum_i e^(y_i) - y_class) / batch, dL/dy_i = (softmax_i - [i = class]) / batch.
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>

#include "losses/loss_sample.h"

namespace eigenstudent {

/// y, delta: [outputs], `stride` apart; delta may be null. label: the class. batch: samples that the mean is over.
template <class T>
ES_HOST_DEVICE Wide<T> cross_entropy_sample(const T* y, std::uint32_t label, std::size_t outputs,
                                            std::size_t batch, T* delta, std::size_t stride = 1) {
  using std::exp, std::log;
  T largest = y[0];
  for (std::size_t i = 1; i < outputs; ++i) largest = y[i * stride] > largest ? y[i * stride] : largest;
  T sum = 0;
  for (std::size_t i = 0; i < outputs; ++i) sum += exp(y[i * stride] - largest);
  if (delta) {
    const T scale = T(1) / static_cast<T>(batch);
    for (std::size_t i = 0; i < outputs; ++i) {
      const T softmax = exp(y[i * stride] - largest) / sum;
      delta[i * stride] = (softmax - (i == label ? T(1) : T(0))) * scale;
    }
  }
  return (widen(T(log(sum))) - widen(T(y[label * stride] - largest))) / static_cast<double>(batch);
}

struct CrossEntropy {
  static constexpr const char* type_name = "crossEntropy";
  static constexpr TargetKind targets = TargetKind::classes;

  template <class T>
  Wide<T> sample(const LossSample<T>& s) const {
    return cross_entropy_sample(s.y, s.label, s.outputs, s.mean_over, s.delta);
  }
  bool operator==(const CrossEntropy&) const = default;
};
template <class Visitor, MaybeConst<CrossEntropy> Loss>
void fields(Visitor&, Loss&) {}

}  // namespace eigenstudent
