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
  Wide<T> sample(const LossSample<T>& s) const {
    return soft_target_loss(s, temperature, [](double p, Wide<T> log_softmax) { return -p * log_softmax; });
  }
  bool operator==(const SoftCrossEntropy&) const = default;
};
template <class Visitor, MaybeConst<SoftCrossEntropy> Loss>
void fields(Visitor& visit, Loss& loss) {
  visit("temperature", loss.temperature);
}

}  // namespace eigenstudent
