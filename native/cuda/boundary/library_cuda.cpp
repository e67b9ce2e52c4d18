// The library over the devices of the CUDA runtime.

#include "cuda/boundary/library_devices.h"
#include "cuda/population/cuda_backend.h"

namespace eigenstudent::cuda {

bool library_is_emulated() { return false; }
DeviceSurvey library_survey() { return survey_devices(); }
std::unique_ptr<Backend> library_backend(const std::vector<int>& devices) {
  return make_cuda_backend(devices);
}
std::unique_ptr<Device> library_device(int index) { return open_cuda_device(index); }

}  // namespace eigenstudent::cuda
