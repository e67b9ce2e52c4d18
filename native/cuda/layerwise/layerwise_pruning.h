// The pruning curve: a removed node outputs 0, so z of the layer above is its bias plus the contributions of
// the kept nodes. Starting from none kept, each node adds one rank-one term to z, and the layers from there
// on are run again. A thread does this for one sample, independently of other threads; only the losses are
// added up over a group of samples.
#pragma once

#include "core/activations.h"
#include "cuda/layerwise/layerwise_product.h"
#include "losses/cross_entropy.h"
#include "losses/mse.h"

namespace eigenstudent::cuda {

/// Samples of a group: few, because a set of 10 000 should reach every multiprocessor.
inline constexpr int pruning_threads = 32;
/// Nodes between two barriers.
inline constexpr int pruning_nodes = 32;

/// Entry by entry.
struct FormWeightsKernel {
  static constexpr int most_threads = 256;
  FormWeights p;

  template <class ThreadGroup>
  ES_GROUP_CODE void operator()(ThreadGroup& group) const {
    const std::size_t count = static_cast<std::size_t>(p.weights.inputs) * p.weights.outputs;
    group.each([&](int, int thread) {
      const std::size_t at = static_cast<std::size_t>(group.index()) * most_threads + thread;
      if (at >= count) return;
      const std::uint32_t width = p.transposed ? p.weights.outputs : p.weights.inputs;
      const std::uint32_t row = static_cast<std::uint32_t>(at / width);
      const std::uint32_t column = static_cast<std::uint32_t>(at % width);
      const std::uint32_t i = p.transposed ? column : row, j = p.transposed ? row : column;
      p.formed[at] = weight_at(p.weights, i, p.order ? p.order[j] : j);
    });
  }
};

struct PruningKernel {
  static constexpr int most_threads = pruning_threads;
  static constexpr bool fills_shared_memory = true;
  PruningLosses p;

  /// The losses of some nodes, and then, where there is room, the columns.
  struct Shared {
    double share[pruning_nodes][pruning_threads];
  };

  template <class ThreadGroup>
  ES_GROUP_CODE void operator()(ThreadGroup& group) const {
    group.each([&](int rank, int thread) {
      float* z = column_of(group, rank, thread);
      for (std::uint32_t i = 0; i < p.outputs; ++i) z[i] = p.bias ? p.bias[i] : 0.0f;
    });
    for (std::uint32_t first = 0; first <= p.nodes; first += pruning_nodes) {
      const std::uint32_t left = p.nodes + 1 - first;
      const int count = left < pruning_nodes ? static_cast<int>(left) : pruning_nodes;
      group.each([&](int rank, int thread) {
        Shared& shared = *group.template shared<Shared>(rank);
        float* z = column_of(group, rank, thread);
        for (int n = 0; n < count; ++n)
          shared.share[n][thread] = loss_with(first + n, row_of(group, thread), z);
      });
      group.sync();
      group.each([&](int rank, int thread) {
        const Shared& shared = *group.template shared<Shared>(rank);
        for (int n = thread; n < count; n += pruning_threads) {
          double sum = 0;
          for (int t = 0; t < pruning_threads; ++t) sum += shared.share[n][t];
          p.shares[static_cast<std::size_t>(group.index()) * (p.nodes + 1) + first + n] = sum;
        }
      });
      group.sync();
    }
  }

 private:
  template <class ThreadGroup>
  ES_GROUP_CODE static std::uint32_t row_of(const ThreadGroup& group, int thread) {
    return group.index() * pruning_threads + thread;
  }

  /// z of the layer above, then the outputs of it and of all layers behind it.
  template <class ThreadGroup>
  ES_GROUP_CODE float* column_of(const ThreadGroup& group, int rank, int thread) const {
    if (p.scratch)
      return p.scratch + (static_cast<std::size_t>(group.index()) * pruning_threads + thread) * p.stride;
    return reinterpret_cast<float*>(group.template shared<Shared>(rank) + 1) +
           static_cast<std::size_t>(thread) * p.stride;
  }

  /// The sample's share of the loss after the `kept`-th node is added to z; with none, z is the bias alone.
  ES_GROUP_CODE double loss_with(std::uint32_t kept, std::uint32_t row, float* z) const {
    if (row >= p.rows) return 0;
    if (kept > 0) {
      const float prediction = p.layer_outputs[static_cast<std::size_t>(kept - 1) * p.rows + row];
      const float* column = p.columns + static_cast<std::size_t>(kept - 1) * p.outputs;
      for (std::uint32_t i = 0; i < p.outputs; ++i) z[i] += column[i] * prediction;
    }
    float* y = z + p.outputs;
    for (std::uint32_t i = 0; i < p.outputs; ++i) y[i] = activate(p.activation, z[i]);
    std::uint32_t outputs = p.outputs;
    for (std::uint32_t l = 0; l < p.tail_count; ++l) {
      const TailLayer& layer = p.tail[l];
      for (std::uint32_t o = 0; o < layer.outputs; ++o) y[layer.inputs + o] = answer_of(layer, o, y);
      y += layer.inputs;
      outputs = layer.outputs;
    }
    const std::size_t sample = static_cast<std::size_t>(p.first) + row;
    if (p.loss == LossKind::mse)
      return mse_sample<float>(y, p.targets + sample * outputs, outputs, p.mean_over, nullptr);
    return cross_entropy_sample<float>(y, p.classes[sample], outputs, p.mean_over, nullptr);
  }

  ES_GROUP_CODE static float answer_of(const TailLayer& layer, std::uint32_t o, const float* x) {
    const float* weights = layer.weights + static_cast<std::size_t>(o) * layer.inputs;
    float z = 0;
    for (std::uint32_t i = 0; i < layer.inputs; ++i) z += weights[i] * x[i];
    return activate(layer.activation, layer.bias ? z + layer.bias[o] : z);
  }
};

/// One number of kept nodes per thread.
struct SumSharesKernel {
  static constexpr int most_threads = 256;
  SumShares p;

  template <class ThreadGroup>
  ES_GROUP_CODE void operator()(ThreadGroup& group) const {
    group.each([&](int, int thread) {
      const std::size_t at = static_cast<std::size_t>(group.index()) * most_threads + thread;
      if (at >= p.count) return;
      double sum = p.sums[at];
      for (std::uint32_t g = 0; g < p.groups; ++g)
        sum += p.shares[static_cast<std::size_t>(g) * p.count + at];
      p.sums[at] = sum;
    });
  }
};

}  // namespace eigenstudent::cuda
