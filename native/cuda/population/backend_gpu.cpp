// The backend on GPUs.
#include <string>

#include "cuda/population/cuda_backend.h"
#include "cuda/population/device_backend.h"

namespace eigenstudent {

std::unique_ptr<Backend> make_cuda_backend(std::vector<int> devices) {
  if (devices.empty()) devices = {0};
  int capability = 0;
  for (const int index : devices) {
    const int found = cuda::open_cuda_device(index)->limits().capability;
    if (capability != 0 && found != capability)
      throw Error(
          "invalid_argument",
          "devices: expected GPUs of one compute capability, because a record names one engine, got " +
              std::to_string(capability) + " and " + std::to_string(found));
    capability = found;
  }
  const auto open = [devices] {
    std::vector<std::unique_ptr<cuda::Device>> opened;
    opened.reserve(devices.size());
    for (const int index : devices) opened.push_back(cuda::open_cuda_device(index));
    return opened;
  };
  return cuda::make_device_backend("cuda-sm" + std::to_string(capability), open, true);
}

}  // namespace eigenstudent
