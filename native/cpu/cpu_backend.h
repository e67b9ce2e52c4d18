// The fast CPU backend.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/backend.h"

namespace eigenstudent {

std::unique_ptr<Backend> make_cpu_backend();

/// The instruction set in use: "plain", "avx2", "avx512" or "neon".
std::string cpu_isa();
/// The instruction sets that this build contains and this machine supports, plain first.
std::vector<std::string> cpu_isa_available();
/// Cores of the affinity mask.
unsigned cpu_threads();

}  // namespace eigenstudent
