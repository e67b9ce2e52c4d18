// The backends of this build, by name.
#pragma once

#include <memory>

#include "addon/arguments.h"
#include "core/backend.h"

namespace eigenstudent {

enum class BackendKind { reference, cpu };

BackendKind read_backend(const Argument& argument);
std::unique_ptr<Backend> make_backend(BackendKind kind);

}  // namespace eigenstudent
