// A tile of a matrix product: a block of threads walks along the contracted dimension with both sides in shared memory
// and the result in registers. Each entry of a result is one chain of multiply-adds in ascending order, whatever the tile.
#pragma once

#include <cstdint>

#include "cuda/device/thread_group.h"

namespace eigenstudent::cuda {

/// A block computes row_count x column_count entries, a thread thread_rows x thread_columns of them, in groups of four
/// neighbours so that shared memory is read 16 bytes at a time.
template <int row_count, int column_count, int depth_count, int thread_rows_, int thread_columns_>
struct Tile {
  static constexpr int rows = row_count, columns = column_count, depth = depth_count;
  static constexpr int thread_rows = thread_rows_, thread_columns = thread_columns_;
  static constexpr int threads_down = rows / thread_rows, threads_across = columns / thread_columns;
  static constexpr int threads = threads_down * threads_across;
  // Four floats of padding keep 16-byte alignment and spread the columns of a transposing store over the banks.
  static constexpr int a_stride = rows + 4, b_stride = columns + 4;
  static constexpr int shared_floats = depth * (a_stride + b_stride);
  static_assert(thread_rows % 4 == 0 && thread_columns % 4 == 0);

  /// Entry `e` of a thread's rows (columns) in the tile.
  static ES_GROUP_CODE int row(int thread, int e) {
    return e / 4 * (4 * threads_down) + thread / threads_across * 4 + e % 4;
  }
  static ES_GROUP_CODE int column(int thread, int e) {
    return e / 4 * (4 * threads_across) + thread % threads_across * 4 + e % 4;
  }
};
using NarrowTile = Tile<32, 32, 16, 4, 4>;
using WideTile = Tile<128, 128, 8, 8, 8>;

/// Whether a product with a result of rows x columns uses the wide tile.
constexpr bool wants_wide_tile(std::uint32_t rows, std::uint32_t columns) {
  return rows >= WideTile::rows && columns >= WideTile::columns;
}

/// The place of a tile in the result: tiles of one row of tiles have consecutive blocks.
struct TilePlace {
  std::uint32_t row, column;   // of its first entry
  std::uint32_t down, across;  // counted in tiles
};
template <class Tile, class ThreadGroup>
ES_GROUP_CODE TilePlace tile_place(const ThreadGroup& group, std::uint32_t columns) {
  const std::uint32_t tiles = (columns + Tile::columns - 1) / Tile::columns;
  const std::uint32_t down = group.index() / tiles, across = group.index() % tiles;
  return {down * Tile::rows, across * Tile::columns, down, across};
}

template <class Tile>
struct TileSums {
  float sum[Tile::thread_rows][Tile::thread_columns];
};

struct alignas(16) FourFloats {
  float value[4];
};

/// Loads one side of a tile: entry (side, depth) of the tile goes to shared[depth * stride + side]. depth_first is
/// the direction in which the memory of `load` is contiguous, so that neighbouring threads read neighbouring words.
template <class Tile, int side_count, int stride, bool depth_first, class Load>
ES_GROUP_CODE void load_side(int thread, float* shared, const Load& load) {
  ES_UNROLL
  for (int e = 0; e < side_count * Tile::depth; e += Tile::threads) {
    const int entry = e + thread;
    const int depth = depth_first ? entry % Tile::depth : entry / side_count;
    const int side = depth_first ? entry / Tile::depth : entry % side_count;
    shared[depth * stride + side] = load(side, depth);
  }
}

/// sums += a b of one tile depth.
template <class Tile>
ES_GROUP_CODE void multiply_tile(int thread, const float* a, const float* b, TileSums<Tile>& sums) {
  ES_UNROLL
  for (int k = 0; k < Tile::depth; ++k) {
    FourFloats left[Tile::thread_rows / 4], right[Tile::thread_columns / 4];
    ES_UNROLL
    for (int e = 0; e < Tile::thread_rows / 4; ++e)
      left[e] = *reinterpret_cast<const FourFloats*>(a + k * Tile::a_stride + Tile::row(thread, 4 * e));
    ES_UNROLL
    for (int e = 0; e < Tile::thread_columns / 4; ++e)
      right[e] = *reinterpret_cast<const FourFloats*>(b + k * Tile::b_stride + Tile::column(thread, 4 * e));
    ES_UNROLL
    for (int i = 0; i < Tile::thread_rows; ++i) ES_UNROLL
    for (int j = 0; j < Tile::thread_columns; ++j)
      sums.sum[i][j] += left[i / 4].value[i % 4] * right[j / 4].value[j % 4];
  }
}

/// The whole contraction of one tile. load_a(row, depth) and load_b(column, depth) receive indices of the
/// matrices and are only called for those inside.
template <class Tile, bool a_depth_first, bool b_depth_first, class ThreadGroup, class Sums, class LoadA,
          class LoadB>
ES_GROUP_CODE void multiply(ThreadGroup& group, Sums& sums, const TilePlace& place, std::uint32_t rows,
                            std::uint32_t columns, std::uint32_t depth, const LoadA& load_a,
                            const LoadB& load_b) {
  const auto b_of = [&](int rank) {
    return group.template shared<float>(rank) + Tile::depth * Tile::a_stride;
  };
  group.each([&](int rank, int thread) { sums(rank, thread) = {}; });
  for (std::uint32_t first = 0; first < depth; first += Tile::depth) {
    group.each([&](int rank, int thread) {
      float* a = group.template shared<float>(rank);
      load_side<Tile, Tile::rows, Tile::a_stride, a_depth_first>(thread, a, [&](int row, int k) {
        const bool inside = place.row + row < rows && first + k < depth;
        return inside ? load_a(place.row + row, first + k) : 0.0f;
      });
      load_side<Tile, Tile::columns, Tile::b_stride, b_depth_first>(
          thread, b_of(rank), [&](int column, int k) {
            const bool inside = place.column + column < columns && first + k < depth;
            return inside ? load_b(place.column + column, first + k) : 0.0f;
          });
    });
    group.sync();
    group.each([&](int rank, int thread) {
      multiply_tile<Tile>(thread, group.template shared<float>(rank), b_of(rank), sums(rank, thread));
    });
    group.sync();
  }
}

}  // namespace eigenstudent::cuda
