// Optimisers: their options, and the update of one parameter. Updates follow PyTorch's definitions.
#pragma once

#include <array>
#include <cmath>
#include <cstdint>

#include "core/fields.h"
#include "core/host_device.h"

namespace eigenstudent {

enum class OptimizerKind : std::uint8_t { sgd, adam, adamw };
template <>
struct EnumNames<OptimizerKind> {
  static constexpr std::array values{"sgd", "adam", "adamW"};
};

struct OptimizerSpec {
  OptimizerKind kind = OptimizerKind::adam;
  double momentum = 0;      // sgd
  bool nesterov = false;    // sgd
  double beta1 = 0.9;       // adam, adamw
  double beta2 = 0.999;     // adam, adamw
  double epsilon = 1e-7;    // adam, adamw; Keras' default, as in the paper's code (PyTorch: 1e-8)
  double weight_decay = 0;  // adamw

  /// Numbers kept per parameter: the first moment (adam) or velocity (sgd), and the second moment (adam).
  int moments() const { return kind == OptimizerKind::sgd ? 1 : 2; }
};
template <class Visitor, MaybeConst<OptimizerSpec> Spec>
void fields(Visitor& visit, Spec& optimizer) {
  visit("kind", optimizer.kind);
  visit("momentum", optimizer.momentum);
  visit("nesterov", optimizer.nesterov);
  visit("beta1", optimizer.beta1);
  visit("beta2", optimizer.beta2);
  visit("epsilon", optimizer.epsilon);
  visit("weightDecay", optimizer.weight_decay);
}

/// The numbers of step t of one tensor that do not depend on the parameter. Computed in float64, rounded
/// once.
template <class T>
struct OptimizerStep {
  OptimizerKind kind;
  bool nesterov;
  T learning_rate;
  T momentum;
  T beta1, beta2;
  T one_minus_beta1, one_minus_beta2;  // from float64: 1 - float32(0.999) would be off by 1e-5
  T correction1;                       // learning_rate / (1 - beta1^t)
  T correction2;                       // 1 / sqrt(1 - beta2^t)
  T epsilon;
  T decay;  // 1 - learning_rate * weight_decay
};

/// `t` counts the updates of this tensor from 1: while a tensor is frozen, its count and Adam's moments
/// do not change.
template <class T>
ES_HOST_DEVICE OptimizerStep<T> optimizer_step(const OptimizerSpec& spec, double learning_rate,
                                               std::uint64_t t) {
  const double count = static_cast<double>(t);
  OptimizerStep<T> step{};
  step.kind = spec.kind;
  step.nesterov = spec.nesterov;
  step.learning_rate = static_cast<T>(learning_rate);
  step.momentum = static_cast<T>(spec.momentum);
  step.beta1 = static_cast<T>(spec.beta1);
  step.beta2 = static_cast<T>(spec.beta2);
  step.one_minus_beta1 = static_cast<T>(1 - spec.beta1);
  step.one_minus_beta2 = static_cast<T>(1 - spec.beta2);
  step.correction1 = static_cast<T>(learning_rate / (1 - std::pow(spec.beta1, count)));
  step.correction2 = static_cast<T>(1 / std::sqrt(1 - std::pow(spec.beta2, count)));
  step.epsilon = static_cast<T>(spec.epsilon);
  step.decay = static_cast<T>(spec.kind == OptimizerKind::adamw ? 1 - learning_rate * spec.weight_decay : 1);
  return step;
}

/// adam: m = beta1 m + (1 - beta1) g, v = beta2 v + (1 - beta2) g^2, p -= lr mhat / (sqrt(vhat) + epsilon).
/// adamW: the same after p *= 1 - lr weightDecay.
template <class T>
ES_HOST_DEVICE void adam_update(const OptimizerStep<T>& step, T gradient, T& parameter, T& m, T& v) {
  m = step.beta1 * m + step.one_minus_beta1 * gradient;
  v = step.beta2 * v + step.one_minus_beta2 * gradient * gradient;
  parameter =
      parameter * step.decay - step.correction1 * m / (std::sqrt(v) * step.correction2 + step.epsilon);
}

/// sgd: v = momentum v + g, p -= lr v; with Nesterov p -= lr (g + momentum v).
template <class T>
ES_HOST_DEVICE void sgd_update(const OptimizerStep<T>& step, T gradient, T& parameter, T& velocity) {
  velocity = step.momentum * velocity + gradient;
  parameter -= step.learning_rate * (step.nesterov ? gradient + step.momentum * velocity : velocity);
}

/// Gradient of the penalty l2 p^2 + l1 |p|, with sign(0) = 0.
template <class T>
ES_HOST_DEVICE T penalty_gradient(T l1, T l2, T parameter) {
  const T sign = static_cast<T>((parameter > T(0)) - (parameter < T(0)));
  return T(2) * l2 * parameter + l1 * sign;
}

/// The group-lasso penalty c ||w|| of a row w of a matrix has the gradient c w / ||w||: this is c / ||w||, which times w_j
/// is entry j. squares: sum_j w_j^2. 0 at a row of zeros, the element of least norm of the penalty's subdifferential, as
/// sign(0) = 0 is for l1.
template <class T>
ES_HOST_DEVICE T row_lasso_factor(T group_lasso, T squares) {
  using std::sqrt;
  return squares > T(0) ? group_lasso / sqrt(squares) : T(0);
}

}  // namespace eigenstudent
