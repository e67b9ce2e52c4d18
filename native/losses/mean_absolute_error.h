// Mean absolute error: share = sum_i |y_i - t_i| / (batch N_out). Its derivative at y = t is 0.
#pragma once

#include <cmath>

#include "losses/loss_sample.h"

namespace eigenstudent {

struct MeanAbsoluteError {
  static constexpr const char* type_name = "meanAbsoluteError";
  static constexpr TargetKind targets = TargetKind::values;

  template <class T>
  Wide<T> sample(const LossSample<T>& s) const {
    const double scale = 1.0 / (static_cast<double>(s.mean_over) * static_cast<double>(s.outputs));
    using std::abs;
    Wide<T> sum = 0;
    for (std::size_t i = 0; i < s.outputs; ++i) {
      const Wide<T> error = widen(s.y[i]) - widen(s.targets[i]);
      sum += abs(error);
      if (s.delta) s.delta[i] = static_cast<T>(((error > 0) - (error < 0)) * scale);
    }
    return sum * scale;
  }
  bool operator==(const MeanAbsoluteError&) const = default;
};
template <class Visitor, MaybeConst<MeanAbsoluteError> Loss>
void fields(Visitor&, Loss&) {}

}  // namespace eigenstudent
