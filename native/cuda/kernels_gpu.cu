// The kernels for GPUs.
#include "cuda/kernel_table.h"
#include "cuda/resident_job.h"

namespace eigenstudent::cuda {

namespace {

struct GpuLauncher {
  template <class Kernel>
  static void launch(Device& device, const char* name, const LaunchShape& shape, const Kernel& kernel) {
    device.launched(name, launch_on_gpu(shape, kernel, static_cast<cudaStream_t>(device.stream())));
  }
};

}  // namespace

const KernelTable& gpu_kernels() {
  static const KernelTable table = [] {
    KernelTable all = Launches<GpuLauncher>::table;
    all.resident = &gpu_resident_kernels();
    return all;
  }();
  return table;
}

}  // namespace eigenstudent::cuda
