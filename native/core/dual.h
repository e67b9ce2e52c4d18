// Dual numbers: a float64 with its derivative along one direction. Plain-loop code that is compiled for them gives exact
// derivatives of what it computes; of a gradient, a product of the Hessian (executor/hessian_product.h).
//
// Functions are found by argument-dependent lookup: `using std::exp; exp(x)` instead of `std::exp(x)`.
// Comparisons use values alone, so that at a kink the derivative is that of the branch taken.
#pragma once

#include <cmath>
#include <concepts>
#include <type_traits>

#include "core/host_device.h"

namespace eigenstudent {

struct Dual {
  double value = 0;
  double slope = 0;

  Dual() = default;
  ES_HOST_DEVICE Dual(double value, double slope) : value(value), slope(slope) {}
  /// A constant.
  template <class Number>
  requires std::is_arithmetic_v<Number> ES_HOST_DEVICE Dual(Number constant)
      : value(static_cast<double>(constant)) {}

  Dual& operator+=(const Dual& other) { return *this = {value + other.value, slope + other.slope}; }
  Dual& operator-=(const Dual& other) { return *this = {value - other.value, slope - other.slope}; }
  Dual& operator*=(const Dual& other) {
    return *this = {value * other.value, slope * other.value + value * other.slope};
  }
  Dual& operator/=(const Dual& other) {
    const double quotient = value / other.value;
    return *this = {quotient, (slope - quotient * other.slope) / other.value};
  }
  friend Dual operator+(Dual a, const Dual& b) { return a += b; }
  friend Dual operator-(Dual a, const Dual& b) { return a -= b; }
  friend Dual operator*(Dual a, const Dual& b) { return a *= b; }
  friend Dual operator/(Dual a, const Dual& b) { return a /= b; }
  friend Dual operator-(const Dual& a) { return {-a.value, -a.slope}; }
  friend bool operator<(const Dual& a, const Dual& b) { return a.value < b.value; }
  friend bool operator>(const Dual& a, const Dual& b) { return a.value > b.value; }
  friend bool operator<=(const Dual& a, const Dual& b) { return a.value <= b.value; }
  friend bool operator>=(const Dual& a, const Dual& b) { return a.value >= b.value; }
  friend bool operator==(const Dual& a, const Dual& b) { return a.value == b.value; }

  friend Dual exp(const Dual& a) { return {std::exp(a.value), a.slope * std::exp(a.value)}; }
  friend Dual expm1(const Dual& a) { return {std::expm1(a.value), a.slope * std::exp(a.value)}; }
  friend Dual log(const Dual& a) { return {std::log(a.value), a.slope / a.value}; }
  friend Dual log1p(const Dual& a) { return {std::log1p(a.value), a.slope / (1 + a.value)}; }
  friend Dual sqrt(const Dual& a) {
    const double root = std::sqrt(a.value);
    return {root, a.slope / (2 * root)};
  }
  friend Dual tanh(const Dual& a) {
    const double y = std::tanh(a.value);
    return {y, a.slope * (1 - y * y)};
  }
  friend Dual erf(const Dual& a) {
    constexpr double two_over_sqrt_pi = 1.12837916709551257390;
    return {std::erf(a.value), a.slope * two_over_sqrt_pi * std::exp(-a.value * a.value)};
  }
  /// abs'(0) = 0.
  friend Dual abs(const Dual& a) {
    return {std::abs(a.value), a.slope * static_cast<double>((a.value > 0) - (a.value < 0))};
  }
  friend bool isfinite(const Dual& a) { return std::isfinite(a.value) && std::isfinite(a.slope); }
};

/// The type of sums over T: float64, or dual numbers for dual T.
template <class T>
using Wide = std::conditional_t<std::same_as<T, Dual>, Dual, double>;

template <class T>
requires std::floating_point<T> || std::same_as<T, Dual> ES_HOST_DEVICE Wide<T> widen(T number) {
  return static_cast<Wide<T>>(number);
}

/// As a float64, without the derivative.
ES_HOST_DEVICE double value_of(float number) { return static_cast<double>(number); }
ES_HOST_DEVICE double value_of(double number) { return number; }
inline double value_of(const Dual& number) { return number.value; }

}  // namespace eigenstudent
