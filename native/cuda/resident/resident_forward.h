// One chunk of a batch through the layers of a resident student. A function ends with a barrier only where
// its comment says so.
#pragma once

#include "cuda/resident/resident_layers.h"

namespace eigenstudent::cuda {

/// y (and z where it is kept) of a layer from the sums at `from`. all_ranks: from the partial sums of all of them.
template <class ThreadGroup>
ES_GROUP_CODE void activate_outputs(const ResidentContext<ThreadGroup>& here, const ResidentLayer& layer,
                                    const Chunk& chunk, int from, bool all_ranks) {
  for_entries(here, layer, chunk, [&](int rank, int at) {
    const float z = sum_over_ranks(here.group, rank, from + at, all_ranks);
    if (layer.z >= 0) *here.floats(rank, layer.z + at) = z;
    *here.floats(rank, layer.y + at) = activate(layer.activation, z);
  });
}

/// Adds a tile's sums to z, begun from the bias by the first slice; the last applies the activation where `finishes`.
template <int M, int N, class ThreadGroup>
ES_GROUP_CODE void store_outputs(const ResidentContext<ThreadGroup>& here, const ResidentLayer& layer,
                                 const Chunk& chunk, int rank, int to, const TileWork& tile,
                                 const TileRegisters<M, N>& sums, int turn, bool finishes) {
  const int bias = layer.vectors[static_cast<int>(TensorRole::bias)];
  const int outputs = here.outputs(layer, rank), tiles_m = ceiling(outputs, M),
            tiles_n = ceiling(chunk.quads, N / 4);
  const bool with_bias = turn == 0 && bias >= 0 && (rank == 0 || !layer.inputs_split);
  ES_UNROLL
  for (int m = 0; m < M; ++m) {
    const int i = tile.m + m * tiles_m;
    if (i >= outputs) continue;
    const float start = with_bias ? here.floats(rank, bias)[i] : 0.0f;
    ES_UNROLL
    for (int q = 0; q < N / 4; ++q) {
      const int quad = tile.n + q * tiles_n;
      if (quad >= chunk.quads) continue;
      float* z = here.floats(rank, to + i * here.plan.ld + 4 * quad);
      Quad value = {{start, start, start, start}};
      if (turn > 0) value = load_quad(z);
      ES_UNROLL
      for (int e = 0; e < 4; ++e) {
        value.at[e] += sums.at[m][4 * q + e];
        if (finishes) value.at[e] = fused_answer(layer.activation, value.at[e]);
      }
      store_quad(z, value);
    }
  }
}

/// z = W x + bias of layer l, and y where the product can apply the activation. Leaves no barrier.
template <int M, int N, class ThreadGroup>
ES_GROUP_CODE void forward_tiles(const ResidentContext<ThreadGroup>& here, int l, const Chunk& chunk,
                                 int to) {
  const ResidentLayer& layer = here.plan.layers[l];
  const int slices = layer.forward.slices, x = here.x_of(l), tiles_n = ceiling(chunk.quads, N / 4);
  const bool fused = !layer.inputs_split && is_fused(layer.activation);
  const auto place = [&](int rank, int thread, int first, int slots) {
    return TileWork(thread, first, slots, slices, ceiling(here.outputs(layer, rank), M), tiles_n);
  };
  const auto multiply = [&](int rank, const TileWork& tile, TileRegisters<M, N>& sums) {
    const int outputs = here.outputs(layer, rank), inputs = here.inputs(layer, rank);
    multiply_forward(sums, here.floats(rank, layer.weights),
                     Offsets<M>(tile.m, ceiling(outputs, M), outputs - 1, layer.weights_ld),
                     here.floats(rank, x), Offsets<N / 4>(tile.n, tiles_n, chunk.quads - 1, 4), here.plan.ld,
                     TileWork::cut(inputs, tile.slice, slices),
                     TileWork::cut(inputs, tile.slice + 1, slices));
  };
  const auto store = [&](int rank, const TileWork& tile, const TileRegisters<M, N>& sums, int turn) {
    store_outputs(here, layer, chunk, rank, to, tile, sums, turn, fused && turn + 1 == slices);
  };
  deal_tiles<M, N>(here.group, slices, ceiling(layer.outputs_a_rank, M) * tiles_n, place, multiply, store);
}

template <class ThreadGroup>
ES_GROUP_CODE void forward_product(const ResidentContext<ThreadGroup>& here, int l, const Chunk& chunk,
                                   int to) {
  with_shape<forward_shapes>(here.plan.layers[l].forward.shape,
                             [&]<int M, int N>() { forward_tiles<M, N>(here, l, chunk, to); });
}

/// y of layer l, and z where the backward pass needs it. Ends with a barrier.
template <class ThreadGroup>
ES_GROUP_CODE void forward_layer(const ResidentContext<ThreadGroup>& here, int l, const Chunk& chunk,
                                 Exchange& exchange) {
  const ResidentLayer& layer = here.plan.layers[l];
  const int to = layer.inputs_split ? exchange.current(here.plan) : layer.y;
  forward_product(here, l, chunk, to);
  if (layer.inputs_split) {
    here.group.sync_cluster();
    activate_outputs(here, layer, chunk, to, true);
    exchange.turn();
  } else if (!is_fused(layer.activation)) {
    here.group.sync();
    activate_outputs(here, layer, chunk, to, false);
  }
  here.group.sync();
}

}  // namespace eigenstudent::cuda
