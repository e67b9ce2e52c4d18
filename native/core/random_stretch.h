// A range of a stream of normals, for callers that draw very many in several calls.
#pragma once

#include <cstddef>

#include "core/philox.h"

namespace eigenstudent {

/// Numbers from, from + 1, ..., from + count - 1 of the sequence of fill_normal; from is even.
void fill_normal_stretch(const Stream& stream, double mean, double deviation, std::size_t from, double* out,
                         std::size_t count);

}  // namespace eigenstudent
