// The backend on emulated devices.
#include <atomic>

#include "cuda/population/cuda_backend.h"
#include "cuda/population/device_backend.h"

namespace eigenstudent {

/// Populations of one backend share the memory of its devices, as they would on GPUs.
std::unique_ptr<Backend> make_emulated_cuda_backend(const cuda::EmulatedLimits& limits) {
  std::vector<cuda::EmulatedLimits> devices(static_cast<std::size_t>(limits.devices), limits);
  for (std::size_t d = 0; d < devices.size(); ++d)
    if (d > 0 || !limits.used_bytes) devices[d].used_bytes = std::make_shared<std::atomic<std::size_t>>(0);
  const auto open = [devices] {
    std::vector<std::unique_ptr<cuda::Device>> opened;
    opened.reserve(devices.size());
    for (const cuda::EmulatedLimits& device : devices) opened.push_back(cuda::open_emulated_device(device));
    return opened;
  };
  const char* engine = limits.resident ? "cuda-emulated" : "cuda-emulated-layerwise";
  return cuda::make_device_backend(engine, open, limits.resident);
}

}  // namespace eigenstudent
