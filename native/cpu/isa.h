// Chooses the instruction set of the kernels, once, at the first call.
#pragma once

#include <string>
#include <vector>

#include "cpu/kernels.h"

namespace eigenstudent::cpu {

/// The best instruction set of this machine, or the one that EIGENSTUDENT_ISA names. Throws
/// Error("isa_unavailable") when that one is unknown or this machine cannot run it.
template <class T>
const Kernels<T>& kernels();

/// Names of the instruction sets compiled in that this machine supports, plain first.
std::vector<std::string> isa_available();

}  // namespace eigenstudent::cpu
