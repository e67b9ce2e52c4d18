// JavaScript objects -> the specs of core/. Shapes of the objects: src/native/addon.ts.
#pragma once

#include "addon/arguments/arguments.h"
#include "core/backend.h"

namespace eigenstudent {

NetworkSpec read_network(const Argument& argument);
/// Everything of a NativePopulationSpec but the backend.
PopulationSpec read_population(const Argument& argument);

}  // namespace eigenstudent
