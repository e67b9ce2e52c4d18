// The two matrix products that everything else is made of (see kernels.h).
#pragma once

#include "cpu/isa/vector.h"
#include "cpu/kernels.h"

namespace eigenstudent::cpu::ES_ISA {

/// The end of a tile: rows m0 .. m0 + MR of the panel leave the registers.
template <class V, int MR, int NV, class T>
ES_INLINE void finish_tile(const OuterProduct<T>& p, std::size_t m0, V (&acc)[MR][NV]) {
  constexpr int L = lanes_of<V, T>;
  constexpr int width = NV * L;
  T* c = p.c + m0 * width;
  if (p.accumulate)
#pragma GCC unroll 16
    for (int i = 0; i < MR; ++i)
#pragma GCC unroll 4
      for (int j = 0; j < NV; ++j) acc[i][j] += load<V>(c + i * width + j * L);
  switch (p.epilogue) {
    case Epilogue::store:
      break;
    case Epilogue::bias:
    case Epilogue::bias_relu:
      if (p.bias) {
#pragma GCC unroll 4
        for (int j = 0; j < NV; ++j) {
          const V bias = load<V>(p.bias + j * L);
#pragma GCC unroll 16
          for (int i = 0; i < MR; ++i) acc[i][j] += bias;
        }
      }
      if (p.epilogue == Epilogue::bias_relu) {
        const V zero{};
#pragma GCC unroll 16
        for (int i = 0; i < MR; ++i)
#pragma GCC unroll 4
          for (int j = 0; j < NV; ++j) acc[i][j] = acc[i][j] < zero ? zero : acc[i][j];
      }
      break;
    case Epilogue::relu_mask:
    case Epilogue::leaky_mask: {
      const V zero{};
      const V slope = broadcast<V>(p.epilogue == Epilogue::relu_mask ? T(0) : T(leaky_relu_slope));
      const T* y = p.y + m0 * width;
#pragma GCC unroll 16
      for (int i = 0; i < MR; ++i)
#pragma GCC unroll 4
        for (int j = 0; j < NV; ++j)
          acc[i][j] = load<V>(y + i * width + j * L) > zero ? acc[i][j] : slope * acc[i][j];
      break;
    }
  }
#pragma GCC unroll 16
  for (int i = 0; i < MR; ++i)
#pragma GCC unroll 4
    for (int j = 0; j < NV; ++j) store<V>(c + i * width + j * L, acc[i][j]);
}

/// acc += A(m, k) b[k] for one k: `a` at A(m0, k), `b` at b[k].
template <class V, int MR, int NV, class T>
ES_INLINE void outer_step(const T* a, std::ptrdiff_t row, const T* b, V (&acc)[MR][NV]) {
  constexpr int L = lanes_of<V, T>;
  V lane[NV];
#pragma GCC unroll 4
  for (int j = 0; j < NV; ++j) lane[j] = load<V>(b + j * L);
#pragma GCC unroll 16
  for (int i = 0; i < MR; ++i) {
    const V value = broadcast<V>(a[i * row]);
#pragma GCC unroll 4
    for (int j = 0; j < NV; ++j) acc[i][j] += value * lane[j];
  }
}

/// MR rows times NV vectors of c, kept in registers over the whole inner dimension. Every loop over the registers is
/// unrolled for certain (pragmas): one that is not puts all of them on the stack, which cost 20 % of a step.
template <class V, int MR, int NV, class T>
__attribute__((noinline)) static void outer_tile(const OuterProduct<T>& p, std::size_t m0) {
  constexpr int L = lanes_of<V, T>;
  // A tile of few sums would wait for the latency of each FMA (4 cycles): it runs four partial sums over k.
  constexpr bool few = MR * NV <= 3;
  V acc[MR][NV] = {}, second[MR][NV] = {}, third[MR][NV] = {}, fourth[MR][NV] = {};
  const T* b = p.b;
  for (std::size_t s = 0; s < p.segment_count; ++s) {
    const std::ptrdiff_t row = p.segments[s].row, step = p.segments[s].step;
    const T* a = p.segments[s].a + static_cast<std::ptrdiff_t>(m0) * row;
    std::size_t k = p.segments[s].count;
    if constexpr (few) {
      for (; k >= 4; k -= 4, a += 4 * step, b += 4 * NV * L) {
        outer_step<V, MR, NV>(a, row, b, acc);
        outer_step<V, MR, NV>(a + step, row, b + NV * L, second);
        outer_step<V, MR, NV>(a + 2 * step, row, b + 2 * NV * L, third);
        outer_step<V, MR, NV>(a + 3 * step, row, b + 3 * NV * L, fourth);
      }
    }
    for (; k > 0; --k, a += step, b += NV * L) outer_step<V, MR, NV>(a, row, b, acc);
  }
  if constexpr (few) {
#pragma GCC unroll 4
    for (int i = 0; i < MR; ++i)
#pragma GCC unroll 4
      for (int j = 0; j < NV; ++j) acc[i][j] = (acc[i][j] + second[i][j]) + (third[i][j] + fourth[i][j]);
  }
  finish_tile<V, MR, NV>(p, m0, acc);
}

template <class V, int MR, int NV, class T>
ES_INLINE void outer_tile_of(const OuterProduct<T>& p, std::size_t m0, std::size_t rows) {
  if constexpr (MR == 1) {
    outer_tile<V, 1, NV>(p, m0);
  } else {
    if (rows == MR)
      outer_tile<V, MR, NV>(p, m0);
    else
      outer_tile_of<V, MR - 1, NV>(p, m0, rows);
  }
}

/// Cuts the rows into tiles of nearly equal height, at most MR: 20 rows become 4 x 5 and not 6 + 6 + 6 + 2,
/// whose last tile would have too few sums in flight to hide the latency of an FMA.
template <class V, int MR, int NV, class T>
ES_INLINE void outer_rows(const OuterProduct<T>& p) {
  const std::size_t tiles = (p.rows + MR - 1) / MR;
  if (tiles == 0) return;
  const std::size_t height = p.rows / tiles, taller = p.rows % tiles;
  std::size_t m0 = 0;
  for (std::size_t t = 0; t < tiles; ++t) {
    const std::size_t rows = height + (t < taller ? 1 : 0);
    outer_tile_of<V, MR, NV>(p, m0, rows);
    m0 += rows;
  }
}

// Tile heights: as many accumulators as the registers hold beside one vector of b for each NV and one
// broadcast of a.
template <class T>
static void outer_product(const OuterProduct<T>& p) {
  using Unit = UnitVector<T>;
  [[maybe_unused]] constexpr bool many = ES_REGISTERS == 32;
  switch (p.width / static_cast<std::size_t>(lanes_of<Unit, T>)) {
    case 1:
      return outer_rows < Unit, many ? 12 : 8, 1 > (p);
#if ES_WIDE_BYTES > ES_UNIT_BYTES
    case 2:
      return outer_rows<WideVector<T>, 12, 1>(p);
    case 3:
      return outer_rows<Unit, 8, 3>(p);
    default:
      return outer_rows<WideVector<T>, 12, 2>(p);
#else
    case 2:
      return outer_rows < Unit, many ? 12 : 6, 2 > (p);
    default:
      return outer_rows < Unit, many ? 8 : 4, 3 > (p);
#endif
  }
}

template <int MR, int NR, class T>
__attribute__((noinline)) static void dot_tile(const DotProduct<T>& p, std::size_t m0, std::size_t n0) {
  using V = UnitVector<T>;
  constexpr std::size_t L = lanes_of<V, T>;
  V acc[MR][NR] = {};
  const T* a_panel = p.a;
  const T* w_panel = p.w;
  for (std::size_t panel = 0; panel < p.panel_count; ++panel) {
    const std::size_t width = p.widths[panel];
    const T* a = a_panel + m0 * width;
    const T* w = w_panel + (p.first + n0) * width;
    for (std::size_t lane = 0; lane < width; lane += L) {
      V right[NR];
#pragma GCC unroll 4
      for (int n = 0; n < NR; ++n) right[n] = load<V>(w + n * width + lane);
#pragma GCC unroll 4
      for (int m = 0; m < MR; ++m) {
        const V left = load<V>(a + m * width + lane);
#pragma GCC unroll 4
        for (int n = 0; n < NR; ++n) acc[m][n] += left * right[n];
      }
    }
    a_panel += p.rows * width;
    w_panel += p.w_rows * width;
  }
#pragma GCC unroll 4
  for (int m = 0; m < MR; ++m)
#pragma GCC unroll 4
    for (int n = 0; n < NR; ++n)
      p.c[static_cast<std::ptrdiff_t>(m0 + m) * p.c_row + static_cast<std::ptrdiff_t>(n0 + n)] =
          horizontal_sum<T>(acc[m][n]);
}

template <class T>
static void dot_product(const DotProduct<T>& p) {
  for (std::size_t n = 0; n < p.outputs;) {
    const bool three = p.outputs - n >= 3;
    for (std::size_t m = 0; m < p.rows;) {
      const bool four = p.rows - m >= 4;
      if (three && four)
        dot_tile<4, 3>(p, m, n);
      else if (three)
        dot_tile<1, 3>(p, m, n);
      else if (four)
        dot_tile<4, 1>(p, m, n);
      else
        dot_tile<1, 1>(p, m, n);
      m += four ? 4 : 1;
    }
    n += three ? 3 : 1;
  }
}

}  // namespace eigenstudent::cpu::ES_ISA
