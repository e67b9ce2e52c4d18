// Sums over the inputs of one vector, in an order that allows four chains of additions at once.
#pragma once

#include <cstddef>

namespace eigenstudent::gaussian {

/// x . y, both [count].
inline double inner_product(const double* x, const double* y, std::size_t count) {
  double sums[4] = {};
  std::size_t p = 0;
  for (; p + 4 <= count; p += 4)
    for (std::size_t q = 0; q < 4; ++q) sums[q] += x[p + q] * y[p + q];
  double rest = 0;
  for (; p < count; ++p) rest += x[p] * y[p];
  return (sums[0] + sums[1]) + (sums[2] + sums[3]) + rest;
}

/// y += factor x, both [count].
inline void add_multiple(double factor, const double* x, double* y, std::size_t count) {
  for (std::size_t p = 0; p < count; ++p) y[p] += factor * x[p];
}

}  // namespace eigenstudent::gaussian
