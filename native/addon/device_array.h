// The JavaScript class DeviceArray: float32 numbers in the memory of a CUDA device, and the layer kernels on them.
#pragma once

#include <napi.h>

#include <cstdint>

#include "addon/type_tag.h"
#include "cuda/boundary/abi.h"

namespace eigenstudent {

class DeviceArrayObject : public Napi::ObjectWrap<DeviceArrayObject> {
 public:
  static Napi::Function define(Napi::Env env);

  /// new DeviceArray(device: number, length: number). Its contents are undefined until write().
  explicit DeviceArrayObject(const Napi::CallbackInfo& info);
  void Finalize(Napi::BasicEnv env) override;

  /// Null once disposed.
  es_array* array() const { return array_; }

  static constexpr napi_type_tag tag = device_array_tag;

 private:
  static Napi::Value length(Napi::Env env, const DeviceArrayObject& object);
  Napi::Value write(const Napi::CallbackInfo& info);  // (from: Float32Array)
  Napi::Value read(const Napi::CallbackInfo& info);   // (into: Float32Array)
  Napi::Value dispose(const Napi::CallbackInfo& info);

  es_array* in_use(const char* call) const;
  void release();

  const es_cuda_table* library_ = nullptr;  // the library that created the array
  es_array* array_ = nullptr;
  std::uint64_t length_ = 0;
};

/// (request: NativeDeviceForward | NativeDeviceBackward) => milliseconds on the device
Napi::Value device_kernel_forward(const Napi::CallbackInfo& info);
Napi::Value device_kernel_backward(const Napi::CallbackInfo& info);

}  // namespace eigenstudent
