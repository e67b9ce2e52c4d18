// The oracle's order of removal, as a promise that works on a thread of its own.
#pragma once

#include <napi.h>

namespace eigenstudent {

Napi::Value oracle_order(const Napi::CallbackInfo& info);  // (request: NativeOracleRequest)

}  // namespace eigenstudent
