// The CUDA library of this process, where one has been opened (native/cuda/boundary/abi.h).
#pragma once

#include <napi.h>

#include "cuda/boundary/abi.h"

namespace eigenstudent {

/// (path: string) => NativeSurvey. Opens the library, or throws "cuda_unavailable" with the fault of the file.
/// Another path replaces the library for later calls.
Napi::Value cuda_open(const Napi::CallbackInfo& info);

/// Throws Error("cuda_unavailable") where none has been opened.
const es_cuda_table& cuda_library();

}  // namespace eigenstudent
