// The three products of a layer as tiled float32 kernels, with the layer's elementwise operations fused into
// the end:
//
//   forward          z = x W^T + bias, y = f(z)                 contracts N_in
//   input gradient   delta W, times f' of the layer below       contracts N_out
//   weight gradient  G = delta^T x, gradients of phi and sums   contracts the rows of the batch
//                    of G phi for the eigenvalues
//
// W is formed from phi and the eigenvalues while a tile of it is loaded. float32 means float32: fused multiply-adds, no
// tensor cores.
#pragma once

#include "core/activations.h"
#include "core/spectral_math.h"
#include "cuda/device/layerwise_arguments.h"
#include "cuda/layerwise/layerwise_tile.h"

namespace eigenstudent::cuda {

/// W_ij.
ES_GROUP_CODE float weight_at(const Weights& weights, std::uint32_t i, std::uint32_t j) {
  const float m = weights.matrix[static_cast<std::size_t>(i) * weights.inputs + j];
  if (!weights.eigenvalues_in) return m;
  return spectral_weight(m, weights.eigenvalues_in[j], weights.eigenvalues_out[i]);
}

ES_GROUP_CODE std::uint32_t rows_of(const StepControl* control, std::uint32_t rows) {
  return control ? control->batch.rows : rows;
}

/// Calls entry(row, column, sum) for a thread's part of a tile, inside the result.
template <class Tile, class Entry>
ES_GROUP_CODE void for_entries(const TilePlace& place, int thread, const TileSums<Tile>& sums,
                               std::uint32_t rows, std::uint32_t columns, const Entry& entry) {
  ES_UNROLL
  for (int i = 0; i < Tile::thread_rows; ++i) ES_UNROLL
  for (int j = 0; j < Tile::thread_columns; ++j) {
    const std::uint32_t row = place.row + Tile::row(thread, i);
    const std::uint32_t column = place.column + Tile::column(thread, j);
    if (row < rows && column < columns) entry(row, column, sums.sum[i][j]);
  }
}

/// Calls entry(row, column) for each of a thread's places inside the result, one after the other: for code that would be
/// long if it were unrolled.
template <class Tile, class Entry>
ES_GROUP_CODE void for_places(const TilePlace& place, int thread, std::uint32_t rows, std::uint32_t columns,
                              const Entry& entry) {
#ifdef __CUDACC__
#pragma unroll 1
#endif
  for (int e = 0; e < Tile::thread_rows * Tile::thread_columns; ++e) {
    const std::uint32_t row = place.row + Tile::row(thread, e / Tile::thread_columns);
    const std::uint32_t column = place.column + Tile::column(thread, e % Tile::thread_columns);
    if (row < rows && column < columns) entry(row, column);
  }
}

/// Activations that take an instruction or two are applied to registers; the others to the stored values of a
/// thread, because 64 copies of an erf make a kernel that takes a minute to compile.
ES_GROUP_CODE bool applies_at_once(Activation activation) {
  return activation == Activation::linear || activation == Activation::relu;
}

/// A tile of from W or from W^T: both directions through a layer use it. from: [B][depth]; the result has
/// `columns` columns, y along the rows. depth_first: entry (column, k) of the weights lies beside (column, k + 1).
/// finish(place, thread, sums, rows) stores a thread's sums.
template <class Tile, bool depth_first, class ThreadGroup, class Product, class Weight, class Finish>
ES_GROUP_CODE void multiply_by_weights(ThreadGroup& group, const Product& p, const float* from,
                                       std::uint32_t columns, std::uint32_t depth, const Weight& weight,
                                       const Finish& finish) {
  const std::uint32_t rows = rows_of(p.control, p.rows);
  const TilePlace place = tile_place<Tile>(group, columns);
  if (place.row >= rows) return;
  typename ThreadGroup::template PerThread<TileSums<Tile>> sums(group);
  multiply<Tile, true, depth_first>(
      group, sums, place, rows, columns, depth,
      [&](std::uint32_t r, std::uint32_t k) { return from[static_cast<std::size_t>(r) * depth + k]; },
      weight);
  group.each([&](int rank, int thread) { finish(place, thread, sums(rank, thread), rows); });
}

/// Tiles: x along N_out, y along the rows.
template <class TileShape>
struct ForwardKernel {
  using Tile = TileShape;
  static constexpr int most_threads = Tile::threads, least_blocks = 1;
  static constexpr int shared_floats = Tile::shared_floats;
  ForwardProduct p;

  template <class ThreadGroup>
  ES_GROUP_CODE void operator()(ThreadGroup& group) const {
    const std::uint32_t inputs = p.weights.inputs, outputs = p.weights.outputs;
    const auto output = [&](std::uint32_t column) { return p.order ? p.order[column] : column; };
    const auto weight = [&](std::uint32_t c, std::uint32_t k) { return weight_at(p.weights, output(c), k); };
    const auto finish = [&](const TilePlace& place, int thread, const TileSums<Tile>& sums,
                            std::uint32_t rows) {
      const auto at = [&](std::uint32_t r, std::uint32_t c) {
        return p.transposed ? static_cast<std::size_t>(c) * rows + r
                            : static_cast<std::size_t>(r) * outputs + c;
      };
      for_entries<Tile>(place, thread, sums, rows, outputs, [&](std::uint32_t r, std::uint32_t c, float sum) {
        const float z = p.bias ? sum + p.bias[output(c)] : sum;
        if (p.z) p.z[at(r, c)] = z;
        p.y[at(r, c)] = p.activation == Activation::relu ? activate(Activation::relu, z) : z;
      });
      if (applies_at_once(p.activation)) return;
      for_places<Tile>(place, thread, rows, outputs, [&](std::uint32_t r, std::uint32_t c) {
        p.y[at(r, c)] = activate(p.activation, p.y[at(r, c)]);
      });
    };
    multiply_by_weights<Tile, true>(group, p, p.x, outputs, inputs, weight, finish);
  }
};

/// Tiles: x along N_in, y along the rows.
template <class TileShape>
struct InputGradientKernel {
  using Tile = TileShape;
  static constexpr int most_threads = Tile::threads, least_blocks = 1;
  static constexpr int shared_floats = Tile::shared_floats;
  InputGradient p;

  template <class ThreadGroup>
  ES_GROUP_CODE void operator()(ThreadGroup& group) const {
    const std::uint32_t inputs = p.weights.inputs, outputs = p.weights.outputs;
    const auto weight = [&](std::uint32_t c, std::uint32_t k) { return weight_at(p.weights, k, c); };
    const auto finish = [&](const TilePlace& place, int thread, const TileSums<Tile>& sums,
                            std::uint32_t rows) {
      const auto at = [&](std::uint32_t r, std::uint32_t c) {
        return static_cast<std::size_t>(r) * inputs + c;
      };
      const bool is_relu = p.y && p.activation == Activation::relu;
      for_entries<Tile>(place, thread, sums, rows, inputs, [&](std::uint32_t r, std::uint32_t c, float sum) {
        const float y = is_relu ? p.y[at(r, c)] : 1.0f;
        p.grad_x[at(r, c)] = sum * activation_derivative(Activation::relu, y, y);
      });
      if (!p.y || applies_at_once(p.activation)) return;
      for_places<Tile>(place, thread, rows, inputs, [&](std::uint32_t r, std::uint32_t c) {
        const float y = p.y[at(r, c)], z = p.z ? p.z[at(r, c)] : y;
        p.grad_x[at(r, c)] *= activation_derivative(p.activation, z, y);
      });
    };
    multiply_by_weights<Tile, false>(group, p, p.delta, inputs, outputs, weight, finish);
  }
};

/// Tiles: x along N_in, y along N_out.
template <class TileShape>
struct WeightGradientKernel {
  using Tile = TileShape;
  static constexpr int most_threads = Tile::threads, least_blocks = 1;
  WeightGradient p;

  static_assert(Tile::threads >= Tile::rows + Tile::columns);
  static constexpr int sum_floats = Tile::rows * Tile::threads_across + Tile::columns * Tile::threads_down;
  static constexpr int shared_floats = sum_floats > Tile::shared_floats ? sum_floats : Tile::shared_floats;

  template <class ThreadGroup>
  ES_GROUP_CODE void operator()(ThreadGroup& group) const {
    const std::uint32_t rows = rows_of(p.control, p.rows), inputs = p.weights.inputs;
    const std::uint32_t outputs = p.weights.outputs;
    const TilePlace place = tile_place<Tile>(group, inputs);
    typename ThreadGroup::template PerThread<TileSums<Tile>> sums(group);
    multiply<Tile, false, false>(
        group, sums, place, outputs, inputs, rows,
        [&](std::uint32_t i, std::uint32_t b) { return p.delta[static_cast<std::size_t>(b) * outputs + i]; },
        [&](std::uint32_t j, std::uint32_t b) { return p.x[static_cast<std::size_t>(b) * inputs + j]; });
    if (p.partial_in || p.partial_out) add_up(group, place, sums);
    if (!p.grad_matrix) return;
    group.each([&](int rank, int thread) {
      for_entries<Tile>(
          place, thread, sums(rank, thread), outputs, inputs, [&](std::uint32_t i, std::uint32_t j, float G) {
            const Weights& w = p.weights;
            p.grad_matrix[static_cast<std::size_t>(i) * inputs + j] =
                w.eigenvalues_in ? eigenvector_gradient(G, w.eigenvalues_in[j], w.eigenvalues_out[i]) : G;
          });
    });
  }

 private:
  /// Sums of G phi over the tile's columns (for lambda_out) and rows (for lambda_in): first a thread's own, then over
  /// the threads of a row or column in their order.
  template <class ThreadGroup, class Sums>
  ES_GROUP_CODE void add_up(ThreadGroup& group, const TilePlace& place, Sums& sums) const {
    // [rows][threads_across], then [columns][threads_down]
    const auto across_of = [&](int rank) { return group.template shared<float>(rank); };
    const auto down_of = [&](int rank) { return across_of(rank) + Tile::rows * Tile::threads_across; };
    group.each([&](int rank, int thread) {
      float row[Tile::thread_rows] = {}, column[Tile::thread_columns] = {};
      own_sums(place, thread, sums(rank, thread), row, column);
      ES_UNROLL
      for (int i = 0; i < Tile::thread_rows; ++i)
        across_of(rank)[Tile::row(thread, i) * Tile::threads_across + thread % Tile::threads_across] = row[i];
      ES_UNROLL
      for (int j = 0; j < Tile::thread_columns; ++j)
        down_of(rank)[Tile::column(thread, j) * Tile::threads_down + thread / Tile::threads_across] =
            column[j];
    });
    group.sync();
    group.each([&](int rank, int thread) {
      if (thread < Tile::rows)
        store_sum(across_of(rank) + thread * Tile::threads_across, Tile::threads_across, place.row + thread,
                  p.weights.outputs, place.across, p.partial_out);
      else if (thread < Tile::rows + Tile::columns)
        store_sum(down_of(rank) + (thread - Tile::rows) * Tile::threads_down, Tile::threads_down,
                  place.column + thread - Tile::rows, p.weights.inputs, place.down, p.partial_in);
    });
    group.sync();
  }

  /// partials: [tiles][size], or null.
  ES_GROUP_CODE static void store_sum(const float* parts, int count, std::uint32_t at, std::uint32_t size,
                                      std::uint32_t tile, float* partials) {
    if (!partials || at >= size) return;
    float sum = 0;
    for (int part = 0; part < count; ++part) sum += parts[part];
    partials[static_cast<std::size_t>(tile) * size + at] = sum;
  }

  ES_GROUP_CODE void own_sums(const TilePlace& place, int thread, const TileSums<Tile>& sums, float* row,
                              float* column) const {
    const Weights& weights = p.weights;
    ES_UNROLL
    for (int i = 0; i < Tile::thread_rows; ++i) ES_UNROLL
    for (int j = 0; j < Tile::thread_columns; ++j) {
      const std::uint32_t at_i = place.row + Tile::row(thread, i);
      const std::uint32_t at_j = place.column + Tile::column(thread, j);
      if (at_i >= weights.outputs || at_j >= weights.inputs) continue;
      const float phi = weights.matrix[static_cast<std::size_t>(at_i) * weights.inputs + at_j];
      const float term = eigenvalue_gradient_term(sums.sum[i][j], phi);
      row[i] += term;
      column[j] += term;
    }
  }
};

}  // namespace eigenstudent::cuda
