// The two matrix products that everything else is made of (see kernels.h).
#pragma once

#include "cpu/isa/vector.h"
#include "cpu/kernels.h"

namespace eigenstudent::cpu::ES_ISA {

/// The start of a tile: what is summed up before the first k.
template <class V, int MR, int NV, class T>
ES_INLINE void begin_tile(const OuterProduct<T>& p, std::size_t m0, V (&acc)[MR][NV]) {
  constexpr int L = lanes_of<V, T>;
  if (p.accumulate) {
    const T* c = p.c + m0 * (NV * L);
#pragma GCC unroll 16
    for (int i = 0; i < MR; ++i)
#pragma GCC unroll 4
      for (int j = 0; j < NV; ++j) acc[i][j] = load<V>(c + (i * NV + j) * L);
  } else if (p.bias) {
#pragma GCC unroll 4
    for (int j = 0; j < NV; ++j) {
      const V bias = load<V>(p.bias + j * L);
#pragma GCC unroll 16
      for (int i = 0; i < MR; ++i) acc[i][j] = bias;
    }
  } else {
#pragma GCC unroll 16
    for (int i = 0; i < MR; ++i)
#pragma GCC unroll 4
      for (int j = 0; j < NV; ++j) acc[i][j] = V{};
  }
}

/// The end of a tile: rows m0 .. m0 + MR of the panel leave the registers.
template <class V, int MR, int NV, class T>
ES_INLINE void finish_tile(const OuterProduct<T>& p, std::size_t m0, V (&acc)[MR][NV]) {
  constexpr int L = lanes_of<V, T>;
  constexpr int width = NV * L;
  const V zero{};
  const T* y = p.y + m0 * width;
  switch (p.epilogue) {
    case Epilogue::store:
      break;
    case Epilogue::relu:
#pragma GCC unroll 16
      for (int i = 0; i < MR; ++i)
#pragma GCC unroll 4
        for (int j = 0; j < NV; ++j) acc[i][j] = positive_part(acc[i][j]);
      break;
    case Epilogue::relu_mask:
#pragma GCC unroll 16
      for (int i = 0; i < MR; ++i)
#pragma GCC unroll 4
        for (int j = 0; j < NV; ++j) acc[i][j] = load<V>(y + i * width + j * L) > zero ? acc[i][j] : zero;
      break;
    case Epilogue::leaky_mask: {
      const V slope = broadcast<V>(T(leaky_relu_slope));
#pragma GCC unroll 16
      for (int i = 0; i < MR; ++i)
#pragma GCC unroll 4
        for (int j = 0; j < NV; ++j)
          acc[i][j] = load<V>(y + i * width + j * L) > zero ? acc[i][j] : slope * acc[i][j];
      break;
    }
  }
  T* c = p.c + m0 * width;
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
  V acc[MR][NV], second[MR][NV] = {}, third[MR][NV] = {}, fourth[MR][NV] = {};
  begin_tile<V, MR, NV>(p, m0, acc);
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

// Tile heights: as many accumulators as the registers hold beside one vector of b for each NV and one broadcast of a.
// Three vectors are the best width: fewer loads an FMA than two, and an odd number of half cache lines, so that rows of a
// do not compete for the same banks of the cache. kernels.h, panel_cost, has the widths' prices.
template <class T>
static void outer_product(const OuterProduct<T>& p) {
  using Unit = UnitVector<T>;
  [[maybe_unused]] constexpr bool many = ES_REGISTERS == 32;
  switch (p.width / static_cast<std::size_t>(lanes_of<Unit, T>)) {
    case 1:
      return outer_rows < Unit, many ? 12 : 8, 1 > (p);
    case 3:
      return outer_rows < Unit, many ? 8 : 4, 3 > (p);
#if ES_WIDE_BYTES > ES_UNIT_BYTES
    case 2:
      return outer_rows<WideVector<T>, 12, 1>(p);
    case 4:
      return outer_rows<WideVector<T>, 12, 2>(p);
    default:
      return outer_rows<WideVector<T>, 8, 3>(p);
#else
    default:
      return outer_rows < Unit, many ? 12 : 6, 2 > (p);
#endif
  }
}

/// The sums of a tile go to memory: acc holds c(m, n) in [m * NR + n], a whole number of groups of L.
template <int MR, int NR, class V, class T>
ES_INLINE void finish_dots(const DotProduct<T>& p, std::size_t m0, std::size_t n0, V (&acc)[MR * NR]) {
  constexpr int L = lanes_of<V, T>;
  constexpr int groups = (MR * NR + L - 1) / L;
  T sums[groups * L];
#pragma GCC unroll 16
  for (int g = 0; g < groups; ++g) {
    V group[L] = {};
#pragma GCC unroll 16
    for (int i = 0; i < L; ++i)
      if (g * L + i < MR * NR) group[i] = acc[g * L + i];
    store<V>(sums + g * L, sums_of_each(group));
  }
#pragma GCC unroll 8
  for (int m = 0; m < MR; ++m) {
    T* c = p.c + static_cast<std::ptrdiff_t>(m0 + m) * p.c_row + static_cast<std::ptrdiff_t>(n0);
#pragma GCC unroll 8
    for (int n = 0; n < NR; ++n) c[n] = p.accumulate ? c[n] + sums[m * NR + n] : sums[m * NR + n];
  }
}

/// acc(m, n) += one vector of row m of a times one of row n of w; `read` loads it.
template <int MR, int NR, class V, class T, class Read>
ES_INLINE void dot_step(const T* a, const T* w, std::size_t row, const Read& read, V (&acc)[MR * NR]) {
  V left[MR];
#pragma GCC unroll 8
  for (int m = 0; m < MR; ++m) left[m] = read(a + m * row);
#pragma GCC unroll 8
  for (int n = 0; n < NR; ++n) {
    const V right = read(w + n * row);
#pragma GCC unroll 8
    for (int m = 0; m < MR; ++m) acc[m * NR + n] += left[m] * right;
  }
}

template <int MR, int NR, class T>
__attribute__((noinline)) static void dot_tile(const DotProduct<T>& p, std::size_t m0, std::size_t n0) {
  using V = WideVector<T>;
  constexpr std::size_t L = lanes_of<V, T>;
  V acc[MR * NR] = {};
  std::size_t panel = 0;
  const T* a_panel = p.a;
  const T* w_panel = p.w;
  // The usual panels come first; their offsets are known to the compiler.
  constexpr std::size_t usual = 3 * L;
  const std::size_t a_stride = p.rows * usual, w_stride = p.w_rows * usual;
  const T* a = p.a + m0 * usual;
  const T* w = p.w + (p.first + n0) * usual;
  for (; panel < p.panel_count && p.widths[panel] == usual; ++panel, a += a_stride, w += w_stride) {
#pragma GCC unroll 3
    for (std::size_t lane = 0; lane < usual; lane += L)
      dot_step<MR, NR>(
          a + lane, w + lane, usual, [](const T* from) { return load<V>(from); }, acc);
  }
  a_panel += panel * a_stride;
  w_panel += panel * w_stride;
  for (; panel < p.panel_count; ++panel) {
    const std::size_t width = p.widths[panel];
    a = a_panel + m0 * width;
    w = w_panel + (p.first + n0) * width;
    std::size_t lane = 0;
    for (; lane + L <= width; lane += L)
      dot_step<MR, NR>(
          a + lane, w + lane, width, [](const T* from) { return load<V>(from); }, acc);
#if ES_WIDE_BYTES > ES_UNIT_BYTES
    if (lane < width)
      dot_step<MR, NR>(
          a + lane, w + lane, width, [](const T* from) { return load_half(from); }, acc);
#endif
    a_panel += p.rows * width;
    w_panel += p.w_rows * width;
  }
  finish_dots<MR, NR>(p, m0, n0, acc);
}

template <int MR, int NR, class T>
ES_INLINE void dot_tile_of(const DotProduct<T>& p, std::size_t m0, std::size_t n0, std::size_t rows) {
  if constexpr (MR > 1) {
    if (rows < MR) return dot_tile_of<MR - 1, NR>(p, m0, n0, rows);
  }
  dot_tile<MR, NR>(p, m0, n0);
}

/// All rows against NR outputs, in tiles of nearly equal height.
template <int MR, int NR, class T>
ES_INLINE void dot_rows(const DotProduct<T>& p, std::size_t n0) {
  const std::size_t tiles = (p.rows + MR - 1) / MR;
  for (std::size_t t = 0, m0 = 0; t < tiles; ++t) {
    const std::size_t rows = (p.rows - m0 + tiles - t - 1) / (tiles - t);
    dot_tile_of<MR, NR>(p, m0, n0, rows);
    m0 += rows;
  }
}

// As many sums in flight as the registers allow: a tile reads rows + outputs vectors for rows * outputs FMAs.
template <class T>
static void dot_product(const DotProduct<T>& p) {
  constexpr int rows = ES_REGISTERS == 32 ? 5 : 3, outputs = 4;
  std::size_t n = 0;
  for (; n + outputs <= p.outputs; n += outputs) dot_rows<rows, outputs>(p, n);
  for (; n < p.outputs; ++n) dot_rows<8, 1>(p, n);
}

}  // namespace eigenstudent::cpu::ES_ISA
