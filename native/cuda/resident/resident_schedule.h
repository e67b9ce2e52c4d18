// The numbers that a resident student's optimiser uses at each step. Powers of beta take long, so the threads
// of a block make them for a table of steps at a time, side by side. They are functions of the step and of
// the update counts alone: they do not depend on where a launch begins or ends.
#pragma once

#include "core/optimizer.h"
#include "core/schedule.h"
#include "cuda/resident/resident_job.h"
#include "cuda/resident/resident_layers.h"

namespace eigenstudent::cuda {

/// Arbitrary: filling the table costs about as much for one step as for 16.
inline constexpr int table_steps = 16;

/// In shared memory, and behind it float[table_steps][trainable][2]: correction1 and correction2 of every tensor.
struct StepTable {
  OptimizerStep<float> constants;  // the same for all steps
  float learning_rate[table_steps];
  float decay[table_steps];
  std::uint32_t moves[table_steps];  // bit p: the tensor in place p of the trainable ones is updated
  double batch_loss;                 // of the last batch
  double applied_loss;               // of the last step applied
  float corrections[1];

  static constexpr int bytes(int trainable) {
    return static_cast<int>(sizeof(StepTable)) +
           table_steps * trainable * 2 * static_cast<int>(sizeof(float));
  }
};

template <class ThreadGroup>
ES_GROUP_CODE StepTable* table_of(const ResidentContext<ThreadGroup>& here, int rank) {
  return reinterpret_cast<StepTable*>(here.floats(rank, here.plan.table));
}
template <class ThreadGroup>
ES_GROUP_CODE std::uint64_t* counts_of(const ResidentContext<ThreadGroup>& here, int rank) {
  return reinterpret_cast<std::uint64_t*>(here.floats(rank, here.plan.counts));
}

/// Calls body(layer, role, tensor) for every trainable tensor of the network. Uniform.
template <class Body>
ES_GROUP_CODE void for_trainable(const ResidentPlan& plan, const Body& body) {
  ES_NO_UNROLL
  for (int l = 0; l < plan.layer_count; ++l) ES_NO_UNROLL
  for (int r = 0; r < static_cast<int>(tensor_role_count); ++r) {
    const ResidentTensor& tensor = plan.layers[l].tensors[r];
    if (tensor.place >= 0) body(l, static_cast<TensorRole>(r), tensor);
  }
}

/// Which tensors are updated at a step.
ES_GROUP_CODE std::uint32_t moves_at(const ResidentPlan& plan, const ResidentJob& job, std::uint64_t step,
                                     std::uint64_t steps_per_epoch) {
  const std::uint8_t mask = phase_mask_at(job.phases, job.phase_count, step, steps_per_epoch);
  std::uint32_t moves = 0;
  for_trainable(plan, [&](int l, TensorRole role, const ResidentTensor& tensor) {
    const LayerKind kind = plan.layers[l].spectral ? LayerKind::spectral : LayerKind::dense;
    if (in_phase(mask, phase_bit_of(kind, role))) moves |= 1u << tensor.place;
  });
  return moves;
}

/// Fills the table for the steps from `step` on. Needs a barrier before; ends with one.
template <class ThreadGroup>
ES_GROUP_CODE void fill_table(const ResidentContext<ThreadGroup>& here, const ResidentJob& job,
                              std::uint64_t step, std::uint64_t steps_per_epoch) {
  here.group.each([&](int rank, int thread) {
    if (thread >= table_steps) return;
    StepTable* table = table_of(here, rank);
    const double rate = learning_rate_at(job.learning_rate, step + thread, steps_per_epoch);
    const OptimizerStep<float> numbers = optimizer_step<float>(job.optimizer, rate, 1);
    if (thread == 0) table->constants = numbers;
    table->learning_rate[thread] = numbers.learning_rate;
    table->decay[thread] = numbers.decay;
    table->moves[thread] = moves_at(here.plan, job, step + thread, steps_per_epoch);
  });
  here.group.sync();
  here.group.each([&](int rank, int thread) {
    StepTable* table = table_of(here, rank);
    const int trainable = here.plan.trainable;
    for (int item = thread; item < table_steps * trainable; item += here.group.threads()) {
      const int at = item / trainable, place = item % trainable;
      std::uint64_t t = counts_of(here, rank)[place];
      for (int s = 0; s <= at; ++s) t += table->moves[s] >> place & 1;
      const double rate = learning_rate_at(job.learning_rate, step + at, steps_per_epoch);
      const OptimizerStep<float> numbers = optimizer_step<float>(job.optimizer, rate, t == 0 ? 1 : t);
      table->corrections[2 * item] = numbers.correction1;
      table->corrections[2 * item + 1] = numbers.correction2;
    }
  });
  here.group.sync();
}

/// The numbers of one tensor at entry `at` of the table.
ES_GROUP_CODE OptimizerStep<float> step_of(const StepTable& table, int at, int trainable, int place) {
  OptimizerStep<float> step = table.constants;
  step.learning_rate = table.learning_rate[at];
  step.decay = table.decay[at];
  step.correction1 = table.corrections[2 * (at * trainable + place)];
  step.correction2 = table.corrections[2 * (at * trainable + place) + 1];
  return step;
}

}  // namespace eigenstudent::cuda
