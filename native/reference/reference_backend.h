// The reference backend: one thread, plain loops, float and double. Every fast
// path is tested against it.
#pragma once

#include <memory>

#include "core/backend.h"

namespace eigenstudent {

std::unique_ptr<Backend> make_reference_backend();

}  // namespace eigenstudent
