// The softmax of outputs divided by a temperature, and the loop that losses with soft targets share.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>

#include "losses/loss_sample.h"

namespace eigenstudent {

/// log softmax(y / temperature) and the softmax itself, in float64. y, log_p, p: [outputs].
template <class T>
struct TemperedSoftmax {
  TemperedSoftmax(const T* y, std::size_t outputs, double temperature) : y_(y), temperature_(temperature) {
    using std::exp, std::log;
    for (std::size_t i = 0; i < outputs; ++i) largest_ = i == 0 ? scaled(0) : std::max(largest_, scaled(i));
    for (std::size_t i = 0; i < outputs; ++i) sum_ += exp(scaled(i) - largest_);
    log_sum_ = log(sum_);
  }
  Wide<T> log_of(std::size_t i) const { return scaled(i) - largest_ - log_sum_; }
  Wide<T> of(std::size_t i) const {
    using std::exp;
    return exp(scaled(i) - largest_) / sum_;
  }

 private:
  Wide<T> scaled(std::size_t i) const { return widen(y_[i]) / temperature_; }

  const T* y_;
  double temperature_;
  Wide<T> largest_ = 0, sum_ = 0, log_sum_ = 0;
};

/// The share of a sample with targets p: sum_i share(p_i, log softmax(y / T)_i) / batch, whose derivative must be
/// dL/dy_i = (softmax(y / T)_i - p_i) / (T batch), as it is for -p log softmax plus anything that y does not change.
template <class T, class Share>
Wide<T> soft_target_loss(const LossSample<T>& s, double temperature, Share share) {
  const TemperedSoftmax<T> softmax(s.y, s.outputs, temperature);
  const double scale = 1.0 / static_cast<double>(s.mean_over);
  Wide<T> sum = 0;
  for (std::size_t i = 0; i < s.outputs; ++i) {
    const double p = value_of(s.targets[i]);
    sum += share(p, softmax.log_of(i));
    if (s.delta) s.delta[i] = static_cast<T>((softmax.of(i) - p) / temperature * scale);
  }
  return sum * scale;
}

}  // namespace eigenstudent
