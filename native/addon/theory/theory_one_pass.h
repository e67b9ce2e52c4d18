// onePass.run, onePass.stepThrough: one-pass SGD of quadratic networks (theory/one_pass).
#pragma once

#include <napi.h>

namespace eigenstudent {

Napi::Value one_pass_run(const Napi::CallbackInfo& info);           // (request) -> { promise, stop() }
Napi::Value one_pass_step_through(const Napi::CallbackInfo& info);  // (request) -> { delta, student }

}  // namespace eigenstudent
