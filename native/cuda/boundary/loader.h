// Opens libeigenstudent-cuda at run time. Part of the addon: depends on no CUDA, and works where there is none.
#pragma once

#include <string>

#include "cuda/boundary/abi.h"

namespace eigenstudent::cuda {

/// The library's table, which is never unloaded: a CUDA runtime does not survive that. Opening a file again
/// gives the same table. Throws Error("cuda_unavailable") naming the fault of the file: it does not exist,
/// does not load, is not a library of this package, or belongs to another version than `version`, or another
/// arithmetic (core/arithmetic.h).
const es_cuda_table& open_library(const std::string& path, const std::string& version);

}  // namespace eigenstudent::cuda
