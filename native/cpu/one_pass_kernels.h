// Kernels of one-pass SGD: normals from Philox blocks, products of rows with one input, updates of rows. Plain data (kernels.h).
#pragma once

#include <cstddef>
#include <cstdint>

#include "core/philox.h"

namespace eigenstudent::cpu {

/// Normals of `blocks_drawn` blocks, 4 per block. Arrays of inputs are padded to a multiple of it.
inline constexpr std::size_t normals_drawn = 4 * blocks_drawn;

struct OnePassKernels {
  /// out: [normals_drawn] standard normals in float64, Box-Muller on two words each. The radius has 32 random bits, so that none
  /// exceeds sqrt(2 ln 2^33) = 6.76 (a normal does with probability 1.3e-11).
  void (*draw_normals)(const Stream& stream, std::uint32_t position, double* out);
  /// Sum of a[i] b[i]; count is a multiple of normals_drawn.
  double (*dot)(const double* a, const double* b, std::size_t count);
  /// row[i] = scale row[i] + factor x[i]; count is a multiple of normals_drawn.
  void (*update_row)(double* row, double scale, double factor, const double* x, std::size_t count);
};

}  // namespace eigenstudent::cpu
