// The export table: all that JavaScript can call. Types: src/native/addon.ts.
#include <napi.h>

#include "addon/arguments/arguments.h"
#include "addon/cuda.h"
#include "addon/dataset.h"
#include "addon/describe.h"
#include "addon/device_array.h"
#include "addon/environment.h"
#include "addon/errors.h"
#include "addon/kernels.h"
#include "addon/population.h"
#include "addon/random.h"
#include "addon/theory/theory_flow.h"
#include "addon/theory/theory_one_pass.h"
#include "addon/theory/theory_population.h"
#include "addon/version.h"
#include "core/arithmetic.h"
#include "core/backend.h"
#include "cpu/cpu_backend.h"

#if defined(__clang__)
#define ES_COMPILER "clang " __clang_version__
#elif defined(__GNUC__)
#define ES_COMPILER "gcc " __VERSION__
#else
#define ES_COMPILER "msvc " ES_TEXT(_MSC_FULL_VER)
#endif

namespace eigenstudent {

namespace {

Napi::Value capabilities(const Napi::CallbackInfo& info) {
  return guarded(info.Env(), [&] {
    Napi::Object object = Napi::Object::New(info.Env());
    object.Set("engine", make_cpu_backend()->engine());
    object.Set("isa", cpu_isa());
    Napi::Array available = Napi::Array::New(info.Env());
    for (const std::string& isa : cpu_isa_available()) available.Set(available.Length(), isa);
    object.Set("isaAvailable", available);
    object.Set("threads", cpu_threads());
    object.Set("compiler", ES_COMPILER);
    return object;
  });
}

Napi::Value use_error_class(const Napi::CallbackInfo& info) {
  return guarded(info.Env(), [&] {
    if (!info[0].IsFunction()) Argument(info[0], "errorClass").refuse("a class");
    Environment::of(info.Env()).error_class = Napi::Persistent(info[0].As<Napi::Function>());
    return info.Env().Undefined();
  });
}

Napi::Value arithmetic_of(const Napi::CallbackInfo& info) {
  return guarded(info.Env(), [&] {
    const std::string engine = Argument(info[0], "engine").text();
    return Napi::Number::New(info.Env(), arithmetic_revision_of(engine));
  });
}

Napi::Value noop(const Napi::CallbackInfo& info) { return info.Env().Undefined(); }

Napi::Object initialize(Napi::Env env, Napi::Object exports) {
  Environment::create(env);
  const auto method = [&](Napi::Object on, const char* name,
                          Napi::Value (*function)(const Napi::CallbackInfo&)) {
    on.Set(name, Napi::Function::New(env, function, name));
  };

  exports.Set("version", package_version);
  exports.Set("arithmetic", arithmetic_revision);
  method(exports, "arithmeticOf", arithmetic_of);
  method(exports, "capabilities", capabilities);
  method(exports, "useErrorClass", use_error_class);

  exports.Set("Dataset", DatasetObject::define(env));
  exports.Set("Population", PopulationObject::define(env));
  exports.Set("DeviceArray", DeviceArrayObject::define(env));
  exports.Set("PopulationLoss", PopulationLossObject::define(env));

  method(exports, "startPopulationFlows", start_population_flows);

  method(exports, "describe", describe_network);
  method(exports, "fillNormal", fill_normal);
  method(exports, "fillNormalStretch", fill_normal_stretch);
  method(exports, "fillUniform", fill_uniform);
  method(exports, "fillPermutation", fill_permutation);

  Napi::Object kernels = Napi::Object::New(env);
  method(kernels, "forward", kernel_forward);
  method(kernels, "backward", kernel_backward);
  exports.Set("kernels", kernels);

  Napi::Object one_pass = Napi::Object::New(env);
  method(one_pass, "run", one_pass_run);
  method(one_pass, "stepThrough", one_pass_step_through);
  exports.Set("onePass", one_pass);

  Napi::Object cuda = Napi::Object::New(env);
  method(cuda, "open", cuda_open);
  method(cuda, "forward", device_kernel_forward);
  method(cuda, "backward", device_kernel_backward);
  exports.Set("cuda", cuda);

  method(exports, "noop", noop);
  return exports;
}

}  // namespace

}  // namespace eigenstudent

using eigenstudent::initialize;
NODE_API_MODULE(eigenstudent, initialize)
