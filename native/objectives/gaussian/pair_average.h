// g(s11, s12, s22) = E s(w.x) s(u.x) of one activation s, x ~ N(0, I), with s11 = w.w, s12 = w.u, s22 = u.u, and its
// derivatives by the three inner products. Everything that a population loss needs follows from them, because
// (Price's theorem) grad_w g = 2 g_11 w + g_12 u.
#pragma once

namespace eigenstudent {

/// Inner products of the two incoming vectors.
struct Overlaps {
  double s11, s12, s22;
};

/// g and its derivatives; those of second order are set only where they are asked for.
struct PairAverage {
  double value;
  double by_11, by_12, by_22;
  double by_11_11, by_11_12, by_11_22, by_12_12, by_12_22, by_22_22;
};

/// G(s) = g(s, s, s) = E s(w.x)^2 with s = w.w: value, G', G''.
struct SquareAverage {
  double value, slope, curvature;
};

/// Where g is smooth at equal vectors, G follows from it by the chain rule.
inline SquareAverage square_of(const PairAverage& g) {
  return {g.value, g.by_11 + g.by_12 + g.by_22,
          g.by_11_11 + g.by_12_12 + g.by_22_22 + 2 * (g.by_11_12 + g.by_11_22 + g.by_12_22)};
}

}  // namespace eigenstudent
