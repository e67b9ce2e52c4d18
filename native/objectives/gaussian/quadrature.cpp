#include "objectives/gaussian/quadrature.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <string>

#include "core/activations.h"
#include "core/errors.h"

namespace eigenstudent::gaussian {

namespace {

/// Where the Gaussian weights end: e^(-81/2) is 2.6e-18.
constexpr double end = 9;
/// Points on either side of 0 at most: 13 million evaluations per pair, some tenths of a second.
constexpr int most_points = 2048;
/// Aimed at: an error of e^-40 = 4e-18 of the function's size.
constexpr double digits = 40;

/// Points j step for j = -points..points, with the weights of E under N(0, 1).
struct Grid {
  double step;
  int points;
  std::array<double, 2 * most_points + 1> weights;

  double weight(int j) const { return weights[static_cast<std::size_t>(j + points)]; }
};

/// Moving the path of integration by `height` off the real axis, short of the first pole of s(r u), bounds the error of
/// the rule by exp(height^2 / 2 - 2 pi height / step).
template <class Function>
double step_for(double length) {
  const double height = std::min(0.8 * Function::pole / length, std::sqrt(2 * digits));
  return 2 * 3.14159265358979323846 * height / (digits + height * height / 2);
}

template <class Function>
void set_grid(double length, Grid& grid) {
  const double points = std::ceil(end / step_for<Function>(length));
  if (points > most_points)
    throw Error("invalid_argument", "expected incoming vectors short enough for the quadrature of " +
                                        std::string(Function::name) + " (norm at most about " +
                                        std::to_string(static_cast<int>(length * most_points / points)) +
                                        "), received one of norm " + std::to_string(length) +
                                        ". Use an activation with a closed form, or smaller weights");
  grid.points = static_cast<int>(points);
  grid.step = end / points;
  for (int j = -grid.points; j <= grid.points; ++j) {
    const double u = j * grid.step;
    grid.weights[static_cast<std::size_t>(j + grid.points)] =
        grid.step * inverse_sqrt_2pi * std::exp(-0.5 * u * u);
  }
}

/// sum over v of weight(v) s^(m)(offset + scale v), m = 0..4
template <class Function, bool Second>
Derivatives inner_sums(const Grid& grid, double offset, double scale, int reach) {
  constexpr int orders = Second ? 5 : 3;
  Derivatives sums{};
  for (int j = -reach; j <= reach; ++j) {
    const Derivatives s = Function::derivatives(offset + scale * (j * grid.step));
    for (int m = 0; m < orders; ++m) sums.at[m] += grid.weight(j) * s.at[m];
  }
  return sums;
}

PairAverage not_a_number() {
  constexpr double nan = std::numeric_limits<double>::quiet_NaN();
  return {nan, nan, nan, nan, nan, nan, nan, nan, nan, nan};
}

}  // namespace

Derivatives Tanh::derivatives(double z) {
  const double t = std::tanh(z), square = t * t, slope = 1 - square;
  return {{t, slope, -2 * t * slope, slope * (6 * square - 2), slope * t * (16 - 24 * square)}};
}

Derivatives Sigmoid::derivatives(double z) {
  const double p = logistic(z), slope = p * (1 - p);
  return {{p, slope, slope * (1 - 2 * p), slope * (1 - 6 * slope), slope * (1 - 2 * p) * (1 - 12 * slope)}};
}

Derivatives Softplus::derivatives(double z) {
  const Derivatives p = Sigmoid::derivatives(z);
  return {{activate(Activation::softplus, z), p.at[0], p.at[1], p.at[2], p.at[3]}};
}

// With z1 = r u and z2 = c u + e v, u and v independent; every derivative of g is E s^(l)(z1) s^(m)(z2) times a power
// of 1/2 (Price's theorem).
template <class Function>
template <bool Second>
PairAverage Quadrature<Function>::pair(const Overlaps& s) const {
  if (!(std::isfinite(s.s11) && std::isfinite(s.s12) && std::isfinite(s.s22))) return not_a_number();
  const double r = std::sqrt(s.s11);
  const double c = r > 0 ? s.s12 / r : 0;
  const double e = std::sqrt(std::max(0.0, s.s22 - c * c));
  Grid grid;
  set_grid<Function>(std::sqrt(std::max(s.s11, s.s22)), grid);
  PairAverage g{};
  for (int i = -grid.points; i <= grid.points; ++i) {
    const double u = i * grid.step, weight = grid.weight(i);
    // Outside of the circle of radius `end` the weights are as small as outside of the square.
    const int reach = static_cast<int>(std::sqrt(std::max(0.0, end * end - u * u)) / grid.step);
    const Derivatives first = Function::derivatives(r * u);
    const Derivatives second = inner_sums<Function, Second>(grid, c * u, e, reach);
    const auto add = [&](double& sum, double factor, int l, int m) {
      sum += factor * weight * first.at[l] * second.at[m];
    };
    add(g.value, 1, 0, 0);
    add(g.by_11, 0.5, 2, 0);
    add(g.by_12, 1, 1, 1);
    add(g.by_22, 0.5, 0, 2);
    if constexpr (Second) {
      add(g.by_11_11, 0.25, 4, 0);
      add(g.by_11_12, 0.5, 3, 1);
      add(g.by_11_22, 0.25, 2, 2);
      add(g.by_12_12, 1, 2, 2);
      add(g.by_12_22, 0.5, 1, 3);
      add(g.by_22_22, 0.25, 0, 4);
    }
  }
  return g;
}

// d/ds E f(z) = E f''(z) / 2 with f = s^2.
template <class Function>
SquareAverage Quadrature<Function>::square(double s) const {
  if (!std::isfinite(s)) return {s - s, s - s, s - s};
  const double r = std::sqrt(s);
  Grid grid;
  set_grid<Function>(r, grid);
  SquareAverage sum{};
  for (int i = -grid.points; i <= grid.points; ++i) {
    const double weight = grid.weight(i);
    const auto& [at] = Function::derivatives(r * (i * grid.step));
    sum.value += weight * at[0] * at[0];
    sum.slope += weight * (at[1] * at[1] + at[0] * at[2]);
    sum.curvature += weight * (1.5 * at[2] * at[2] + 2 * at[1] * at[3] + 0.5 * at[0] * at[4]);
  }
  return sum;
}

#define ES_INSTANTIATE(Function)                                                 \
  template PairAverage Quadrature<Function>::pair<false>(const Overlaps&) const; \
  template PairAverage Quadrature<Function>::pair<true>(const Overlaps&) const;  \
  template SquareAverage Quadrature<Function>::square(double) const;
ES_INSTANTIATE(Tanh)
ES_INSTANTIATE(Sigmoid)
ES_INSTANTIATE(Softplus)
#undef ES_INSTANTIATE

}  // namespace eigenstudent::gaussian
