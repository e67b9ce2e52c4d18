// Activation functions y = f(z) and their derivatives, compiled by every backend (CPU and CUDA).
//
// Conventions: erf(z) has no 1/sqrt(2), scaledErf is erf(z / sqrt(2)); gelu is exact, z Phi(z); elu has alpha = 1
// (PyTorch's default); quadratic is z^2, as in phase retrieval. Derivatives at a kink take the value from the left: relu'(0) = 0.
#pragma once

#include <array>
#include <cmath>
#include <cstdint>

#include "core/dual.h"
#include "core/fields.h"
#include "core/host_device.h"

namespace eigenstudent {

enum class Activation : std::uint8_t {
  linear,
  relu,
  leaky_relu,
  elu,
  tanh,
  sigmoid,
  softplus,
  gelu,
  erf,
  quadratic,
  scaled_erf,
};
template <>
struct EnumNames<Activation> {
  static constexpr std::array values{"linear",   "relu", "leakyRelu", "elu",       "tanh",     "sigmoid",
                                     "softplus", "gelu", "erf",       "quadratic", "scaledErf"};
};
inline constexpr int activation_count = EnumNames<Activation>::values.size();

inline constexpr double leaky_relu_slope = 0.01;  // PyTorch's default
/// An activation with its slope below 0: at least 0, and of leakyRelu alone. An Activation converts to it, with
/// the default slope.
struct ActivationFunction {
  Activation kind;
  double slope;

  // NOLINTNEXTLINE(google-explicit-constructor)
  ES_HOST_DEVICE constexpr ActivationFunction(Activation kind = Activation::linear,
                                              double slope = leaky_relu_slope)
      : kind(kind), slope(slope) {}
  bool operator==(const ActivationFunction&) const = default;
};

inline constexpr double two_over_sqrt_pi = 1.12837916709551257390;
inline constexpr double inverse_sqrt_2 = 0.70710678118654752440;
inline constexpr double inverse_sqrt_2pi = 0.39894228040143267794;

/// 1 / (1 + e^-z), without overflow at either end.
template <class T>
ES_HOST_DEVICE T logistic(T z) {
  using std::exp;
  if (z >= T(0)) return T(1) / (T(1) + exp(-z));
  const T e = exp(z);
  return e / (T(1) + e);
}

/// f(z) of one unit.
template <class T>
ES_HOST_DEVICE T activate(ActivationFunction f, T z) {
  using std::erf, std::exp, std::expm1, std::log1p, std::tanh;
  switch (f.kind) {
    case Activation::linear:
      return z;
    case Activation::relu:
      return z < T(0) ? T(0) : z;  // NaN stays NaN
    case Activation::leaky_relu:
      return z > T(0) ? z : T(f.slope) * z;
    case Activation::elu:
      return z > T(0) ? z : expm1(z);
    case Activation::tanh:
      return tanh(z);
    case Activation::sigmoid:
      return logistic(z);
    case Activation::softplus:
      return (z > T(0) ? z : T(0)) + log1p(exp(z > T(0) ? -z : z));
    case Activation::gelu:
      return z * T(0.5) * (T(1) + erf(z * T(inverse_sqrt_2)));
    case Activation::erf:
      return erf(z);
    case Activation::quadratic:
      return z * z;
    case Activation::scaled_erf:
      return erf(z * T(inverse_sqrt_2));
  }
  return z;
}

/// f'(z) of one unit, from z and y = f(z).
template <class T>
ES_HOST_DEVICE T activation_derivative(ActivationFunction f, T z, T y) {
  using std::erf, std::exp;
  switch (f.kind) {
    case Activation::linear:
      return T(1);
    case Activation::relu:
      return z > T(0) ? T(1) : T(0);
    case Activation::leaky_relu:
      return z > T(0) ? T(1) : T(f.slope);
    case Activation::elu:
      return z > T(0) ? T(1) : y + T(1);
    case Activation::tanh:
      return T(1) - y * y;
    case Activation::sigmoid:
      return y * (T(1) - y);
    case Activation::softplus:
      return logistic(z);
    case Activation::gelu:
      return T(0.5) * (T(1) + erf(z * T(inverse_sqrt_2))) + z * T(inverse_sqrt_2pi) * exp(T(-0.5) * z * z);
    case Activation::erf:
      return T(two_over_sqrt_pi) * exp(-z * z);
    case Activation::quadratic:
      return T(2) * z;
    case Activation::scaled_erf:
      return T(two_over_sqrt_pi * inverse_sqrt_2) * exp(T(-0.5) * z * z);
  }
  return T(1);
}

/// Whether f' needs z itself. For the others f' follows from y, so a backend may overwrite z by y: sign(y) =
/// sign(z) for relu, leakyRelu and elu.
constexpr bool derivative_needs_z(ActivationFunction f) {
  return f.kind == Activation::softplus || f.kind == Activation::gelu || f.kind == Activation::erf ||
         f.kind == Activation::quadratic || f.kind == Activation::scaled_erf;
}

}  // namespace eigenstudent
