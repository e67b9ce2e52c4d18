// A given gradient: the sum over samples and outputs of y_i t_i, no mean. For gradients of other programs' losses.
#pragma once

#include <cstddef>

#include "losses/loss_sample.h"

namespace eigenstudent {

struct Upstream {
  static constexpr const char* type_name = "upstream";
  static constexpr TargetKind targets = TargetKind::values;

  template <class T>
  Wide<T> sample(const LossSample<T>& s) const {
    Wide<T> sum = 0;
    for (std::size_t i = 0; i < s.outputs; ++i) {
      sum += widen(s.y[i]) * widen(s.targets[i]);
      if (s.delta) s.delta[i] = s.targets[i];
    }
    return sum;
  }
  bool operator==(const Upstream&) const = default;
};
template <class Visitor, MaybeConst<Upstream> Loss>
void fields(Visitor&, Loss&) {}

}  // namespace eigenstudent
