// Fills the table of resident_job.h, as kernel_table.h does for the layer-wise kernels.
#pragma once

#include "cuda/device.h"
#include "cuda/resident_kernel.h"
#include "cuda/resident_shuffle.h"

namespace eigenstudent::cuda {

template <class Launcher>
struct ResidentLaunches {
  static void steps(Device& device, const ResidentPlan& plan, const ResidentJob* jobs, unsigned count) {
    if (count == 0) return;
    Launcher::launch(device, "resident_steps", plan.shape(count), ResidentKernel{plan, jobs});
  }
  static void shuffle(Device& device, const ShuffleJob* jobs, unsigned count, std::uint32_t most_epochs,
                      std::uint32_t most_samples) {
    if (count == 0 || most_epochs == 0) return;
    const LaunchShape shape{count * most_epochs, 1, shuffle_threads, ShuffleShared::bytes(most_samples)};
    Launcher::launch(device, "resident_shuffle", shape, ShuffleKernel{jobs, most_epochs});
  }

  static constexpr ResidentKernels kernels = {steps, shuffle};
};

}  // namespace eigenstudent::cuda
