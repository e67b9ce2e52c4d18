// The CUDA backend, and the same backend over emulated devices for tests on machines without a GPU.
#pragma once

#include <memory>
#include <vector>

#include "core/backend.h"
#include "cuda/device/device.h"

namespace eigenstudent {

/// A backend on these devices (indices as CUDA counts them; empty: device 0). Its engine is "cuda-sm90" or the like;
/// devices of different compute capability are refused, because a record names one engine. Throws
/// Error("cuda_unavailable") with what is missing, or Error("invalid_argument") for an index that does not exist.
std::unique_ptr<Backend> make_cuda_backend(std::vector<int> devices);

/// The same backend, engine "cuda-emulated", on devices that are emulated by the calling threads.
std::unique_ptr<Backend> make_emulated_cuda_backend(const cuda::EmulatedLimits& limits);

}  // namespace eigenstudent
