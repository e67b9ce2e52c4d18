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
/// Those that this build has and this machine can run, plainest first.
std::vector<std::string> cpu_isa_available();
/// Cores of the affinity mask.
unsigned cpu_threads();

}  // namespace eigenstudent
