// Kernels of one-pass SGD (cpu/one_pass_kernels.h) in vectors of float64.
#pragma once

#include "cpu/isa/philox.h"
#include "cpu/isa/vector.h"
#include "cpu/one_pass_kernels.h"

namespace eigenstudent::cpu::ES_ISA {

using Doubles = Vector<double>;
using Bits = VectorOf<std::uint64_t, ES_VECTOR_BYTES>::type;

ES_INLINE Doubles doubles(double value) { return broadcast<Doubles>(value); }
ES_INLINE Bits bits(std::uint64_t value) { return value - Bits{}; }
ES_INLINE Bits bits_of(Doubles value) { return (Bits)value; }

/// Integers below 2^52 as float64: placed in the mantissa of 2^52.
ES_INLINE Doubles from_integer(Bits value) {
  constexpr std::uint64_t two_to_52 = 0x4330000000000000u;
  return (Doubles)(value | bits(two_to_52)) - doubles(0x1p52);
}

/// As many words as there are lanes, each in 64 bits.
ES_INLINE Bits load_words(const std::uint32_t* words) {
  Bits wide;
  for (int i = 0; i < lanes_of<Doubles, double>; ++i) wide[i] = words[i];
  return wide;
}

/// log u for u in [2^-63, 1): u = 2^k m with m in [sqrt 1/2, sqrt 2), log m = 2 atanh((m - 1) / (m + 1)) by its series, whose
/// first omitted term is below 1e-15 of the sum. A few last places from the exact value.
ES_INLINE Doubles logarithm(Doubles u) {
  constexpr std::uint64_t root_half = 0x3fe6a09e667f3bcdu, bias = 64;  // bits of sqrt(1/2)
  const Bits shifted = bits_of(u) - bits(root_half) + bits(bias << 52);
  const Bits exponent = shifted >> 52;
  const Doubles m = (Doubles)(bits_of(u) - ((exponent - bits(bias)) << 52));
  const Doubles k = from_integer(exponent) - doubles(static_cast<double>(bias));
  const Doubles s = (m - doubles(1)) / (m + doubles(1)), z = s * s;
  Doubles sum = doubles(1.0 / 17);
#pragma GCC unroll 8
  for (int odd = 15; odd >= 1; odd -= 2) sum = sum * z + doubles(1.0 / odd);
  return k * doubles(0.693147180559945309417) + (s + s) * sum;
}

/// sin and cos of |angle| <= pi/4 by their Taylor series; the first omitted terms are below 1e-16.
ES_INLINE void sine_cosine(Doubles angle, Doubles& sine, Doubles& cosine) {
  const Doubles y = angle * angle;
  Doubles s = doubles(-1.0 / 1307674368000), c = doubles(1.0 / 20922789888000);
  constexpr double s_terms[] = {1.0 / 6227020800, -1.0 / 39916800, 1.0 / 362880, -1.0 / 5040,
                                1.0 / 120,        -1.0 / 6,        1.0};
  constexpr double c_terms[] = {-1.0 / 87178291200, 1.0 / 479001600, -1.0 / 3628800, 1.0 / 40320,
                                -1.0 / 720,         1.0 / 24,        -1.0 / 2,       1.0};
#pragma GCC unroll 8
  for (const double term : s_terms) s = s * y + doubles(term);
#pragma GCC unroll 8
  for (const double term : c_terms) c = c * y + doubles(term);
  sine = s * angle;
  cosine = c;
}

/// Box-Muller. The angle is uniform on [-pi/4, pi/4) by 30 bits of a word; its other two bits exchange sine and cosine and
/// choose the sign of the radius, which makes it uniform on the circle.
ES_INLINE void normal_pair(Bits radius_word, Bits angle_word, Doubles& first, Doubles& second) {
  constexpr double two_pi = 6.28318530717958647693;
  const Doubles u = (from_integer(radius_word) + doubles(0.5)) * doubles(0x1p-32);
  const Doubles radius = square_root(doubles(-2) * logarithm(u));
  const Doubles signed_radius = (Doubles)(bits_of(radius) | ((angle_word >> 31) << 63));
  const Doubles turn =
      (from_integer(angle_word & bits(0x3fffffffu)) + doubles(0.5)) * doubles(0x1p-32) - doubles(0.125);
  Doubles sine, cosine;
  sine_cosine(turn * doubles(two_pi), sine, cosine);
  const auto exchanged = (angle_word & bits(0x40000000u)) != Bits{};
  first = signed_radius * (exchanged ? sine : cosine);
  second = signed_radius * (exchanged ? cosine : sine);
}

static void draw_normals(const Stream& stream, std::uint32_t position, double* out) {
  constexpr int lanes = lanes_of<Doubles, double>, half = static_cast<int>(normals_drawn) / 2;
  std::uint32_t words[normals_drawn];
  ES_ISA::draw_blocks(stream, position, words);
  for (int i = 0; i < half; i += lanes) {
    Doubles first, second;
    normal_pair(load_words(words + i), load_words(words + half + i), first, second);
    store(out + i, first);
    store(out + half + i, second);
  }
}

static double dot(const double* a, const double* b, std::size_t count) {
  constexpr std::size_t lanes = lanes_of<Doubles, double>;
  Doubles sums[4] = {};
  for (std::size_t i = 0; i < count; i += 4 * lanes)
#pragma GCC unroll 4
    for (std::size_t v = 0; v < 4; ++v)
      sums[v] += load<Doubles>(a + i + v * lanes) * load<Doubles>(b + i + v * lanes);
  return horizontal_sum<double>((sums[0] + sums[1]) + (sums[2] + sums[3]));
}

static void update_row(double* row, double scale, double factor, const double* x, std::size_t count) {
  constexpr std::size_t lanes = lanes_of<Doubles, double>;
  const Doubles s = doubles(scale), f = doubles(factor);
  for (std::size_t i = 0; i < count; i += lanes)
    store(row + i, s * load<Doubles>(row + i) + f * load<Doubles>(x + i));
}

}  // namespace eigenstudent::cpu::ES_ISA
