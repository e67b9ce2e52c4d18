// The kernels for emulated devices: the source of kernels_gpu.cu, compiled by the host compiler.
#include "cuda/device/launchers.h"
#include "cuda/layerwise/kernel_table.h"
#include "cuda/resident/resident_job.h"

namespace eigenstudent::cuda {

const KernelTable& emulated_kernels() {
  static const KernelTable table = Launches<EmulatedLauncher>::table_with(emulated_resident_kernels());
  return table;
}

}  // namespace eigenstudent::cuda
