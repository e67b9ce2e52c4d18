// Truncated Taylor series in three variables: a value with its first and, if `Second`, its second derivatives. A
// formula that is compiled for them gives all its derivatives exactly.
#pragma once

#include <cmath>

namespace eigenstudent {

template <bool Second>
struct Taylor3 {
  double value = 0;
  double first[3] = {};
  double second[3][3] = {};  // the upper triangle

  static Taylor3 variable(double value, int index) {
    Taylor3 x;
    x.value = value;
    x.first[index] = 1;
    return x;
  }

  /// f(x) of a function of one variable with f, f' and f'' at the value of x.
  Taylor3 through(double f, double slope, double curvature) const {
    Taylor3 y;
    y.value = f;
    for (int i = 0; i < 3; ++i) y.first[i] = slope * first[i];
    if constexpr (Second)
      for (int i = 0; i < 3; ++i)
        for (int j = i; j < 3; ++j) y.second[i][j] = slope * second[i][j] + curvature * first[i] * first[j];
    return y;
  }

  friend Taylor3 operator*(const Taylor3& a, const Taylor3& b) {
    Taylor3 y;
    y.value = a.value * b.value;
    for (int i = 0; i < 3; ++i) y.first[i] = a.first[i] * b.value + a.value * b.first[i];
    if constexpr (Second)
      for (int i = 0; i < 3; ++i)
        for (int j = i; j < 3; ++j)
          y.second[i][j] = a.second[i][j] * b.value + a.value * b.second[i][j] + a.first[i] * b.first[j] +
                           a.first[j] * b.first[i];
    return y;
  }
  friend Taylor3 operator*(double a, const Taylor3& b) { return b.through(a * b.value, a, 0); }
  friend Taylor3 operator+(const Taylor3& a, const Taylor3& b) { return a.plus(1, b); }
  friend Taylor3 operator-(const Taylor3& a, const Taylor3& b) { return a.plus(-1, b); }
  friend Taylor3 operator+(double a, Taylor3 b) {
    b.value += a;
    return b;
  }

 private:
  Taylor3 plus(double factor, const Taylor3& other) const {
    Taylor3 y;
    y.value = value + factor * other.value;
    for (int i = 0; i < 3; ++i) y.first[i] = first[i] + factor * other.first[i];
    if constexpr (Second)
      for (int i = 0; i < 3; ++i)
        for (int j = i; j < 3; ++j) y.second[i][j] = second[i][j] + factor * other.second[i][j];
    return y;
  }
};

template <bool Second>
Taylor3<Second> reciprocal(const Taylor3<Second>& x) {
  const double y = 1 / x.value;
  return x.through(y, -y * y, 2 * y * y * y);
}

template <bool Second>
Taylor3<Second> inverse_root(const Taylor3<Second>& x) {
  const double y = 1 / std::sqrt(x.value);
  const double slope = -y / (2 * x.value);
  return x.through(y, slope, -1.5 * slope / x.value);
}

template <bool Second>
Taylor3<Second> arc_tangent(const Taylor3<Second>& x) {
  const double slope = 1 / (1 + x.value * x.value);
  return x.through(std::atan(x.value), slope, -2 * x.value * slope * slope);
}

}  // namespace eigenstudent
