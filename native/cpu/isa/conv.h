// Convolutions of images that are stored in blocks of samples (cpu/image_kernels.h): tiles in registers, as in products.h.
#pragma once

#include "cpu/image_kernels.h"
#include "cpu/isa/products.h"
#include "cpu/isa/vector.h"

namespace eigenstudent::cpu::ES_ISA {

/// MR rows of the output for NP pixels, over all channels and taps.
template <int MR, int NP, class T>
__attribute__((noinline)) static void conv_tile(const ConvRow<T>& p, std::size_t m0, std::size_t n0) {
  using V = Vector<T>;
  V acc[MR][NP];
#pragma GCC unroll 16
  for (int i = 0; i < MR; ++i)
#pragma GCC unroll 4
    for (int j = 0; j < NP; ++j) acc[i][j] = p.bias ? broadcast<V>(p.bias[m0 + i]) : V{};
  const std::ptrdiff_t pixel = p.x_pixel;
  const T *x = p.x + static_cast<std::ptrdiff_t>(n0) * pixel, *a = p.a + m0;
  for (std::size_t c = 0; c < p.channels; ++c, x += p.x_channel, a += p.a_channel) {
    for (std::size_t t = 0; t < p.taps; ++t) {
      const T *at = x + p.x_taps[t], *weights = a + p.a_taps[t];
      V lane[NP];
#pragma GCC unroll 4
      for (int j = 0; j < NP; ++j) lane[j] = load<V>(at + j * pixel);
#pragma GCC unroll 16
      for (int i = 0; i < MR; ++i) {
        const V weight = broadcast<V>(weights[i]);
#pragma GCC unroll 4
        for (int j = 0; j < NP; ++j) acc[i][j] += weight * lane[j];
      }
    }
  }
  T* y = p.y + static_cast<std::ptrdiff_t>(m0) * p.y_channel + static_cast<std::ptrdiff_t>(n0) * p.y_pixel;
#pragma GCC unroll 16
  for (int i = 0; i < MR; ++i, y += p.y_channel)
#pragma GCC unroll 4
    for (int j = 0; j < NP; ++j) store<V>(y + j * p.y_pixel, acc[i][j]);
}

/// Pixels outermost: what a few of them read stays in the first-level cache while all rows pass.
template <class T>
static void conv_row(const ConvRow<T>& p) {
  constexpr int rows = ES_REGISTERS == 32 ? 8 : 4;
  for_tiles<3>(p.pixels, [&](auto pixels, std::size_t n0) {
    for_tiles<rows>(p.rows,
                    [&](auto height, std::size_t m0) { conv_tile<height.rows, pixels.rows>(p, m0, n0); });
  });
}

/// delta[o] x[e] of one pixel: `delta` at its first output, `x` at its first scalar.
template <int MR, int NE, class V, class T>
ES_INLINE void gradient_step(const ConvGradient<T>& p, const T* delta, const T* x,
                             const std::ptrdiff_t* entries, V (&acc)[MR * NE]) {
  V left[MR];
#pragma GCC unroll 4
  for (int i = 0; i < MR; ++i) left[i] = load<V>(delta + i * p.delta_channel);
#pragma GCC unroll 16
  for (int j = 0; j < NE; ++j) {
    const V right = load<V>(x + entries[j]);
#pragma GCC unroll 4
    for (int i = 0; i < MR; ++i) acc[i * NE + j] += left[i] * right;
  }
}

/// The sums of MR outputs and NE entries, over all blocks, lines and pixels, end horizontally.
template <int MR, int NE, class T>
__attribute__((noinline)) static void gradient_tile(const ConvGradient<T>& p, std::size_t o0,
                                                    std::size_t e0) {
  using V = Vector<T>;
  constexpr int L = lanes_of<V, T>, groups = (MR * NE + L - 1) / L;
  V acc[MR * NE] = {};
  const T *delta_block = p.delta + static_cast<std::ptrdiff_t>(o0) * p.delta_channel, *x_block = p.x;
  const std::ptrdiff_t* entries = p.x_entries + e0;
  for (std::size_t b = 0; b < p.blocks; ++b, delta_block += p.delta_block, x_block += p.x_block) {
    const T *delta_line = delta_block, *x_line = x_block;
    for (std::size_t line = 0; line < p.lines; ++line, delta_line += p.delta_line, x_line += p.x_line) {
      const T *delta = delta_line, *x = x_line;
      for (std::size_t n = 0; n < p.pixels; ++n, delta += L, x += p.x_pixel)
        gradient_step<MR, NE>(p, delta, x, entries, acc);
    }
  }
  T sums[groups * L];
#pragma GCC unroll 32
  for (int g = 0; g < groups; ++g) {
    V group[L] = {};
#pragma GCC unroll 16
    for (int i = 0; i < L; ++i)
      if (g * L + i < MR * NE) group[i] = acc[g * L + i];
    store<V>(sums + g * L, sums_of_each(group));
  }
  T* to = p.g + static_cast<std::ptrdiff_t>(o0) * p.g_row + static_cast<std::ptrdiff_t>(e0);
  for (int i = 0; i < MR; ++i, to += p.g_row)
    for (int j = 0; j < NE; ++j) to[j] += sums[i * NE + j];
}

template <class T>
static void conv_gradient(const ConvGradient<T>& p) {
  constexpr int outputs = 3, entries = ES_REGISTERS == 32 ? 9 : 4;
  for_tiles<entries>(p.entries, [&](auto width, std::size_t e0) {
    for_tiles<outputs>(
        p.outputs, [&](auto height, std::size_t o0) { gradient_tile<height.rows, width.rows>(p, o0, e0); });
  });
}

}  // namespace eigenstudent::cpu::ES_ISA
