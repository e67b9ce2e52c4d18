// The two matrix products that everything else is made of (see kernels.h).
#pragma once

#include "cpu/isa/vector.h"
#include "cpu/kernels.h"

namespace eigenstudent::cpu::ES_ISA {

/// The start of a tile: its values before the first k.
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

/// A finished sum; `y` points to its node's output, for the masks.
template <Epilogue E, class V, class T>
ES_INLINE V finished(V sum, const T* y) {
  const V zero{};
  switch (E) {
    case Epilogue::store:
      return sum;
    case Epilogue::relu:
      return positive_part(sum);
    case Epilogue::relu_mask:
      return load<V>(y) > zero ? sum : zero;
    case Epilogue::leaky_mask:
      return load<V>(y) > zero ? sum : broadcast<V>(T(leaky_relu_slope)) * sum;
  }
}

/// The end of a tile: its rows leave the registers for c.
template <Epilogue E, class V, int MR, int NV, class T>
ES_INLINE void finish_tile(T* c, const T* y, V (&acc)[MR][NV]) {
  constexpr int L = lanes_of<V, T>;
#pragma GCC unroll 16
  for (int i = 0; i < MR; ++i)
#pragma GCC unroll 4
    for (int j = 0; j < NV; ++j) store<V>(c + (i * NV + j) * L, finished<E>(acc[i][j], y + (i * NV + j) * L));
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
/// unrolled by pragmas: a loop that is not puts all of them on the stack, which cost 20 % of a step.
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
  T* c = p.c + m0 * (NV * L);
  const T* y = p.y + m0 * (NV * L);
  switch (p.epilogue) {
    case Epilogue::store:
      return finish_tile<Epilogue::store>(c, y, acc);
    case Epilogue::relu:
      return finish_tile<Epilogue::relu>(c, y, acc);
    case Epilogue::relu_mask:
      return finish_tile<Epilogue::relu_mask>(c, y, acc);
    case Epilogue::leaky_mask:
      return finish_tile<Epilogue::leaky_mask>(c, y, acc);
  }
}

/// outer_tile for one segment and a start from zero, with the epilogue known at compile time. All arguments
/// travel in registers and the sums start from nothing that has to be loaded: with a short inner dimension (10 and 20 in
/// the paper's student) the ends of outer_tile cost a tenth to a fifth.
template <Epilogue E, class V, int MR, int NV, class T>
__attribute__((noinline)) static void short_tile(const T* a, std::ptrdiff_t row, std::ptrdiff_t step,
                                                 const T* b, std::size_t k, T* c, const T* y) {
  constexpr int L = lanes_of<V, T>;
  V acc[MR][NV];
#pragma GCC unroll 16
  for (int i = 0; i < MR; ++i)
#pragma GCC unroll 4
    for (int j = 0; j < NV; ++j) acc[i][j] = V{};
  for (; k > 0; --k, a += step, b += NV * L) outer_step<V, MR, NV>(a, row, b, acc);
  finish_tile<E>(c, y, acc);
}

/// A height known at compile time.
template <int N>
struct Height {
  static constexpr int rows = N;
};

/// count tiles of `height` rows from row `first` on: tile(Height, row) for each. Returns the row after the last.
template <int MR, class Tile>
ES_INLINE std::size_t equal_tiles(std::size_t first, std::size_t height, std::size_t count,
                                  const Tile& tile) {
  if constexpr (MR > 1) {
    if (height < MR) return equal_tiles<MR - 1>(first, height, count, tile);
  }
  for (; count > 0; --count, first += MR) tile(Height<MR>{}, first);
  return first;
}

/// Cuts the rows into tiles of nearly equal height, at most MR: 20 rows become 4 x 5 and not 6 + 6 + 6 + 2,
/// whose last tile would have too few sums in flight to hide the latency of an FMA.
template <int MR, class Tile>
ES_INLINE void for_tiles(std::size_t rows, const Tile& tile) {
  const std::size_t tiles = (rows + MR - 1) / MR;
  if (tiles == 0) return;
  const std::size_t height = rows / tiles, taller = rows % tiles;
  const std::size_t first = taller > 0 ? equal_tiles<MR>(0, height + 1, taller, tile) : 0;
  equal_tiles<MR>(first, height, tiles - taller, tile);
}

template <Epilogue E, class V, int MR, int NV, class T>
ES_INLINE void short_rows(const OuterProduct<T>& p) {
  const Segment<T>& s = *p.segments;
  for_tiles<MR>(p.rows, [&](auto height, std::size_t m0) {
    const std::size_t at = m0 * (NV * lanes_of<V, T>);
    const T* a = s.a + static_cast<std::ptrdiff_t>(m0) * s.row;
    short_tile<E, V, height.rows, NV>(a, s.row, s.step, p.b, s.count, p.c + at, p.y + at);
  });
}

template <class V, int MR, int NV, class T>
ES_INLINE void outer_rows(const OuterProduct<T>& p) {
  const bool few_sums = p.rows * NV <= 3;  // several partial sums over k
  if (p.segment_count == 1 && !p.accumulate && !p.bias && !few_sums) {
    switch (p.epilogue) {
      case Epilogue::store:
        return short_rows<Epilogue::store, V, MR, NV>(p);
      case Epilogue::relu:
        return short_rows<Epilogue::relu, V, MR, NV>(p);
      case Epilogue::relu_mask:
        return short_rows<Epilogue::relu_mask, V, MR, NV>(p);
      case Epilogue::leaky_mask:
        return short_rows<Epilogue::leaky_mask, V, MR, NV>(p);
    }
  }
  for_tiles<MR>(p.rows, [&](auto height, std::size_t m0) { outer_tile<V, height.rows, NV>(p, m0); });
}

// Tile heights: as many accumulators as the registers hold beside one vector of b for each NV and one
// broadcast of a. Three vectors are the best width: fewer loads per FMA than two, and an odd number of half
// cache lines, so that rows of a do not compete for the same banks of the cache. kernels.h, panel_cost, has
// the widths' prices.
template <class T>
static void outer_product(const OuterProduct<T>& p) {
  using V = Vector<T>;
  constexpr bool many = ES_REGISTERS == 32;
  switch (p.width / static_cast<std::size_t>(lanes_of<V, T>)) {
    case 1:
      return outer_rows < V, many ? 12 : 8, 1 > (p);
    case 2:
      return outer_rows < V, many ? 12 : 6, 2 > (p);
    default:
      return outer_rows < V, many ? 8 : 4, 3 > (p);
  }
}

/// The sums of a tile leave the registers for c, or are added to it; acc holds c(m, n) in [m * NR + n].
template <int MR, int NR, class V, class T>
ES_INLINE void finish_dots(const DotProduct<T>& p, T* c, V (&acc)[MR * NR]) {
  constexpr int L = lanes_of<V, T>;
  constexpr int groups = (MR * NR + L - 1) / L;
  using Row = typename VectorOf<T, NR == 3 ? sizeof(T) : NR * sizeof(T)>::type;  // there is no vector of 3
  constexpr int step = lanes_of<Row, T>;
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
  for (int m = 0; m < MR; ++m, c += p.c_row) {
#pragma GCC unroll 4
    for (int n = 0; n < NR; n += step) {
      const Row sum = load<Row>(sums + m * NR + n);
      store<Row>(c + n, p.accumulate ? load<Row>(c + n) + sum : sum);
    }
  }
}

/// acc(m, n) += one vector of row m of a times one of row n of w.
template <int MR, int NR, class V, class T>
ES_INLINE void dot_step(const T* a, const T* w, std::size_t row, V (&acc)[MR * NR]) {
  V right[NR];
#pragma GCC unroll 8
  for (int n = 0; n < NR; ++n) right[n] = load<V>(w + n * row);
#pragma GCC unroll 8
  for (int m = 0; m < MR; ++m) {
    const V left = load<V>(a + m * row);
#pragma GCC unroll 8
    for (int n = 0; n < NR; ++n) acc[m * NR + n] += left * right[n];
  }
}

/// One side of a DotProduct: the current row of the current panel.
template <class T>
struct DotSide {
  const T* panel;
  std::size_t row, rows;
};

/// All panels of NV vectors that come next: `count` of them.
template <int NV, int MR, int NR, class V, class T>
ES_INLINE void dot_panels(std::size_t count, DotSide<T>& a, DotSide<T>& w, V (&acc)[MR * NR]) {
  constexpr std::size_t L = lanes_of<V, T>, width = NV * L;
  const T *x = a.panel + a.row * width, *y = w.panel + w.row * width;
  const std::size_t x_step = a.rows * width, y_step = w.rows * width;
  a.panel += count * x_step, w.panel += count * y_step;
  for (; count > 0; --count, x += x_step, y += y_step) {
#pragma GCC unroll 3
    for (std::size_t lane = 0; lane < width; lane += L) dot_step<MR, NR>(x + lane, y + lane, width, acc);
  }
}

/// How many panels of 1, 2 and 3 vectors a DotProduct has; the widest come first.
struct PanelCounts {
  std::size_t of[max_panel_vectors + 1];
};

template <int MR, int NR, class T>
__attribute__((noinline)) static void dot_tile(const DotProduct<T>& p, const PanelCounts& panels,
                                               std::size_t m0, std::size_t n0) {
  using V = Vector<T>;
  V acc[MR * NR] = {};
  DotSide<T> a{p.a, m0, p.rows}, w{p.w, p.first + n0, p.w_rows};
  dot_panels<3, MR, NR>(panels.of[3], a, w, acc);
  dot_panels<2, MR, NR>(panels.of[2], a, w, acc);
  dot_panels<1, MR, NR>(panels.of[1], a, w, acc);
  finish_dots<MR, NR>(p, p.c + static_cast<std::ptrdiff_t>(m0) * p.c_row + static_cast<std::ptrdiff_t>(n0),
                      acc);
}

template <int MR, int NR, class T>
ES_INLINE void dot_rows(const DotProduct<T>& p, const PanelCounts& panels, std::size_t n0) {
  for_tiles<MR>(p.rows, [&](auto height, std::size_t m0) { dot_tile<height.rows, NR>(p, panels, m0, n0); });
}

/// Four outputs at a time, so that the sums of a tile are whole vectors and whole rows of four, and a rest of one to three.
/// The rows outermost: a few of them stay in the first-level cache while all outputs pass, and so do the weights of a
/// stretch that the caller cuts for it.
template <class T>
static void dot_product(const DotProduct<T>& p) {
  constexpr int rows = ES_REGISTERS == 32 ? 4 : 3;
  PanelCounts panels{};
  for (std::size_t i = 0; i < p.panel_count; ++i) ++panels.of[p.widths[i] / lanes_of<Vector<T>, T>];
  const std::size_t fours = p.outputs / 4 * 4;
  for_tiles<rows>(p.rows, [&](auto height, std::size_t m0) {
    for (std::size_t n = 0; n < fours; n += 4) dot_tile<height.rows, 4>(p, panels, m0, n);
  });
  switch (p.outputs - fours) {
    case 1:
      return dot_rows<8, 1>(p, panels, fours);
    case 2:
      return dot_rows<4, 2>(p, panels, fours);
    case 3:
      return dot_rows<4, 3>(p, panels, fours);
    default:
      return;
  }
}

}  // namespace eigenstudent::cpu::ES_ISA
