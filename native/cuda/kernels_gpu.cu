// The kernels for GPUs.
#include "cuda/kernel_table.h"

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
  static constexpr KernelTable table = Launches<GpuLauncher>::table;
  return table;
}

}  // namespace eigenstudent::cuda
