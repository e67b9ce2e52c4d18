// g(s11, s12, s22) of smooth activations without a closed form, by the trapezoid rule in two dimensions: for analytic
// functions times a Gaussian its error falls exponentially with 1 / step (L. N. Trefethen and J. A. C. Weideman 2014),
// where Gauss-Hermite quadrature converges slowly.
#pragma once

#include "objectives/gaussian/pair_average.h"

namespace eigenstudent::gaussian {

/// An activation and its first four derivatives at z.
struct Derivatives {
  double at[5];
};

struct Tanh {
  static constexpr double pole = 1.57079632679489661923;  // the one nearest to the real axis: i pi / 2
  static constexpr const char* name = "tanh";
  static Derivatives derivatives(double z);
};
struct Sigmoid {
  static constexpr double pole = 3.14159265358979323846;
  static constexpr const char* name = "sigmoid";
  static Derivatives derivatives(double z);
};
/// log(1 + e^z), a branch point at i pi.
struct Softplus {
  static constexpr double pole = 3.14159265358979323846;
  static constexpr const char* name = "softplus";
  static Derivatives derivatives(double z);
};

/// Error "invalid_argument" for vectors so long that the step would be less than 9/2048: |w| above 45 for tanh, 90 for
/// the others. NaN in, NaN out.
template <class Function>
struct Quadrature {
  template <bool Second>
  PairAverage pair(const Overlaps& s) const;
  SquareAverage square(double s) const;
};

}  // namespace eigenstudent::gaussian
