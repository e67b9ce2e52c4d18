// Two layers at once for a group of samples, as evaluations do them (see LayerPair in kernels.h). The tiles
// are those of products.h without the options of a single product, which would dominate a short inner
// dimension.
#pragma once

#include "cpu/isa/elementwise.h"
#include "cpu/isa/vector.h"
#include "cpu/kernels.h"

namespace eigenstudent::cpu::ES_ISA {

/// Accumulators of a tile: three vectors of samples (the usual panel) times as many rows as registers allow.
constexpr int pair_vectors = 3;
constexpr int pair_rows = ES_REGISTERS == 32 ? 8 : 4;
/// Panels of nodes that are computed before the layer above reads them: 18 KB of outputs with AVX-512, which
/// stay in the first-level cache, and an inner dimension of 96, long against the ends of a tile.
constexpr std::size_t pair_panels = 2;

/// acc(m, .) += sum over k of a[m * row + k * step] b[k][.].
template <class V, int MR, class T>
ES_INLINE void pair_sums(const T* a, std::size_t row, std::size_t step, const T* b, std::size_t count,
                         V (&acc)[MR][pair_vectors]) {
  constexpr int L = lanes_of<V, T>;
  for (std::size_t k = 0; k < count; ++k, a += step, b += pair_vectors * L) {
    V lane[pair_vectors];
#pragma GCC unroll 4
    for (int j = 0; j < pair_vectors; ++j) lane[j] = load<V>(b + j * L);
#pragma GCC unroll 8
    for (int i = 0; i < MR; ++i) {
      const V value = broadcast<V>(a[static_cast<std::size_t>(i) * row]);
#pragma GCC unroll 4
      for (int j = 0; j < pair_vectors; ++j) acc[i][j] += value * lane[j];
    }
  }
}

/// MR nodes of a panel from the inputs: y = W x, or its positive part. w: [inputs][width], at the first of the nodes.
template <class V, int MR, class T>
__attribute__((noinline)) static void pair_lower_tile(const LayerPair<T>& p, const T* w, std::size_t width,
                                                      const T* bias, T* y) {
  constexpr int L = lanes_of<V, T>;
  V acc[MR][pair_vectors];
#pragma GCC unroll 8
  for (int i = 0; i < MR; ++i) {
    const V start = bias ? broadcast<V>(bias[i]) : V{};
#pragma GCC unroll 4
    for (int j = 0; j < pair_vectors; ++j) acc[i][j] = start;
  }
  pair_sums<V, MR>(w, 1, width, p.x, p.inputs, acc);
  if (p.lower == Activation::relu) {
#pragma GCC unroll 8
    for (int i = 0; i < MR; ++i)
#pragma GCC unroll 4
      for (int j = 0; j < pair_vectors; ++j) acc[i][j] = positive_part(acc[i][j]);
  }
#pragma GCC unroll 8
  for (int i = 0; i < MR; ++i)
#pragma GCC unroll 4
    for (int j = 0; j < pair_vectors; ++j) store<V>(y + (i * pair_vectors + j) * L, acc[i][j]);
}

/// Adds the contributions of a few panels of nodes to MR rows of z. w: panels of [outputs][width], at the
/// first of the rows.
template <class V, int MR, class T>
__attribute__((noinline)) static void pair_upper_tile(const LayerPair<T>& p, const PairStretch<T>& s,
                                                      std::size_t m0) {
  constexpr int L = lanes_of<V, T>;
  T* z = p.z + m0 * (pair_vectors * L);
  V acc[MR][pair_vectors];
#pragma GCC unroll 8
  for (int i = 0; i < MR; ++i)
#pragma GCC unroll 4
    for (int j = 0; j < pair_vectors; ++j) acc[i][j] = load<V>(z + (i * pair_vectors + j) * L);
  for (std::size_t n = 0; n < s.panels; ++n)
    pair_sums<V, MR>(s.w[n] + m0 * s.width[n], s.width[n], 1, s.y[n], s.count[n], acc);
#pragma GCC unroll 8
  for (int i = 0; i < MR; ++i)
#pragma GCC unroll 4
    for (int j = 0; j < pair_vectors; ++j) store<V>(z + (i * pair_vectors + j) * L, acc[i][j]);
}

template <class V, int MR, class T>
ES_INLINE void pair_lower_rows(const LayerPair<T>& p, std::size_t rows, const T* w, std::size_t width,
                               const T* bias, T* y) {
  if constexpr (MR > 1) {
    if (rows < MR) return pair_lower_rows<V, MR - 1>(p, rows, w, width, bias, y);
  }
  pair_lower_tile<V, MR>(p, w, width, bias, y);
}

template <class V, int MR, class T>
ES_INLINE void pair_upper_rows(const LayerPair<T>& p, const PairStretch<T>& s, std::size_t m0,
                               std::size_t rows) {
  if constexpr (MR > 1) {
    if (rows < MR) return pair_upper_rows<V, MR - 1>(p, s, m0, rows);
  }
  pair_upper_tile<V, MR>(p, s, m0);
}

/// tile(first, rows) for tiles of nearly equal height, at most pair_rows.
template <class Tile>
ES_INLINE void pair_tiles(std::size_t rows, const Tile& tile) {
  const std::size_t tiles = (rows + pair_rows - 1) / pair_rows;
  for (std::size_t t = 0, first = 0; t < tiles; ++t) {
    const std::size_t height = (rows - first + tiles - t - 1) / (tiles - t);
    tile(first, height);
    first += height;
  }
}

template <class T>
static void layer_pair(const LayerPair<T>& p) {
  using V = Vector<T>;
  constexpr std::size_t lanes = pair_vectors * lanes_of<V, T>;
  std::size_t offset = 0;  // of the panel, in nodes
  for (std::size_t panel = 0; panel < p.panel_count;) {
    PairStretch<T> s{};
    T* y = p.y;
    for (; s.panels < pair_panels && panel < p.panel_count; ++s.panels, ++panel) {
      const std::size_t width = p.widths[panel], left = p.nodes - offset, n = s.panels;
      s.w[n] = p.upper_weights + offset * p.outputs;
      s.width[n] = width;
      s.count[n] = left < width ? left : width;
      s.y[n] = y;
      pair_tiles(s.count[n], [&](std::size_t first, std::size_t rows) {
        pair_lower_rows<V, pair_rows>(p, rows, p.lower_weights + offset * p.inputs + first, width,
                                      p.bias ? p.bias + offset + first : nullptr, y + first * lanes);
      });
      if (p.lower != Activation::relu && p.lower != Activation::linear)
        activate(p.lower, y, y, s.count[n] * lanes);
      y += s.count[n] * lanes;
      offset += width;
    }
    pair_tiles(p.outputs, [&](std::size_t first, std::size_t rows) {
      pair_upper_rows<V, pair_rows>(p, s, first, rows);
    });
  }
}

}  // namespace eigenstudent::cpu::ES_ISA
