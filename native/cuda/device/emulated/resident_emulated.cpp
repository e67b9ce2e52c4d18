// The resident kernels for emulated devices: the source of resident_gpu.cu, compiled by the host compiler.
#include "cuda/device/launchers.h"
#include "cuda/resident/resident_launches.h"

namespace eigenstudent::cuda {

const ResidentKernels& emulated_resident_kernels() {
  static constexpr ResidentKernels kernels = ResidentLaunches<EmulatedLauncher>::kernels;
  return kernels;
}

}  // namespace eigenstudent::cuda
