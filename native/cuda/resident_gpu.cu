// The resident kernels for GPUs.
#include "cuda/kernels.h"
#include "cuda/resident_launches.h"

namespace eigenstudent::cuda {

namespace {

struct GpuLauncher {
  template <class Kernel>
  static void launch(Device& device, const char* name, const LaunchShape& shape, const Kernel& kernel) {
    device.launched(name, launch_on_gpu(shape, kernel, static_cast<cudaStream_t>(device.stream())));
  }
};

}  // namespace

const ResidentKernels& gpu_resident_kernels() {
  static constexpr ResidentKernels kernels = ResidentLaunches<GpuLauncher>::kernels;
  return kernels;
}

bool resident_kernel_knows_clusters() { return knows_clusters<ResidentKernel>(); }

}  // namespace eigenstudent::cuda
