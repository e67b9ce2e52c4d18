// Products of matrices in shared memory, a tile of the result in the registers of each thread.
//
// An operand is read in one of two ways: by rows, when the inner index k runs along its rows (a quad of k at a time), or by
// columns, when k is its row index (a quad of neighbouring entries at a time). Threads take every tiles-th row or quad and
// not a stretch of them: neighbouring threads then read neighbouring rows or quads, which lie in different banks. Rows past
// the end are read as the last one and their sums are dropped.
//
// A thread reads m + n floats for m n multiply-adds. Shared memory delivers a float per lane and cycle to one warp, the four
// schedulers take one multiply-add per lane and cycle each: below m n / (m + n) = 4 the reads decide, hence tiles of 8 x 8.
#pragma once

#include <cstring>

#include "cuda/device/thread_group.h"
#include "cuda/resident/resident_plan.h"

namespace eigenstudent::cuda {

/// Four floats, read and written as 16 bytes.
struct alignas(16) Quad {
  float at[4];
};
ES_GROUP_CODE Quad load_quad(const float* from) {
#ifdef __CUDACC__
  return *reinterpret_cast<const Quad*>(from);
#else
  Quad quad;
  std::memcpy(&quad, from, sizeof quad);
  return quad;
#endif
}
ES_GROUP_CODE void store_quad(float* to, const Quad& quad) {
#ifdef __CUDACC__
  *reinterpret_cast<Quad*>(to) = quad;
#else
  std::memcpy(to, &quad, sizeof quad);
#endif
}

ES_GROUP_CODE int ceiling(int count, int length) { return (count + length - 1) / length; }
ES_GROUP_CODE int least(int a, int b) { return a < b ? a : b; }

/// Sums of one thread. Indices are constants after unrolling, so that they stay registers.
template <int M, int N>
struct TileRegisters {
  float at[M][N];
  ES_GROUP_CODE void clear() {
    ES_UNROLL
    for (int m = 0; m < M; ++m) ES_UNROLL
    for (int n = 0; n < N; ++n) at[m][n] = 0;
  }
};

/// Offsets of the rows (or quads) first, first + step, ... of a matrix, none past the last.
template <int Count>
struct Offsets {
  int at[Count];
  ES_GROUP_CODE Offsets(int first, int step, int last, int length) {
    ES_UNROLL
    for (int i = 0; i < Count; ++i) at[i] = least(first + i * step, last) * length;
  }
};

/// sums += W x for k from `begin` (a multiple of 4) to `end`. w: by rows, x: by columns, [K][ld].
template <int M, int N>
ES_GROUP_CODE void multiply_forward(TileRegisters<M, N>& sums, const float* w, const Offsets<M>& row,
                                    const float* x, const Offsets<N / 4>& quad, int ld, int begin, int end) {
  const auto add = [&](int k, const float(&a)[M]) {
    ES_UNROLL
    for (int q = 0; q < N / 4; ++q) {
      const Quad b = load_quad(x + k * ld + quad.at[q]);
      ES_UNROLL
      for (int m = 0; m < M; ++m) ES_UNROLL
      for (int e = 0; e < 4; ++e) sums.at[m][4 * q + e] += a[m] * b.at[e];
    }
  };
  int k = begin;
  for (; k + 4 <= end; k += 4) {
    Quad a[M];
    ES_UNROLL
    for (int m = 0; m < M; ++m) a[m] = load_quad(w + row.at[m] + k);
    ES_UNROLL
    for (int e = 0; e < 4; ++e) {
      float column[M];
      ES_UNROLL
      for (int m = 0; m < M; ++m) column[m] = a[m].at[e];
      add(k + e, column);
    }
  }
  for (; k < end; ++k) {
    float column[M];
    ES_UNROLL
    for (int m = 0; m < M; ++m) column[m] = w[row.at[m] + k];
    add(k, column);
  }
}

/// sums += W^T delta for k from `begin` to `end`. w: by columns, [K][ldw], delta: by columns, [K][ld].
template <int M, int N>
ES_GROUP_CODE void multiply_input_gradient(TileRegisters<M, N>& sums, const float* w,
                                           const Offsets<M / 4>& nodes, int ldw, const float* delta,
                                           const Offsets<N / 4>& quad, int ld, int begin, int end) {
  ES_UNROLL_TWICE
  for (int k = begin; k < end; ++k) {
    Quad a[M / 4];
    ES_UNROLL
    for (int p = 0; p < M / 4; ++p) a[p] = load_quad(w + k * ldw + nodes.at[p]);
    ES_UNROLL
    for (int q = 0; q < N / 4; ++q) {
      const Quad b = load_quad(delta + k * ld + quad.at[q]);
      ES_UNROLL
      for (int m = 0; m < M; ++m) ES_UNROLL
      for (int e = 0; e < 4; ++e) sums.at[m][4 * q + e] += a[m / 4].at[m % 4] * b.at[e];
    }
  }
}

/// sums += delta x^T for the samples from `begin` to `end`, multiples of 4. Both by rows.
template <int M, int N>
ES_GROUP_CODE void multiply_weight_gradient(TileRegisters<M, N>& sums, const float* delta,
                                            const Offsets<M>& row, const float* x, const Offsets<N>& column,
                                            int begin, int end) {
  for (int k = begin; k < end; k += 4) {
    Quad a[M];
    ES_UNROLL
    for (int m = 0; m < M; ++m) a[m] = load_quad(delta + row.at[m] + k);
    ES_UNROLL
    for (int n = 0; n < N; ++n) {
      const Quad b = load_quad(x + column.at[n] + k);
      ES_UNROLL
      for (int e = 0; e < 4; ++e) ES_UNROLL
      for (int m = 0; m < M; ++m) sums.at[m][n] += a[m].at[e] * b.at[e];
    }
  }
}

/// The part of a product that a thread works on at a time: tile (m, n) of [tiles_m][tiles_n], slice `slice` of the inner
/// dimension; busy: there is such a tile.
struct TileWork {
  int m, n, slice;
  bool busy;
  TileWork() = default;
  ES_GROUP_CODE TileWork(int thread, int first, int slots, int slices, int tiles_m, int tiles_n) {
    slice = thread / slots;
    const int tile = first + thread % slots;
    const int row = tiles_n > 0 ? tiles_n : 1;  // a rank may have no nodes of a layer
    m = tile / row;
    n = tile % row;
    busy = slice < slices && m < tiles_m && tiles_n > 0;
  }
  /// Where the slice begins in an inner dimension of `length`, in steps of a quad.
  ES_GROUP_CODE static int cut(int length, int slice, int slices) {
    return least(length, 4 * (ceiling(length, 4) * slice / slices));
  }
};

/// Assigns the tiles of a product to threads. most_tiles: of any rank. place_of(rank, thread, first, slots)
/// is a TileWork; multiply(rank, place, sums) fills a tile's sums; store(rank, place, sums, turn) stores
/// them: slices run one after the other, so that each adds to the sums of those before it. Needs a barrier
/// before, ends without one.
template <int M, int N, class ThreadGroup, class Place, class Multiply, class Store>
ES_GROUP_CODE void deal_tiles(ThreadGroup& group, int slices, int most_tiles, const Place& place_of,
                              const Multiply& multiply, const Store& store) {
  struct Tile {
    TileWork place;
    TileRegisters<M, N> sums;
  };
  const int slots = group.threads() / slices;
  for (int first = 0; first < most_tiles; first += slots) {
    typename ThreadGroup::template PerThread<Tile> tiles(group);
    group.each([&](int rank, int thread) {
      Tile& tile = tiles(rank, thread);
      tile.place = place_of(rank, thread, first, slots);
      tile.sums.clear();
      if (tile.place.busy) multiply(rank, tile.place, tile.sums);
    });
    for (int turn = 0; turn < slices; ++turn) {
      if (turn > 0) group.sync();
      group.each([&](int rank, int thread) {
        const Tile& tile = tiles(rank, thread);
        if (tile.place.busy && tile.place.slice == turn) store(rank, tile.place, tile.sums, turn);
      });
    }
  }
}

/// Calls run.template operator()<m, n>() with the shape that a tiling names.
template <const auto& shapes, int I = 0, class Run>
ES_GROUP_CODE void with_shape(int shape, const Run& run) {
  if constexpr (I + 1 == static_cast<int>(sizeof(shapes) / sizeof(shapes[0]))) {
    run.template operator()<shapes[I].m, shapes[I].n>();
  } else {
    if (shape == I)
      run.template operator()<shapes[I].m, shapes[I].n>();
    else
      with_shape<shapes, I + 1>(shape, run);
  }
}

}  // namespace eigenstudent::cuda
