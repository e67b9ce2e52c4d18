// Where the library's devices come from: library_cuda.cpp takes those of the CUDA runtime, library_emulated.cpp
// emulates some. One of the two is linked into each build of the library.
#pragma once

#include <memory>
#include <vector>

#include "core/backend.h"
#include "cuda/device/device.h"

namespace eigenstudent::cuda {

bool library_is_emulated();
DeviceSurvey library_survey();
/// Throws Error("cuda_unavailable") or Error("invalid_argument"), see make_cuda_backend.
std::unique_ptr<Backend> library_backend(const std::vector<int>& devices);
std::unique_ptr<Device> library_device(int index);

}  // namespace eigenstudent::cuda
