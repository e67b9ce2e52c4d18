// Fills the table of resident_job.h, as kernel_table.h does for the layer-wise kernels.
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>

#include "cuda/device/device.h"
#include "cuda/resident/resident_kernel.h"
#include "cuda/resident/resident_shuffle.h"

namespace eigenstudent::cuda {

template <class Launcher>
struct ResidentLaunches {
  static void load(Device& device) {
    Launcher::template load<ResidentKernel>(device, "resident_steps");
    Launcher::template load<ShuffleKernel>(device, "resident_shuffle");
  }
  static void steps(Device& device, const ResidentPlan& plan, const ResidentJob* jobs, unsigned count) {
    if (count == 0) return;
    Launcher::launch(device, "resident_steps", plan.shape(count), ResidentKernel{plan, jobs});
  }
  /// Shared memory is sized by the longest permutation that is made there: fewer blocks run at a time with more.
  static void shuffle(Device& device, const ShuffleJob* jobs, std::span<const ShuffleJob> same) {
    const std::uint32_t room = ShuffleShared::most_samples(device.limits().shared_bytes_per_block);
    std::uint32_t most_epochs = 0, most_short = 0;
    for (const ShuffleJob& job : same) {
      most_epochs = std::max(most_epochs, job.epochs);
      if (job.epochs > 0 && job.samples <= room) most_short = std::max(most_short, job.samples);
    }
    if (most_epochs == 0) return;
    const LaunchShape shape{static_cast<unsigned>(same.size()) * most_epochs, 1, shuffle_threads,
                            ShuffleShared::bytes(most_short)};
    Launcher::launch(device, "resident_shuffle", shape, ShuffleKernel{jobs, most_epochs, most_short});
  }

  static constexpr ResidentKernels kernels = {load, steps, shuffle};
};

}  // namespace eigenstudent::cuda
