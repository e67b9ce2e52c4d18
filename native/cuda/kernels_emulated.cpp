// The kernels for emulated devices: the source of kernels_gpu.cu, compiled by the host compiler.
#include "cuda/kernel_table.h"

namespace eigenstudent::cuda {

namespace {

struct EmulatedLauncher {
  template <class Kernel>
  static void launch(Device& device, const char* name, const LaunchShape& shape, const Kernel& kernel) {
    device.run_here(name, [shape, kernel] { run_emulated(shape, kernel); });
  }
};

}  // namespace

const KernelTable& emulated_kernels() {
  static constexpr KernelTable table = Launches<EmulatedLauncher>::table;
  return table;
}

}  // namespace eigenstudent::cuda
