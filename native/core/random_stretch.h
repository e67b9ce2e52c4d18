// A stretch of a stream of normals, for callers that draw very many and have other things to do in between.
#pragma once

#include <cstddef>

#include "core/philox.h"

namespace eigenstudent {

/// Numbers from, from + 1, ..., from + count - 1 of what fill_normal gives; from is even.
void fill_normal_stretch(const Stream& stream, double mean, double deviation, std::size_t from, double* out,
                         std::size_t count);

}  // namespace eigenstudent
