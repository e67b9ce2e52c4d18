// Many steps of many students in one launch: a group of blocks has one student and keeps what a step needs in its shared
// memory from the first step to the last.
//
// A step: gather, forward, loss, backward, chunk by chunk; then, when the loss of the batch is finite, eigenvalue
// gradients, penalty and optimiser, and the weights of the next step.
#pragma once

#include "cuda/resident/resident_backward.h"
#include "cuda/resident/resident_batch.h"
#include "cuda/resident/resident_forward.h"
#include "cuda/resident/resident_update.h"

namespace eigenstudent::cuda {

struct ResidentKernel {
  static constexpr int most_threads = most_resident_threads;
  static constexpr int least_blocks = 1;
  static constexpr bool fills_shared_memory = true;
  ResidentPlan plan;
  const ResidentJob* jobs;  // [groups]

  template <class ThreadGroup>
  ES_GROUP_CODE void operator()(ThreadGroup& group) const;
};

/// Reads the counts and forms the weights of every layer, also the frozen ones. Ends with a barrier.
template <class ThreadGroup>
ES_GROUP_CODE void move_in(const ResidentContext<ThreadGroup>& here, const ResidentJob& job) {
  for_trainable(here.plan, [&](int, TensorRole, const ResidentTensor& tensor) {
    here.group.each([&](int rank, int thread) {
      if (thread == 0) counts_of(here, rank)[tensor.place] = job.update_count[tensor.index];
    });
  });
  for (int l = 0; l < here.plan.layer_count; ++l) form_layer(here, job, here.plan.layers[l]);
  here.group.sync();
}

/// Writes the counts and the result; the parameters are in place. Ends with a barrier of all ranks, so that
/// none exits while another may still read its memory.
template <class ThreadGroup>
ES_GROUP_CODE void move_out(const ResidentContext<ThreadGroup>& here, const ResidentJob& job,
                            std::uint32_t applied, bool diverged) {
  for_trainable(here.plan, [&](int, TensorRole, const ResidentTensor& tensor) {
    here.group.each([&](int rank, int thread) {
      if (rank == 0 && thread == 0) job.update_count[tensor.index] = counts_of(here, rank)[tensor.place];
    });
  });
  here.group.each([&](int rank, int thread) {
    if (rank != 0 || thread != 0) return;
    job.result->step = job.first_step + applied;
    job.result->diverged = diverged;
    if (applied > 0) job.result->batch_loss = table_of(here, rank)->applied_loss;
  });
  here.group.sync_cluster();
}

/// G of a layer is needed when its matrix or its eigenvalues are updated.
ES_GROUP_CODE bool wants_gradient(const ResidentLayer& layer, std::uint32_t moves) {
  std::uint32_t places = 0;
  ES_UNROLL
  for (int role = 0; role < static_cast<int>(TensorRole::bias); ++role)
    if (layer.tensors[role].place >= 0) places |= 1u << layer.tensors[role].place;
  return (places & moves) != 0;
}

/// From dL/dz of the last layer to every gradient that is wanted. Needs a barrier before; ends with one.
template <class ThreadGroup>
ES_GROUP_CODE void backward(const ResidentContext<ThreadGroup>& here, const Chunk& chunk, std::uint32_t moves,
                            bool first_chunk, Exchange& exchange) {
  const ResidentPlan& plan = here.plan;
  for (int l = plan.layer_count - 1; l >= plan.first_trained; --l) {
    const ResidentLayer& layer = plan.layers[l];
    const int bias = layer.tensor(TensorRole::bias).place;
    if (wants_gradient(layer, moves)) weight_gradient(here, l, chunk, first_chunk);
    if (bias >= 0 && (moves >> bias & 1)) bias_gradient(here, l, chunk, first_chunk);
    here.group.sync();
    if (l > plan.first_trained) input_gradient(here, l, chunk, exchange);
  }
}

/// Forward, loss and backward of one batch; returns its loss.
template <class ThreadGroup>
ES_GROUP_CODE double train_batch(const ResidentContext<ThreadGroup>& here, const ResidentJob& job,
                                 const std::uint32_t* order, int batch, std::uint32_t moves,
                                 Exchange& exchange) {
  const ResidentPlan& plan = here.plan;
  for (int first = 0; first < batch; first += plan.rows) {
    Chunk chunk;
    chunk.rows = least(plan.rows, batch - first);
    chunk.quads = ceiling(chunk.rows, 4);
    gather(here, job, order + first, chunk);
    here.group.sync();
    for (int l = 0; l < plan.layer_count; ++l) forward_layer(here, l, chunk, exchange);
    chunk_loss(here, chunk, static_cast<std::uint32_t>(batch), first == 0);
    here.group.sync();
    backward(here, chunk, moves, first == 0, exchange);
  }
  add_shares(here);
  here.group.sync();
  add_loss(here);
  here.group.sync();
  return table_of(here, here.group.rank())->batch_loss;
}

template <class ThreadGroup>
ES_GROUP_CODE void ResidentKernel::operator()(ThreadGroup& group) const {
  const ResidentContext<ThreadGroup> here{group, plan};
  const ResidentJob& job = jobs[group.index()];
  const std::uint32_t steps_per_epoch = (job.samples + job.batch - 1) / job.batch;
  const std::uint32_t steps = static_cast<std::uint32_t>(job.until_step - job.first_step);
  const std::uint32_t start = static_cast<std::uint32_t>(job.first_step % steps_per_epoch);
  Exchange exchange;
  bool diverged = false;
  std::uint32_t applied = 0;
  move_in(here, job);
  while (applied < steps) {
    const int at = static_cast<int>(applied % table_steps);
    if (at == 0) fill_table(here, job, job.first_step + applied, steps_per_epoch);
    const std::uint32_t moves = table_of(here, group.rank())->moves[at];
    // Computed again at every step: there are no registers left to keep the epoch and the batch.
    const std::uint32_t epoch = (start + applied) / steps_per_epoch;
    const std::uint32_t first = (start + applied) % steps_per_epoch * job.batch, left = job.samples - first;
    const int batch = static_cast<int>(left < job.batch ? left : job.batch);
    const std::uint32_t* order = job.order + static_cast<std::size_t>(epoch) * job.samples + first;
    diverged = !std::isfinite(train_batch(here, job, order, batch, moves, exchange));
    if (diverged) break;
    update(here, job, at, moves);
    ++applied;
  }
  move_out(here, job, applied, diverged);
}

}  // namespace eigenstudent::cuda
