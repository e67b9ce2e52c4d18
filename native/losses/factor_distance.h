// Distance of normalised factors (Kim et al., arXiv 1802.04977): with f = y / max(|y|, 1e-12) and g likewise
// from the targets, per sample, share = sum_i |f_i - g_i|^power / (batch N_out), power 1 or 2. With r =
// dL/df, dL/dy = (r - f (f . r)) / |y|.
#pragma once

#include <algorithm>
#include <cmath>

#include "losses/loss_sample.h"

namespace eigenstudent {

struct FactorDistance {
  static constexpr const char* type_name = "factorDistance";
  static constexpr TargetKind targets = TargetKind::values;
  static constexpr double least_norm = 1e-12;
  std::uint32_t power = 2;

  template <class T>
  static Wide<T> norm_of(const T* values, std::size_t count) {
    using std::sqrt;
    Wide<T> squares = 0;
    for (std::size_t i = 0; i < count; ++i) squares += widen(values[i]) * widen(values[i]);
    return std::max<Wide<T>>(sqrt(squares), least_norm);
  }

  template <class T>
  Wide<T> sample(const LossSample<T>& s) const {
    using std::abs;
    const Wide<T> y_norm = norm_of(s.y, s.outputs), target_norm = norm_of(s.targets, s.outputs);
    const double scale = 1.0 / (static_cast<double>(s.mean_over) * static_cast<double>(s.outputs));
    const auto factor = [&](std::size_t i) { return widen(s.y[i]) / y_norm; };
    const auto slope = [&](std::size_t i) {
      const Wide<T> error = factor(i) - widen(s.targets[i]) / target_norm;
      return power == 2 ? 2 * error : Wide<T>((error > 0) - (error < 0));
    };
    Wide<T> sum = 0, along = 0;
    for (std::size_t i = 0; i < s.outputs; ++i) {
      const Wide<T> error = factor(i) - widen(s.targets[i]) / target_norm;
      sum += power == 2 ? error * error : abs(error);
      along += factor(i) * slope(i);
    }
    for (std::size_t i = 0; s.delta && i < s.outputs; ++i)
      s.delta[i] = static_cast<T>((slope(i) - (y_norm > least_norm ? factor(i) * along : Wide<T>(0))) /
                                  y_norm * scale);
    return sum * scale;
  }
  bool operator==(const FactorDistance&) const = default;
};
template <class Visitor, MaybeConst<FactorDistance> Loss>
void fields(Visitor& visit, Loss& loss) {
  visit("power", loss.power);
}

}  // namespace eigenstudent
