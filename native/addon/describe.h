// The description that follows from a network's spec, for JavaScript.
#pragma once

#include <napi.h>

namespace eigenstudent {

/// describe(request: { network, objective }): NativeDescription
Napi::Value describe_network(const Napi::CallbackInfo& info);

}  // namespace eigenstudent
