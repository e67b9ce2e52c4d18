// The kernels for emulated devices: the source of kernels_gpu.cu, compiled by the host compiler.
#include "cuda/kernel_table.h"
#include "cuda/resident_job.h"

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
  static const KernelTable table = [] {
    KernelTable all = Launches<EmulatedLauncher>::table;
    all.resident = &emulated_resident_kernels();
    return all;
  }();
  return table;
}

}  // namespace eigenstudent::cuda
