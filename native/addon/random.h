// fillNormal, fillNormalStretch, fillUniform, fillPermutation: the bulk generators of core/philox.h on the caller's arrays.
#pragma once

#include <napi.h>

namespace eigenstudent {

Napi::Value fill_normal(const Napi::CallbackInfo& info);  // (stream, mean, deviation, out: Float64Array)
/// (stream, mean, deviation, from, out: Float64Array): numbers from, from + 1, ... of the sequence of
/// fill_normal; from is even
Napi::Value fill_normal_stretch(const Napi::CallbackInfo& info);
Napi::Value fill_uniform(const Napi::CallbackInfo& info);      // (stream, low, high, out: Float64Array)
Napi::Value fill_permutation(const Napi::CallbackInfo& info);  // (stream, out: Uint32Array)

}  // namespace eigenstudent
