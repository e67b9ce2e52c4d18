// The resident kernels for emulated devices: the source of resident_gpu.cu, compiled by the host compiler.
#include "cuda/resident_launches.h"

namespace eigenstudent::cuda {

namespace {

struct EmulatedLauncher {
  template <class Kernel>
  static void launch(Device& device, const char* name, const LaunchShape& shape, const Kernel& kernel) {
    device.run_here(name, [shape, kernel] { run_emulated(shape, kernel); });
  }
};

}  // namespace

const ResidentKernels& emulated_resident_kernels() {
  static constexpr ResidentKernels kernels = ResidentLaunches<EmulatedLauncher>::kernels;
  return kernels;
}

}  // namespace eigenstudent::cuda
