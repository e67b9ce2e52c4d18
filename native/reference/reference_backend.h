// The slow, obvious backend: one thread, plain loops, float and double. It stays for ever, and every fast
// path is held against it.
#pragma once

#include <memory>

#include "core/backend.h"

namespace eigenstudent {

std::unique_ptr<Backend> make_reference_backend();

}  // namespace eigenstudent
