// The softmax of outputs divided by a temperature, which losses with soft targets share.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>

namespace eigenstudent {

/// log softmax(y / temperature) and the softmax itself, in float64. y, log_p, p: [outputs].
template <class T>
struct TemperedSoftmax {
  TemperedSoftmax(const T* y, std::size_t outputs, double temperature) : y_(y), temperature_(temperature) {
    for (std::size_t i = 0; i < outputs; ++i) largest_ = i == 0 ? scaled(0) : std::max(largest_, scaled(i));
    for (std::size_t i = 0; i < outputs; ++i) sum_ += std::exp(scaled(i) - largest_);
    log_sum_ = std::log(sum_);
  }
  double log_of(std::size_t i) const { return scaled(i) - largest_ - log_sum_; }
  double of(std::size_t i) const { return std::exp(scaled(i) - largest_) / sum_; }

 private:
  double scaled(std::size_t i) const { return static_cast<double>(y_[i]) / temperature_; }

  const T* y_;
  double temperature_, largest_ = 0, sum_ = 0, log_sum_ = 0;
};

}  // namespace eigenstudent
