// g(s11, s12, s22) of the activations for which it is known in closed form. Each has pair<Second>(overlaps), where
// Second says whether second derivatives are set, and square(s).
//
// scaledErf: C. Williams 1997, D. Saad and S. Solla 1995; relu: Y. Cho and L. Saul 2009; quadratic: Isserlis' theorem;
// gelu: from scaledErf by Stein's lemma.
#pragma once

#include <algorithm>
#include <cmath>

#include "objectives/gaussian/pair_average.h"
#include "objectives/gaussian/taylor3.h"

namespace eigenstudent::gaussian {

inline constexpr double pi = 3.14159265358979323846;

struct Linear {
  template <bool Second>
  PairAverage pair(const Overlaps& s) const {
    PairAverage g{};
    g.value = s.s12;
    g.by_12 = 1;
    return g;
  }
  SquareAverage square(double s) const { return {s, 1, 0}; }
};

struct Quadratic {
  template <bool Second>
  PairAverage pair(const Overlaps& s) const {
    return {s.s11 * s.s22 + 2 * s.s12 * s.s12, s.s22, 4 * s.s12, s.s11, 0, 0, 1, 4, 0, 0};
  }
  SquareAverage square(double s) const { return {3 * s * s, 6 * s, 6}; }
};

/// erf(z / sqrt 2): g = (2/pi) asin(s12 / sqrt((1 + s11)(1 + s22))).
struct ScaledErf {
  template <bool Second>
  PairAverage pair(const Overlaps& s) const {
    constexpr double c = 2 / pi;
    const double a = 1 + s.s11, b = 1 + s.s22;
    // At least 1 + s11 + s22 by the Cauchy-Schwarz inequality: no division by 0.
    const double determinant = a * b - s.s12 * s.s12;
    const double slope = c / std::sqrt(determinant);
    PairAverage g{};
    // asin(x / sqrt(x^2 + D)) = atan(x / sqrt D), which is exact near 1 too
    g.value = c * std::atan(s.s12 * slope / c);
    g.by_12 = slope;
    g.by_11 = -slope * s.s12 / (2 * a);
    g.by_22 = -slope * s.s12 / (2 * b);
    if constexpr (Second) {
      const double steep = slope / determinant;
      g.by_12_12 = steep * s.s12;
      g.by_11_12 = -steep * b / 2;
      g.by_12_22 = -steep * a / 2;
      g.by_11_22 = steep * s.s12 / 4;
      g.by_11_11 = s.s12 / 2 * (slope / (a * a) + steep * b / (2 * a));
      g.by_22_22 = s.s12 / 2 * (slope / (b * b) + steep * a / (2 * b));
    }
    return g;
  }
  SquareAverage square(double s) const {
    constexpr double c = 2 / pi;
    const double root = std::sqrt(1 + 2 * s), slope = c / ((1 + s) * root);
    return {c * std::atan(s / root), slope, -slope * (1 / (1 + s) + 1 / (1 + 2 * s))};
  }
};

/// erf(z) = scaledErf(sqrt(2) z): every inner product twice as large.
struct Erf {
  template <bool Second>
  PairAverage pair(const Overlaps& s) const {
    PairAverage g = ScaledErf{}.pair<Second>({2 * s.s11, 2 * s.s12, 2 * s.s22});
    for (double* slope : {&g.by_11, &g.by_12, &g.by_22}) *slope *= 2;
    if constexpr (Second)
      for (double* curvature : {&g.by_11_11, &g.by_11_12, &g.by_11_22, &g.by_12_12, &g.by_12_22, &g.by_22_22})
        *curvature *= 4;
    return g;
  }
  SquareAverage square(double s) const {
    const SquareAverage scaled = ScaledErf{}.square(2 * s);
    return {scaled.value, 2 * scaled.slope, 4 * scaled.curvature};
  }
};

/// relu(z) = max(0, z), with the angle t between the vectors: g = |w| |u| (sin t + (pi - t) cos t) / (2 pi). At a vector
/// of length 0, where g has no gradient, all is 0: relu'(0) = 0.
struct Relu {
  template <bool Second>
  PairAverage pair(const Overlaps& s) const {
    PairAverage g{};
    if (s.s11 == 0 || s.s22 == 0) return g;
    const double product = s.s11 * s.s22;
    const double area = std::sqrt(std::max(0.0, product - s.s12 * s.s12));  // |w| |u| sin t
    const double rest = pi - std::atan2(area, s.s12);
    g.value = (area + rest * s.s12) / (2 * pi);
    g.by_12 = rest / (2 * pi);
    g.by_11 = area / (4 * pi * s.s11);
    g.by_22 = area / (4 * pi * s.s22);
    if constexpr (Second) set_curvatures(s, std::max(area, least_sine * std::sqrt(product)), g);
    return g;
  }
  SquareAverage square(double s) const { return {s / 2, 0.5, 0}; }

 private:
  /// Where one vector is parallel to another (an exact copy) the terms in 1 / sin t of a Hessian cancel to a finite
  /// limit. Rounding leaves 1e-16 / least_sine of them.
  static constexpr double least_sine = 1e-7;

  static void set_curvatures(const Overlaps& s, double area, PairAverage& g) {
    g.by_12_12 = 1 / (2 * pi * area);
    g.by_11_12 = -s.s12 / (4 * pi * s.s11 * area);
    g.by_12_22 = -s.s12 / (4 * pi * s.s22 * area);
    g.by_11_22 = 1 / (8 * pi * area);
    g.by_11_11 = s.s22 / (8 * pi * s.s11 * area) - area / (4 * pi * s.s11 * s.s11);
    g.by_22_22 = s.s11 / (8 * pi * s.s22 * area) - area / (4 * pi * s.s22 * s.s22);
  }
};

/// leakyRelu(z) = c z + (1 - c) relu(z), and E z1 relu(z2) = s12 / 2.
struct LeakyRelu {
  double slope;

  template <bool Second>
  PairAverage pair(const Overlaps& s) const {
    PairAverage g = Relu{}.pair<Second>(s);
    const double factor = (1 - slope) * (1 - slope);
    for (double* part : {&g.value, &g.by_11, &g.by_12, &g.by_22}) *part *= factor;
    if constexpr (Second)
      for (double* part : {&g.by_11_11, &g.by_11_12, &g.by_11_22, &g.by_12_12, &g.by_12_22, &g.by_22_22})
        *part *= factor;
    g.value += slope * s.s12;
    g.by_12 += slope;
    return g;
  }
  SquareAverage square(double s) const {
    const double factor = slope + (1 - slope) * (1 - slope) / 2;
    return {factor * s, factor, 0};
  }
};

/// gelu(z) = z Phi(z). With A = 1 + s11, B = 1 + s22, D = A B - s12^2 and g_erf of scaledErf:
/// g = s12 (1 + g_erf) / 4 + (s11 s22 - s12^2 + s12^2 / A + s12^2 / B) / (2 pi sqrt D).
struct Gelu {
  template <bool Second>
  PairAverage pair(const Overlaps& s) const {
    using Series = Taylor3<Second>;
    const Series s11 = Series::variable(s.s11, 0), s12 = Series::variable(s.s12, 1),
                 s22 = Series::variable(s.s22, 2);
    const Series a = 1 + s11, b = 1 + s22, square = s12 * s12;
    const Series inverse = inverse_root(a * b - square);
    const Series erf = 2 / pi * arc_tangent(s12 * inverse);
    const Series rest = s11 * s22 - square + square * (reciprocal(a) + reciprocal(b));
    const Series g = 0.25 * (s12 * (1 + erf)) + 1 / (2 * pi) * (rest * inverse);
    return {g.value,        g.first[0],     g.first[1],     g.first[2],     g.second[0][0],
            g.second[0][1], g.second[0][2], g.second[1][1], g.second[1][2], g.second[2][2]};
  }
  SquareAverage square(double s) const { return square_of(pair<true>({s, s, s})); }
};

}  // namespace eigenstudent::gaussian
