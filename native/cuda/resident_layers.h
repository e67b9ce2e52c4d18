// One chunk of a batch through the layers of a resident student, and back. Each function is one layer's work; those that
// say so leave no barrier behind.
#pragma once

#include "core/activations.h"
#include "cuda/resident_tiles.h"

namespace eigenstudent::cuda {

/// Where a student lives while a kernel runs.
template <class Team>
struct Residence {
  Team& team;
  const ResidentPlan& plan;

  ES_TEAM_CODE float* floats(int rank, int position) const {
    return team.template shared<float>(rank) + position;
  }
  ES_TEAM_CODE static int nodes(int all, int a_rank, bool split, int rank) {
    if (!split) return all;
    const int left = all - rank * a_rank;
    return left < 0 ? 0 : least(left, a_rank);
  }
  /// Nodes of a layer that a rank works on, on either side.
  ES_TEAM_CODE static int inputs(const ResidentLayer& layer, int rank) {
    return nodes(layer.inputs, layer.inputs_a_rank, layer.inputs_split, rank);
  }
  ES_TEAM_CODE static int outputs(const ResidentLayer& layer, int rank) {
    return nodes(layer.outputs, layer.outputs_a_rank, layer.outputs_split, rank);
  }
  ES_TEAM_CODE int x_of(int l) const { return l == 0 ? plan.x : plan.layers[l - 1].y; }
  ES_TEAM_CODE int delta_of(int l) const { return l + 1 == plan.layer_count ? plan.delta : plan.layers[l].y; }
};

/// What passes the layers at a time: `rows` samples in `quads` quads. Those past the last are copies of it, whose deltas
/// are 0. partials: where unfinished sums go next (see Exchange).
struct Chunk {
  int rows, quads;
};

/// The buffers of unfinished sums. Where ranks exchange them there are two, used in turn: a rank that fills one for exchange
/// n + 1 has passed the barrier of exchange n, hence everyone has read exchange n - 1.
struct Exchange {
  int position, size, next;
  ES_TEAM_CODE int current() const { return position + next * size; }
  ES_TEAM_CODE void turn() { next = 1 - next; }
};

/// Activations that products apply in their registers; the others get a pass of their own, because their code is long.
ES_TEAM_CODE bool is_fused(Activation activation) {
  return activation == Activation::relu || activation == Activation::linear;
}
ES_TEAM_CODE float fused_answer(Activation activation, float z) {
  return activation == Activation::relu ? activate(Activation::relu, z) : z;
}
/// f' of a fused activation from y; of the others y is f' already (see derive).
ES_TEAM_CODE float fused_derivative(Activation activation, float y) {
  if (activation == Activation::relu) return activation_derivative(Activation::relu, y, y);
  return activation == Activation::linear ? 1.0f : y;
}

/// The sum of an entry over all ranks, in their order; or the rank's own.
template <class Team>
ES_TEAM_CODE float sum_over_ranks(const Team& team, int rank, int position, bool all) {
  if (!all) return team.template shared<float>(rank)[position];
  float sum = 0;
  for (int r = 0; r < team.ranks(); ++r) sum += team.template remote<float>(r)[position];
  return sum;
}

/// Calls body(rank, offset) for every entry of [outputs of the layer][samples], offset counted from the array's start.
template <class Team, class Body>
ES_TEAM_CODE void for_entries(const Residence<Team>& here, const ResidentLayer& layer, const Chunk& chunk,
                              const Body& body) {
  here.team.each([&](int rank, int thread) {
    const int samples = 4 * chunk.quads, count = here.outputs(layer, rank) * samples;
    for (int item = thread; item < count; item += here.team.threads())
      body(rank, item / samples * here.plan.ld + item % samples);
  });
}

/// y (and z where it is kept) of a layer from the sums at `from`. all_ranks: from the partial sums of all of them.
template <class Team>
ES_TEAM_CODE void answer(const Residence<Team>& here, const ResidentLayer& layer, const Chunk& chunk,
                         int from, bool all_ranks) {
  for_entries(here, layer, chunk, [&](int rank, int at) {
    const float z = sum_over_ranks(here.team, rank, from + at, all_ranks);
    if (layer.z >= 0) *here.floats(rank, layer.z + at) = z;
    *here.floats(rank, layer.y + at) = activate(layer.activation, z);
  });
}

/// z = W x + bias of layer l, and y where the product can apply the activation. Leaves no barrier.
template <int M, int N, class Team>
ES_TEAM_CODE void forward_tiles(const Residence<Team>& here, int l, const Chunk& chunk, int to) {
  const ResidentLayer& layer = here.plan.layers[l];
  const int slices = layer.forward.slices, ld = here.plan.ld;
  const int x = here.x_of(l), bias = layer.vectors[static_cast<int>(TensorRole::bias)];
  const bool finishes = !layer.inputs_split && is_fused(layer.activation);
  const int tiles_n = ceiling(chunk.quads, N / 4);
  const auto place = [&](int rank, int thread, int first, int slots) {
    return TilePlace(thread, first, slots, slices, ceiling(here.outputs(layer, rank), M), tiles_n);
  };
  const auto multiply = [&](int rank, const TilePlace& tile, TileSums<M, N>& sums) {
    const int outputs = here.outputs(layer, rank), inputs = here.inputs(layer, rank);
    multiply_forward(sums, here.floats(rank, layer.weights),
                     Offsets<M>(tile.m, ceiling(outputs, M), outputs - 1, layer.weights_ld),
                     here.floats(rank, x), Offsets<N / 4>(tile.n, tiles_n, chunk.quads - 1, 4), ld,
                     TilePlace::cut(inputs, tile.slice, slices),
                     TilePlace::cut(inputs, tile.slice + 1, slices));
  };
  const auto store = [&](int rank, const TilePlace& tile, const TileSums<M, N>& sums, int turn) {
    const int outputs = here.outputs(layer, rank), tiles_m = ceiling(outputs, M);
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
        float* z = here.floats(rank, to + i * ld + 4 * quad);
        Quad value = {{start, start, start, start}};
        if (turn > 0) value = load_quad(z);
        ES_UNROLL
        for (int e = 0; e < 4; ++e) {
          value.at[e] += sums.at[m][4 * q + e];
          if (finishes && turn + 1 == slices) value.at[e] = fused_answer(layer.activation, value.at[e]);
        }
        store_quad(z, value);
      }
    }
  };
  deal_tiles<M, N>(here.team, slices, ceiling(layer.outputs_a_rank, M) * tiles_n, place, multiply, store);
}
template <class Team>
ES_TEAM_CODE void forward_product(const Residence<Team>& here, int l, const Chunk& chunk, int to) {
  with_shape<forward_shapes>(here.plan.layers[l].forward.shape,
                             [&]<int M, int N>() { forward_tiles<M, N>(here, l, chunk, to); });
}

/// y of layer l, and z where the way back needs it. Ends with a barrier.
template <class Team>
ES_TEAM_CODE void forward_layer(const Residence<Team>& here, int l, const Chunk& chunk, Exchange& exchange) {
  const ResidentLayer& layer = here.plan.layers[l];
  const int to = layer.inputs_split ? exchange.current() : layer.y;
  forward_product(here, l, chunk, to);
  if (layer.inputs_split) {
    here.team.sync_cluster();
    answer(here, layer, chunk, to, true);
    exchange.turn();
  } else if (!is_fused(layer.activation)) {
    here.team.sync();
    answer(here, layer, chunk, to, false);
  }
  here.team.sync();
}

/// G = delta x^T of layer l, added to what earlier chunks left. Leaves no barrier.
template <int M, int N, class Team>
ES_TEAM_CODE void weight_gradient_tiles(const Residence<Team>& here, int l, const Chunk& chunk,
                                        bool first_chunk) {
  const ResidentLayer& layer = here.plan.layers[l];
  const int slices = layer.weight_gradient.slices, ld = here.plan.ld;
  const int x = here.x_of(l), delta = here.delta_of(l);
  const auto place = [&](int rank, int thread, int first, int slots) {
    return TilePlace(thread, first, slots, slices, ceiling(here.outputs(layer, rank), M),
                     ceiling(here.inputs(layer, rank), N));
  };
  const auto multiply = [&](int rank, const TilePlace& tile, TileSums<M, N>& sums) {
    const int outputs = here.outputs(layer, rank), inputs = here.inputs(layer, rank);
    multiply_weight_gradient(sums, here.floats(rank, delta),
                             Offsets<M>(tile.m, ceiling(outputs, M), outputs - 1, ld), here.floats(rank, x),
                             Offsets<N>(tile.n, ceiling(inputs, N), inputs - 1, ld),
                             TilePlace::cut(4 * chunk.quads, tile.slice, slices),
                             TilePlace::cut(4 * chunk.quads, tile.slice + 1, slices));
  };
  const auto store = [&](int rank, const TilePlace& tile, const TileSums<M, N>& sums, int turn) {
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
  deal_tiles<M, N>(here.team, slices, ceiling(layer.outputs_a_rank, M) * ceiling(layer.inputs_a_rank, N),
                   place, multiply, store);
}
template <class Team>
ES_TEAM_CODE void weight_gradient(const Residence<Team>& here, int l, const Chunk& chunk, bool first_chunk) {
  with_shape<weight_gradient_shapes>(here.plan.layers[l].weight_gradient.shape, [&]<int M, int N>() {
    weight_gradient_tiles<M, N>(here, l, chunk, first_chunk);
  });
}

/// Where the activation is not fused: f' takes the place of y.
template <class Team>
ES_TEAM_CODE void derive(const Residence<Team>& here, const ResidentLayer& layer, const Chunk& chunk) {
  for_entries(here, layer, chunk, [&](int rank, int at) {
    float* y = here.floats(rank, layer.y + at);
    const float z = layer.z >= 0 ? *here.floats(rank, layer.z + at) : *y;
    *y = activation_derivative(layer.activation, z, *y);
  });
}

/// delta of the layer below l from the partial sums of all ranks.
template <class Team>
ES_TEAM_CODE void collect_delta(const Residence<Team>& here, const ResidentLayer& below, const Chunk& chunk,
                                int from) {
  for_entries(here, below, chunk, [&](int rank, int at) {
    float* y = here.floats(rank, below.y + at);
    *y = sum_over_ranks(here.team, rank, from + at, true) * fused_derivative(below.activation, *y);
  });
}

/// W^T delta of layer l; times f' it takes the place of y below, or goes to `partials` unfinished where the nodes of l are
/// split. Leaves no barrier.
template <int M, int N, class Team>
ES_TEAM_CODE void input_gradient_tiles(const Residence<Team>& here, int l, const Chunk& chunk, int partials) {
  const ResidentLayer& layer = here.plan.layers[l];
  const ResidentLayer& below = here.plan.layers[l - 1];
  const int slices = layer.input_gradient.slices, ld = here.plan.ld, delta = here.delta_of(l);
  const int tiles_n = ceiling(chunk.quads, N / 4);
  const auto place = [&](int rank, int thread, int first, int slots) {
    return TilePlace(thread, first, slots, slices, ceiling(here.inputs(layer, rank), M), tiles_n);
  };
  const auto multiply = [&](int rank, const TilePlace& tile, TileSums<M, N>& sums) {
    const int outputs = here.outputs(layer, rank), inputs = here.inputs(layer, rank);
    multiply_input_gradient(
        sums, here.floats(rank, layer.weights),
        Offsets<M / 4>(tile.m, ceiling(inputs, M), ceiling(inputs, 4) - 1, 4), layer.weights_ld,
        here.floats(rank, delta), Offsets<N / 4>(tile.n, tiles_n, chunk.quads - 1, 4), ld,
        TilePlace::cut(outputs, tile.slice, slices), TilePlace::cut(outputs, tile.slice + 1, slices));
  };
  const auto store = [&](int rank, const TilePlace& tile, const TileSums<M, N>& sums, int turn) {
    const int inputs = here.inputs(layer, rank), tiles_m = ceiling(inputs, M);
    const bool finishes = !layer.outputs_split && turn + 1 == slices;
    ES_UNROLL
    for (int m = 0; m < M; ++m) {
      const int j = 4 * (tile.m + m / 4 * tiles_m) + m % 4;
      if (j >= inputs) continue;
      ES_UNROLL
      for (int q = 0; q < N / 4; ++q) {
        const int quad = tile.n + q * tiles_n;
        if (quad >= chunk.quads) continue;
        const int at = j * ld + 4 * quad;
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
  };
  deal_tiles<M, N>(here.team, slices, ceiling(layer.inputs_a_rank, M) * tiles_n, place, multiply, store);
}
template <class Team>
ES_TEAM_CODE void input_gradient_product(const Residence<Team>& here, int l, const Chunk& chunk,
                                         int partials) {
  with_shape<input_gradient_shapes>(here.plan.layers[l].input_gradient.shape, [&]<int M, int N>() {
    input_gradient_tiles<M, N>(here, l, chunk, partials);
  });
}

/// delta of the layer below l, in the place of its y. Needs a barrier before, ends with one.
template <class Team>
ES_TEAM_CODE void input_gradient(const Residence<Team>& here, int l, const Chunk& chunk, Exchange& exchange) {
  const ResidentLayer& layer = here.plan.layers[l];
  const ResidentLayer& below = here.plan.layers[l - 1];
  if (!is_fused(below.activation)) {
    derive(here, below, chunk);
    here.team.sync();
  }
  input_gradient_product(here, l, chunk, exchange.current());
  if (layer.outputs_split) {
    here.team.sync_cluster();
    collect_delta(here, below, chunk, exchange.current());
    exchange.turn();
  }
  here.team.sync();
}

}  // namespace eigenstudent::cuda
