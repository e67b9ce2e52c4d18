// The backends of this build, by name.
#pragma once

#include <memory>
#include <vector>

#include "addon/arguments/arguments.h"
#include "core/backend.h"

namespace eigenstudent {

enum class BackendKind { reference, cpu, cuda };

BackendKind read_backend(const Argument& argument);
/// A backend whose layer kernels work on arrays in host memory: any but cuda.
BackendKind read_host_backend(const Argument& argument);
/// devices: only for cuda; an empty list means the first. Throws Error("cuda_unavailable") with what is missing.
std::unique_ptr<Backend> make_backend(BackendKind kind, const std::vector<int>& devices);

}  // namespace eigenstudent
