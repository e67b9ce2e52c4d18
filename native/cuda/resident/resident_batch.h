// The beginning and the end of a resident student's pass over a chunk: gathering its samples, and its loss.
#pragma once

#include <cmath>

#include "cuda/resident/resident_schedule.h"
#include "losses/cross_entropy.h"
#include "losses/mse.h"

namespace eigenstudent::cuda {

/// x, targets and classes of the chunk that starts at order[0]. Samples past the last are copies of it. Ends
/// without a barrier.
template <class ThreadGroup>
ES_GROUP_CODE void gather(const ResidentContext<ThreadGroup>& here, const ResidentJob& job,
                          const std::uint32_t* order, const Chunk& chunk) {
  const ResidentPlan& plan = here.plan;
  const int inputs = plan.layers[0].inputs, outputs = plan.layers[plan.layer_count - 1].outputs;
  here.group.each([&](int rank, int thread) {
    const int samples = 4 * chunk.quads, threads = here.group.threads();
    // Threads side by side take neighbouring samples; what is left over shares their features.
    const int helpers = samples < threads ? threads / samples : 1;
    for (int item = thread; item < samples * helpers; item += threads) {
      const int b = item % samples, helper = item / samples;
      const std::size_t sample = order[least(b, chunk.rows - 1)];
      const float* from = job.inputs + sample * static_cast<std::size_t>(inputs);
      for (int j = helper; j < inputs; j += helpers) *here.floats(rank, plan.x + j * plan.ld + b) = from[j];
      if (helper > 0) continue;
      float* to = here.floats(rank, plan.targets + b);
      if (job.classes) std::memcpy(to, &job.classes[sample], sizeof *to);
      for (int i = 0; job.targets && i < outputs; ++i)
        to[i * plan.ld] =
            job.targets[sample * static_cast<std::size_t>(outputs) + static_cast<std::size_t>(i)];
    }
  });
}

/// Share of sample b in the loss of a batch of `batch`, and its dL/dz.
template <class ThreadGroup>
ES_GROUP_CODE double sample_loss(const ResidentContext<ThreadGroup>& here, int rank, int b,
                                 std::uint32_t batch) {
  const ResidentPlan& plan = here.plan;
  const ResidentLayer& last = plan.layers[plan.layer_count - 1];
  const std::size_t outputs = static_cast<std::size_t>(last.outputs), ld = static_cast<std::size_t>(plan.ld);
  const float* y = here.floats(rank, last.y + b);
  const float* target = here.floats(rank, plan.targets + b);
  float* delta = here.floats(rank, plan.delta + b);
  double share;
  if (plan.loss == LossKind::mse) {
    share = mse_sample(y, target, outputs, batch, delta, ld);
  } else {
    std::uint32_t label;
    std::memcpy(&label, target, sizeof label);
    share = cross_entropy_sample(y, label, outputs, batch, delta, ld);
  }
  ES_NO_UNROLL
  for (int i = 0; i < last.outputs; ++i) {
    const int at = i * plan.ld;
    delta[at] *= activation_derivative(last.activation,
                                       last.z >= 0 ? *here.floats(rank, last.z + b + at) : y[at], y[at]);
  }
  return share;
}

template <class ThreadGroup>
ES_GROUP_CODE double* shares_of(const ResidentContext<ThreadGroup>& here, int rank) {
  return reinterpret_cast<double*>(here.floats(rank, here.plan.shares));
}

/// Writes dL/dz, and adds the losses of each thread's samples to its share. Ends without a barrier.
template <class ThreadGroup>
ES_GROUP_CODE void chunk_loss(const ResidentContext<ThreadGroup>& here, const Chunk& chunk,
                              std::uint32_t batch, bool first_chunk) {
  const ResidentPlan& plan = here.plan;
  here.group.each([&](int rank, int thread) {
    double share = first_chunk ? 0 : shares_of(here, rank)[thread];
    for (int b = thread; b < 4 * chunk.quads; b += here.group.threads()) {
      if (b < chunk.rows) {
        share += sample_loss(here, rank, b, batch);
        continue;
      }
      for (int i = 0; i < plan.layers[plan.layer_count - 1].outputs; ++i)
        *here.floats(rank, plan.delta + i * plan.ld + b) = 0;
    }
    shares_of(here, rank)[thread] = share;
  });
}

/// Add up the threads' shares in a fixed order; the loss is in the table after both calls, each with a barrier behind it.
inline constexpr int share_adders = 32;
template <class ThreadGroup>
ES_GROUP_CODE void add_shares(const ResidentContext<ThreadGroup>& here) {
  here.group.each([&](int rank, int thread) {
    double* shares = shares_of(here, rank);
    if (thread >= share_adders) return;
    double sum = 0;
    for (int i = thread; i < here.group.threads(); i += share_adders) sum += shares[i];
    shares[here.group.threads() + thread] = sum;
  });
}
template <class ThreadGroup>
ES_GROUP_CODE void add_loss(const ResidentContext<ThreadGroup>& here) {
  here.group.each([&](int rank, int thread) {
    if (thread != 0) return;
    const double* sums =
        reinterpret_cast<double*>(here.floats(rank, here.plan.shares)) + here.group.threads();
    double sum = 0;
    for (int i = 0; i < share_adders; ++i) sum += sums[i];
    table_of(here, rank)->batch_loss = sum;
  });
}

}  // namespace eigenstudent::cuda
