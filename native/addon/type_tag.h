// Marks the objects that really hold a native one. A prototype can be forged or exchanged, a tag cannot.
#pragma once

#include <napi.h>

#include "core/errors.h"

namespace eigenstudent {

// Arbitrary numbers, one a class.
inline constexpr napi_type_tag dataset_tag = {0x9f1c2b7ad3e84c55, 0xb0a6e1f4725d8c39};
inline constexpr napi_type_tag population_tag = {0x3d7e60a1c94f4b28, 0xa41b95d70e6c82f3};

inline bool has_tag(Napi::Value value, const napi_type_tag& tag) {
  return value.IsObject() && value.As<Napi::Object>().CheckTypeTag(&tag);
}

/// For accessors: V8 checks the receiver of a native method, but not that of a native accessor.
inline void check_receiver(const Napi::CallbackInfo& info, const napi_type_tag& tag) {
  if (!has_tag(info.This(), tag))
    throw Error("invalid_argument", "this accessor was called on an object of another class");
}

}  // namespace eigenstudent
