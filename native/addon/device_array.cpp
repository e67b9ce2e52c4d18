#include "addon/device_array.h"

#include <array>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "addon/arguments/arguments.h"
#include "addon/cuda.h"
#include "addon/errors.h"
#include "core/errors.h"

namespace eigenstudent {

namespace {

void check(int failed, const es_error& error) {
  if (failed) throw Error(error.code, error.message);
}

/// The array of a DeviceArray; any other object is refused.
es_array* read_array(const Argument& argument) {
  const Napi::Value& value = argument.value();
  if (!has_tag(value, device_array_tag)) argument.refuse("a DeviceArray");
  es_array* array = DeviceArrayObject::Unwrap(value.As<Napi::Object>())->array();
  if (!array)
    throw Error("invalid_argument",
                "expected a DeviceArray in use for " + argument.where() + ", received one after dispose()");
  return array;
}

/// The arrays of a request under these names, null where absent. All properties are read before the first
/// pointer is taken: a getter is JavaScript, which could dispose of an array that was already checked.
template <std::size_t count>
std::array<es_array*, count> read_arrays(const Argument& request, const char* const (&names)[count]) {
  std::vector<std::optional<Argument>> given;
  for (const char* name : names) given.push_back(request.optional_field(name));
  std::array<es_array*, count> arrays{};
  for (std::size_t i = 0; i < count; ++i)
    if (given[i]) arrays[i] = read_array(*given[i]);
  return arrays;
}

}  // namespace

Napi::Function DeviceArrayObject::define(Napi::Env env) {
  using This = DeviceArrayObject;
  return DefineClass(env, "DeviceArray",
                     {
                         tagged_accessor<This, &This::length>("length"),
                         InstanceMethod("write", &This::write),
                         InstanceMethod("read", &This::read),
                         InstanceMethod("dispose", &This::dispose),
                     });
}

DeviceArrayObject::DeviceArrayObject(const Napi::CallbackInfo& info)
    : Napi::ObjectWrap<DeviceArrayObject>(info) {
  guarded(info.Env(), [&]() -> Napi::Value {
    constexpr std::uint64_t most_devices = 1023;  // arbitrary: larger numbers are typing errors
    const auto device = static_cast<std::int32_t>(Argument(info[0], "device").integer(0, most_devices));
    length_ = Argument(info[1], "length").count();
    library_ = &cuda_library();
    es_error error{};
    check(library_->array_create(device, length_, &array_, &error), error);
    info.This().As<Napi::Object>().TypeTag(&tag);
    return info.Env().Undefined();
  });
}

void DeviceArrayObject::Finalize(Napi::BasicEnv) { release(); }

Napi::Value DeviceArrayObject::length(Napi::Env env, const DeviceArrayObject& object) {
  return Napi::Number::New(env, static_cast<double>(object.length_));
}

Napi::Value DeviceArrayObject::write(const Napi::CallbackInfo& info) {
  return guarded(info.Env(), [&] {
    es_array* array = in_use("write");
    const std::span<float> from = Argument(info[0], "from").array<float>(length_);
    es_error error{};
    check(library_->array_write(array, from.data(), from.size(), &error), error);
    return info.Env().Undefined();
  });
}

Napi::Value DeviceArrayObject::read(const Napi::CallbackInfo& info) {
  return guarded(info.Env(), [&] {
    const es_array* array = in_use("read");
    const std::span<float> into = Argument(info[0], "into").array<float>(length_);
    es_error error{};
    check(library_->array_read(array, into.data(), into.size(), &error), error);
    return info.Env().Undefined();
  });
}

Napi::Value DeviceArrayObject::dispose(const Napi::CallbackInfo& info) {
  release();
  return info.Env().Undefined();
}

es_array* DeviceArrayObject::in_use(const char* call) const {
  if (!array_)
    throw Error("invalid_argument", std::string("expected a DeviceArray in use for ") + call +
                                        "(), received one after dispose()");
  return array_;
}

void DeviceArrayObject::release() {
  if (es_array* array = std::exchange(array_, nullptr)) library_->array_destroy(array);
}

namespace {

/// Reads the common arguments of forward and backward, lets `read` read the others, and calls `kernel` of the
/// library. Returns the milliseconds that it took on the device.
template <class Layer, class Read>
Napi::Value run_layer(const Napi::CallbackInfo& info,
                      int (*es_cuda_table::*kernel)(const Layer*, double*, es_error*), const Read& read) {
  return guarded(info.Env(), [&] {
    const Argument request(info[0], "request");
    Layer layer{};
    layer.batch = request.field("batch").count();
    layer.inputs = request.field("inputs").count();
    layer.outputs = request.field("outputs").count();
    read(request, layer);
    double milliseconds = 0;
    es_error error{};
    check((cuda_library().*kernel)(&layer, &milliseconds, &error), error);
    return Napi::Number::New(info.Env(), milliseconds);
  });
}

}  // namespace

Napi::Value device_kernel_forward(const Napi::CallbackInfo& info) {
  return run_layer(info, &es_cuda_table::layer_forward, [](const Argument& request, es_layer_forward& layer) {
    layer.activation = static_cast<std::uint32_t>(request.field("activation").activation());
    const auto [x, matrix, in, out, bias, z, y] =
        read_arrays(request, {"x", "matrix", "eigenvaluesIn", "eigenvaluesOut", "bias", "z", "y"});
    layer.x = x;
    layer.matrix = matrix;
    layer.eigenvalues_in = in;
    layer.eigenvalues_out = out;
    layer.bias = bias;
    layer.z = z;
    layer.y = y;
  });
}

Napi::Value device_kernel_backward(const Napi::CallbackInfo& info) {
  return run_layer(
      info, &es_cuda_table::layer_backward, [](const Argument& request, es_layer_backward& layer) {
        const auto [x, matrix, in, out, delta, grad_matrix, grad_in, grad_out, grad_bias, grad_x] =
            read_arrays(request, {"x", "matrix", "eigenvaluesIn", "eigenvaluesOut", "delta", "gradMatrix",
                                  "gradEigenvaluesIn", "gradEigenvaluesOut", "gradBias", "gradX"});
        layer.x = x;
        layer.matrix = matrix;
        layer.eigenvalues_in = in;
        layer.eigenvalues_out = out;
        layer.delta = delta;
        layer.grad_matrix = grad_matrix;
        layer.grad_eigenvalues_in = grad_in;
        layer.grad_eigenvalues_out = grad_out;
        layer.grad_bias = grad_bias;
        layer.grad_x = grad_x;
      });
}

}  // namespace eigenstudent
