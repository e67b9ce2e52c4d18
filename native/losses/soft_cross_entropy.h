// Cross-entropy with soft targets p: share = -sum_i p_i log softmax(y / T)_i / batch,
// dL/dy_i = (softmax(y / T)_i - p_i) / (T batch). (No factor T^2: give the term that weight.)
#pragma once

#include "losses/loss_sample.h"
#include "losses/tempered_softmax.h"

namespace eigenstudent {

struct SoftCrossEntropy {
  static constexpr const char* type_name = "softCrossEntropy";
  static constexpr TargetKind targets = TargetKind::distribution;
  double temperature = 1;

  template <class T>
  double sample(const LossSample<T>& s) const {
    const TemperedSoftmax<T> softmax(s.y, s.outputs, temperature);
    const double scale = 1.0 / static_cast<double>(s.mean_over);
    double sum = 0;
    for (std::size_t i = 0; i < s.outputs; ++i) {
      const double p = static_cast<double>(s.targets[i]);
      sum -= p * softmax.log_of(i);
      if (s.delta) s.delta[i] = static_cast<T>((softmax.of(i) - p) / temperature * scale);
    }
    return sum * scale;
  }
  bool operator==(const SoftCrossEntropy&) const = default;
};
template <class Visitor, MaybeConst<SoftCrossEntropy> Loss>
void fields(Visitor& visit, Loss& loss) {
  visit("temperature", loss.temperature);
}

}  // namespace eigenstudent
