// Common code of the stages of a resident student's step: places of its arrays, the current chunk of the
// batch, and activations.
#pragma once

#include "core/activations.h"
#include "cuda/resident/resident_tiles.h"

namespace eigenstudent::cuda {

/// The places of a student's arrays while a kernel runs.
template <class ThreadGroup>
struct ResidentContext {
  ThreadGroup& group;
  const ResidentPlan& plan;

  ES_GROUP_CODE float* floats(int rank, int position) const {
    return group.template shared<float>(rank) + position;
  }
  ES_GROUP_CODE static int nodes(int all, int a_rank, bool split, int rank) {
    if (!split) return all;
    const int left = all - rank * a_rank;
    return left < 0 ? 0 : least(left, a_rank);
  }
  /// Nodes of a layer that a rank works on, on either side.
  ES_GROUP_CODE static int inputs(const ResidentLayer& layer, int rank) {
    return nodes(layer.inputs, layer.inputs_a_rank, layer.inputs_split, rank);
  }
  ES_GROUP_CODE static int outputs(const ResidentLayer& layer, int rank) {
    return nodes(layer.outputs, layer.outputs_a_rank, layer.outputs_split, rank);
  }
  ES_GROUP_CODE int x_of(int l) const { return l == 0 ? plan.x : plan.layers[l - 1].y; }
  ES_GROUP_CODE int delta_of(int l) const {
    return l + 1 == plan.layer_count ? plan.delta : plan.layers[l].y;
  }
};

/// The chunk that passes the layers at a time: `rows` samples in `quads` quads. Those past the last are
/// copies of it, whose deltas are 0. partials: where unfinished sums go next (see Exchange).
struct Chunk {
  int rows, quads;
};

/// The buffers of unfinished sums. Where ranks exchange them there are two, used in turn: a rank that fills one for exchange
/// n + 1 has passed the barrier of exchange n, hence everyone has read exchange n - 1.
struct Exchange {
  int next = 0;
  ES_GROUP_CODE int current(const ResidentPlan& plan) const {
    return plan.partials + next * plan.partials_size;
  }
  ES_GROUP_CODE void turn() { next = 1 - next; }
};

/// Activations that products apply in their registers; the others have a separate pass, because their code is long.
ES_GROUP_CODE bool is_fused(Activation activation) {
  return activation == Activation::relu || activation == Activation::linear;
}
ES_GROUP_CODE float fused_answer(Activation activation, float z) {
  return activation == Activation::relu ? activate(Activation::relu, z) : z;
}
/// f' of a fused activation from y; of the others y is f' already (see derive).
ES_GROUP_CODE float fused_derivative(Activation activation, float y) {
  if (activation == Activation::relu) return activation_derivative(Activation::relu, y, y);
  return activation == Activation::linear ? 1.0f : y;
}

/// The sum of an entry over all ranks, in their order; or the rank's own.
template <class ThreadGroup>
ES_GROUP_CODE float sum_over_ranks(const ThreadGroup& group, int rank, int position, bool all) {
  if (!all) return group.template shared<float>(rank)[position];
  float sum = 0;
  for (int r = 0; r < group.ranks(); ++r) sum += group.template remote<float>(r)[position];
  return sum;
}

/// Calls body(rank, offset) for every entry of [outputs of the layer][samples], offset counted from the array's start.
template <class ThreadGroup, class Body>
ES_GROUP_CODE void for_entries(const ResidentContext<ThreadGroup>& here, const ResidentLayer& layer,
                               const Chunk& chunk, const Body& body) {
  here.group.each([&](int rank, int thread) {
    const int samples = 4 * chunk.quads, count = here.outputs(layer, rank) * samples;
    for (int item = thread; item < count; item += here.group.threads())
      body(rank, item / samples * here.plan.ld + item % samples);
  });
}

}  // namespace eigenstudent::cuda
