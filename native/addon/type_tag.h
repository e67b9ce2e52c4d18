// Tags the JavaScript objects that hold a native object. A prototype can be forged or exchanged, a tag cannot.
#pragma once

#include <napi.h>

#include "addon/errors.h"
#include "core/errors.h"

namespace eigenstudent {

// Arbitrary numbers, one per class.
inline constexpr napi_type_tag dataset_tag = {0x9f1c2b7ad3e84c55, 0xb0a6e1f4725d8c39};
inline constexpr napi_type_tag population_tag = {0x3d7e60a1c94f4b28, 0xa41b95d70e6c82f3};
inline constexpr napi_type_tag device_array_tag = {0x61d0c58e27b94fa3, 0x8e93f1046ab7d25c};
inline constexpr napi_type_tag population_loss_tag = {0x27c4b95e80d1f63a, 0xd5180f92a6c3e74b};

inline bool has_tag(Napi::Value value, const napi_type_tag& tag) {
  return value.IsObject() && value.As<Napi::Object>().CheckTypeTag(&tag);
}

/// A read-only accessor of a class with a static member `tag`. Not Napi's InstanceAccessor: V8 checks the
/// receiver of a native method but not that of a native accessor, and Napi would accept the object of another
/// class.
template <class Wrapped, Napi::Value (*get)(Napi::Env, const Wrapped&)>
Napi::ClassPropertyDescriptor<Wrapped> tagged_accessor(const char* name) {
  const napi_callback getter = [](napi_env env, napi_callback_info raw) -> napi_value {
    try {
      return guarded(env, [&] {
        const Napi::CallbackInfo info(env, raw);
        if (!has_tag(info.This(), Wrapped::tag))
          throw Error("invalid_argument", "this accessor was called on an object of another class");
        return get(env, *Wrapped::Unwrap(info.This().As<Napi::Object>()));
      });
    } catch (const Napi::Error& error) {
      error.ThrowAsJavaScriptException();
      return nullptr;
    }
  };
  return napi_property_descriptor{name, nullptr, nullptr, getter, nullptr, nullptr, napi_default, nullptr};
}

}  // namespace eigenstudent
