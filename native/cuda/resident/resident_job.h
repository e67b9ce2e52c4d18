// Arguments of the resident kernels: plain structs of device pointers, and how to launch them.
//
// A resident student trains many steps in one launch. Its parameters and moments stay in the blocks below, in public
// order (core/parameter_layout.h), through every step: a step reads and writes each number once, which the second-level
// cache serves; shared memory holds what a step uses often (weights, gradients, activations). So a launch can end after
// any step, and a step whose loss is not finite leaves the student unchanged.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "core/optimizer.h"
#include "core/schedule.h"
#include "cuda/resident/resident_plan.h"

namespace eigenstudent::cuda {

class Device;

/// The progress of a student. step: first not applied; diverged: 1 when the loss of that step's batch was not
/// finite. batch_loss: of the last step applied, not written where none was.
struct ResidentResult {
  std::uint64_t step;
  double batch_loss;
  std::uint32_t diverged;
};

/// Steps first_step to below until_step of one student. All pointers are device memory.
struct ResidentJob {
  float* parameters;             // [layout.size()]
  float* first_moment;           // [layout.size()]
  float* second_moment;          // [layout.size()], or null with SGD
  std::uint64_t* update_count;   // [tensors of the layout]; at first_step when the launch begins
  const float* inputs;           // [samples][N_in]
  const float* targets;          // [samples][N_out], or null with classes
  const std::uint32_t* classes;  // [samples], or null with targets
  const std::uint32_t* order;    // [epochs][samples]: shuffles from the epoch of first_step on
  const Phase* phases;           // [phase_count], or null
  ResidentResult* result;        // [1]
  std::uint64_t first_step, until_step;
  std::uint32_t samples, batch;  // batch: at most samples
  std::uint32_t phase_count;
  OptimizerSpec optimizer;
  Schedule learning_rate;
};

/// Shuffles of `epochs` epochs from first_epoch on, the permutations of core's shuffle_epoch.
struct ShuffleJob {
  std::uint64_t seed;
  std::uint32_t trial;
  std::uint32_t first_epoch;
  std::uint32_t epochs;
  std::uint32_t samples;
  std::uint32_t* order;  // [epochs][samples]
};

/// Launches of one kind of device. `jobs` are device memory, [count].
struct ResidentKernels {
  /// As KernelTable::load.
  void (*load)(Device&);
  /// Students of the same plan; the first starts first.
  void (*steps)(Device&, const ResidentPlan& plan, const ResidentJob* jobs, unsigned count);
  /// same: a copy of the jobs on the host.
  void (*shuffle)(Device&, const ShuffleJob* jobs, std::span<const ShuffleJob> same);
};

const ResidentKernels& gpu_resident_kernels();
const ResidentKernels& emulated_resident_kernels();

}  // namespace eigenstudent::cuda
