// How kernels are launched: one type for GPUs and one for the emulation, so that the tables of kernel_table.h and
// resident_launches.h never share an instantiation.
#pragma once

#include "cuda/device/device.h"
#include "cuda/device/thread_group.h"

namespace eigenstudent::cuda {

#ifdef __CUDACC__

struct GpuLauncher {
  template <class Kernel>
  static void load(Device& device, const char* name) {
    device.launched(name, load_on_gpu<Kernel>());
  }
  template <class Kernel>
  static void launch(Device& device, const char* name, const LaunchShape& shape, const Kernel& kernel) {
    device.launched(name, launch_on_gpu(shape, kernel, static_cast<cudaStream_t>(device.stream())));
  }
};

#else

struct EmulatedLauncher {
  template <class Kernel>
  static void load(Device& device, const char* name) {
    device.load_here(name);
  }
  template <class Kernel>
  static void launch(Device& device, const char* name, const LaunchShape& shape, const Kernel& kernel) {
    device.run_here(name, [shape, kernel] { run_emulated(shape, kernel); });
  }
};

#endif

}  // namespace eigenstudent::cuda
