// The kernels of one layer on arrays that the caller owns; nothing is copied.
#pragma once

#include <napi.h>

namespace eigenstudent {

Napi::Value kernel_forward(const Napi::CallbackInfo& info);   // (request: NativeForward)
Napi::Value kernel_backward(const Napi::CallbackInfo& info);  // (request: NativeBackward)

}  // namespace eigenstudent
