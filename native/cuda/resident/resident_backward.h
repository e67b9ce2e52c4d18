// One chunk of a batch back through the layers of a resident student: gradients of weights, and deltas in the place of
// outputs. A function ends with a barrier only where its comment says so.
#pragma once

#include "cuda/resident/resident_layers.h"

namespace eigenstudent::cuda {

/// G = delta x^T of layer l, added to that of earlier chunks. Ends without a barrier.
template <int M, int N, class ThreadGroup>
ES_GROUP_CODE void weight_gradient_tiles(const ResidentContext<ThreadGroup>& here, int l, const Chunk& chunk,
                                         bool first_chunk) {
  const ResidentLayer& layer = here.plan.layers[l];
  const int slices = layer.weight_gradient.slices, ld = here.plan.ld;
  const int x = here.x_of(l), delta = here.delta_of(l);
  const auto place = [&](int rank, int thread, int first, int slots) {
    return TileWork(thread, first, slots, slices, ceiling(here.outputs(layer, rank), M),
                    ceiling(here.inputs(layer, rank), N));
  };
  const auto multiply = [&](int rank, const TileWork& tile, TileRegisters<M, N>& sums) {
    const int outputs = here.outputs(layer, rank), inputs = here.inputs(layer, rank);
    multiply_weight_gradient(sums, here.floats(rank, delta),
                             Offsets<M>(tile.m, ceiling(outputs, M), outputs - 1, ld), here.floats(rank, x),
                             Offsets<N>(tile.n, ceiling(inputs, N), inputs - 1, ld),
                             TileWork::cut(4 * chunk.quads, tile.slice, slices),
                             TileWork::cut(4 * chunk.quads, tile.slice + 1, slices));
  };
  const auto store = [&](int rank, const TileWork& tile, const TileRegisters<M, N>& sums, int turn) {
    const int outputs = here.outputs(layer, rank), inputs = here.inputs(layer, rank);
    const int tiles_m = ceiling(outputs, M), tiles_n = ceiling(inputs, N);
    ES_UNROLL
    for (int m = 0; m < M; ++m) {
      ES_UNROLL
      for (int n = 0; n < N; ++n) {
        const int i = tile.m + m * tiles_m, j = tile.n + n * tiles_n;
        if (i >= outputs || j >= inputs) continue;
        float* G = here.floats(rank, layer.gradient + i * layer.weights_ld + j);
        *G = first_chunk && turn == 0 ? sums.at[m][n] : *G + sums.at[m][n];
      }
    }
  };
  deal_tiles<M, N>(here.group, slices, ceiling(layer.outputs_a_rank, M) * ceiling(layer.inputs_a_rank, N),
                   place, multiply, store);
}

template <class ThreadGroup>
ES_GROUP_CODE void weight_gradient(const ResidentContext<ThreadGroup>& here, int l, const Chunk& chunk,
                                   bool first_chunk) {
  with_shape<weight_gradient_shapes>(here.plan.layers[l].weight_gradient.shape, [&]<int M, int N>() {
    weight_gradient_tiles<M, N>(here, l, chunk, first_chunk);
  });
}

/// Where the activation is not fused: f' takes the place of y.
template <class ThreadGroup>
ES_GROUP_CODE void derive(const ResidentContext<ThreadGroup>& here, const ResidentLayer& layer,
                          const Chunk& chunk) {
  for_entries(here, layer, chunk, [&](int rank, int at) {
    float* y = here.floats(rank, layer.y + at);
    const float z = layer.z >= 0 ? *here.floats(rank, layer.z + at) : *y;
    *y = activation_derivative(layer.activation, z, *y);
  });
}

/// delta of the layer below l from the partial sums of all ranks.
template <class ThreadGroup>
ES_GROUP_CODE void collect_delta(const ResidentContext<ThreadGroup>& here, const ResidentLayer& below,
                                 const Chunk& chunk, int from) {
  for_entries(here, below, chunk, [&](int rank, int at) {
    float* y = here.floats(rank, below.y + at);
    *y = sum_over_ranks(here.group, rank, from + at, true) * fused_derivative(below.activation, *y);
  });
}

/// Adds a tile's sums to the unfinished ones; where `finishes`, times f' they take the place of y below.
template <int M, int N, class ThreadGroup>
ES_GROUP_CODE void store_deltas(const ResidentContext<ThreadGroup>& here, int l, const Chunk& chunk, int rank,
                                int partials, const TileWork& tile, const TileRegisters<M, N>& sums, int turn,
                                bool finishes) {
  const ResidentLayer& below = here.plan.layers[l - 1];
  const int inputs = here.inputs(here.plan.layers[l], rank);
  const int tiles_m = ceiling(inputs, M), tiles_n = ceiling(chunk.quads, N / 4);
  ES_UNROLL
  for (int m = 0; m < M; ++m) {
    const int j = 4 * (tile.m + m / 4 * tiles_m) + m % 4;
    if (j >= inputs) continue;
    ES_UNROLL
    for (int q = 0; q < N / 4; ++q) {
      const int quad = tile.n + q * tiles_n;
      if (quad >= chunk.quads) continue;
      const int at = j * here.plan.ld + 4 * quad;
      Quad value = {};
      if (turn > 0) value = load_quad(here.floats(rank, partials + at));
      ES_UNROLL
      for (int e = 0; e < 4; ++e) value.at[e] += sums.at[m][4 * q + e];
      if (finishes) {
        const Quad y = load_quad(here.floats(rank, below.y + at));
        ES_UNROLL
        for (int e = 0; e < 4; ++e) value.at[e] *= fused_derivative(below.activation, y.at[e]);
      }
      store_quad(here.floats(rank, (finishes ? below.y : partials) + at), value);
    }
  }
}

/// W^T delta of layer l; times f' it takes the place of y below, or is written to `partials` as an unfinished
/// sum where the nodes of l are split. Leaves no barrier.
template <int M, int N, class ThreadGroup>
ES_GROUP_CODE void input_gradient_tiles(const ResidentContext<ThreadGroup>& here, int l, const Chunk& chunk,
                                        int partials) {
  const ResidentLayer& layer = here.plan.layers[l];
  const int slices = layer.input_gradient.slices, delta = here.delta_of(l),
            tiles_n = ceiling(chunk.quads, N / 4);
  const auto place = [&](int rank, int thread, int first, int slots) {
    return TileWork(thread, first, slots, slices, ceiling(here.inputs(layer, rank), M), tiles_n);
  };
  const auto multiply = [&](int rank, const TileWork& tile, TileRegisters<M, N>& sums) {
    const int outputs = here.outputs(layer, rank), inputs = here.inputs(layer, rank);
    multiply_input_gradient(
        sums, here.floats(rank, layer.weights),
        Offsets<M / 4>(tile.m, ceiling(inputs, M), ceiling(inputs, 4) - 1, 4), layer.weights_ld,
        here.floats(rank, delta), Offsets<N / 4>(tile.n, tiles_n, chunk.quads - 1, 4), here.plan.ld,
        TileWork::cut(outputs, tile.slice, slices), TileWork::cut(outputs, tile.slice + 1, slices));
  };
  const auto store = [&](int rank, const TileWork& tile, const TileRegisters<M, N>& sums, int turn) {
    store_deltas(here, l, chunk, rank, partials, tile, sums, turn,
                 !layer.outputs_split && turn + 1 == slices);
  };
  deal_tiles<M, N>(here.group, slices, ceiling(layer.inputs_a_rank, M) * tiles_n, place, multiply, store);
}

template <class ThreadGroup>
ES_GROUP_CODE void input_gradient_product(const ResidentContext<ThreadGroup>& here, int l, const Chunk& chunk,
                                          int partials) {
  with_shape<input_gradient_shapes>(here.plan.layers[l].input_gradient.shape, [&]<int M, int N>() {
    input_gradient_tiles<M, N>(here, l, chunk, partials);
  });
}

/// delta of the layer below l, in the place of its y. Needs a barrier before, ends with one.
template <class ThreadGroup>
ES_GROUP_CODE void input_gradient(const ResidentContext<ThreadGroup>& here, int l, const Chunk& chunk,
                                  Exchange& exchange) {
  const ResidentLayer& layer = here.plan.layers[l];
  const ResidentLayer& below = here.plan.layers[l - 1];
  if (!is_fused(below.activation)) {
    derive(here, below, chunk);
    here.group.sync();
  }
  input_gradient_product(here, l, chunk, exchange.current(here.plan));
  if (layer.outputs_split) {
    here.group.sync_cluster();
    collect_delta(here, below, chunk, exchange.current(here.plan));
    exchange.turn();
  }
  here.group.sync();
}

}  // namespace eigenstudent::cuda
