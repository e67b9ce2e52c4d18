// The resident kernels for GPUs.
#include "cuda/device/kernels.h"
#include "cuda/device/launchers.h"
#include "cuda/resident/resident_launches.h"

namespace eigenstudent::cuda {

static_assert(sizeof(ResidentKernel) <= 4096, "CUDA takes 4 KiB of arguments: most_resident_layers");

const ResidentKernels& gpu_resident_kernels() {
  static constexpr ResidentKernels kernels = ResidentLaunches<GpuLauncher>::kernels;
  return kernels;
}

bool resident_kernel_knows_clusters() { return knows_clusters<ResidentKernel>(); }
int resident_clusters_at_once(const LaunchShape& shape, int& clusters) {
  return clusters_at_once<ResidentKernel>(shape, clusters);
}

}  // namespace eigenstudent::cuda
