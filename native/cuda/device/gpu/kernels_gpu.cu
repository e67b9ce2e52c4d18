// The kernels for GPUs.
#include "cuda/device/launchers.h"
#include "cuda/layerwise/kernel_table.h"
#include "cuda/resident/resident_job.h"

namespace eigenstudent::cuda {

const KernelTable& gpu_kernels() {
  static const KernelTable table = Launches<GpuLauncher>::table_with(gpu_resident_kernels());
  return table;
}

}  // namespace eigenstudent::cuda
