#include "addon/cuda.h"

#include <atomic>

#include "addon/arguments/arguments.h"
#include "addon/errors.h"
#include "addon/version.h"
#include "core/errors.h"
#include "cuda/boundary/client.h"
#include "cuda/boundary/loader.h"

namespace eigenstudent {

namespace {

/// One per process, whatever the number of JavaScript environments: a library is loaded once.
std::atomic<const es_cuda_table*> opened{nullptr};

Napi::Object to_js(Napi::Env env, const cuda::Survey& survey) {
  Napi::Object object = Napi::Object::New(env);
  object.Set("driverVersion", survey.driver_version);
  object.Set("runtimeVersion", survey.runtime_version);
  object.Set("emulated", survey.emulated);
  object.Set("reason", survey.reason);
  Napi::Array devices = Napi::Array::New(env, survey.devices.size());
  for (std::uint32_t i = 0; i < survey.devices.size(); ++i) {
    const cuda::FoundDevice& found = survey.devices[i];
    Napi::Object device = Napi::Object::New(env);
    device.Set("index", found.index);
    device.Set("name", found.name);
    device.Set("capability", found.capability);
    device.Set("usable", found.usable);
    device.Set("totalBytes", static_cast<double>(found.total_bytes));
    device.Set("freeBytes", static_cast<double>(found.free_bytes));
    devices.Set(i, device);
  }
  object.Set("devices", devices);
  return object;
}

}  // namespace

Napi::Value cuda_open(const Napi::CallbackInfo& info) {
  return guarded(info.Env(), [&] {
    if (!info[0].IsString()) Argument(info[0], "path").refuse("a path");
    const es_cuda_table& library = cuda::open_library(info[0].As<Napi::String>(), package_version);
    opened = &library;
    return to_js(info.Env(), cuda::survey(library));
  });
}

const es_cuda_table& cuda_library() {
  const es_cuda_table* library = opened;
  if (!library) throw Error("cuda_unavailable", "no CUDA library has been opened in this process");
  return *library;
}

}  // namespace eigenstudent
