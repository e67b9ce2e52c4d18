#include "addon/kernels.h"

#include "addon/arguments/arguments.h"
#include "addon/backends.h"
#include "addon/errors.h"
#include "core/errors.h"
#include "core/layer_arguments.h"
#include "cpu/layer_kernels.h"
#include "layers/dense/reference.h"

namespace eigenstudent {

namespace {

void check_eigenvalues(const void* eigenvalues_in, const void* eigenvalues_out) {
  if ((eigenvalues_in == nullptr) != (eigenvalues_out == nullptr))
    throw Error("invalid_argument",
                "expected both eigenvaluesIn and eigenvaluesOut (a spectral layer) or neither (a dense one), "
                "received only one");
}

template <class T>
void check_eigenvalue_gradients(const LayerBackward<T>& layer) {
  if (!layer.eigenvalues_in && (layer.grad_eigenvalues_in || layer.grad_eigenvalues_out))
    throw Error("invalid_argument",
                "expected no gradients of eigenvalues for a dense layer, received gradEigenvaluesIn or "
                "gradEigenvaluesOut");
}

// In both readers all properties are read before the first pointer is taken: a getter is JavaScript, which
// could detach an array that was already checked.

template <class T>
LayerForward<T> read_forward(const Argument& request) {
  LayerForward<T> layer{};
  layer.batch = request.field("batch").count();
  layer.inputs = request.field("inputs").count();
  layer.outputs = request.field("outputs").count();
  layer.activation = request.field("activation").activation();
  const Argument x = request.field("x"), matrix = request.field("matrix"), y = request.field("y");
  const auto eigenvalues_in = request.optional_field("eigenvaluesIn");
  const auto eigenvalues_out = request.optional_field("eigenvaluesOut");
  const auto bias = request.optional_field("bias"), z = request.optional_field("z");
  const std::size_t outputs = checked_product(layer.batch, layer.outputs, "batch x outputs");

  layer.x = x.array<T>(checked_product(layer.batch, layer.inputs, "batch x inputs")).data();
  layer.matrix = matrix.array<T>(checked_product(layer.outputs, layer.inputs, "outputs x inputs")).data();
  layer.eigenvalues_in = Argument::optional_array<T>(eigenvalues_in, layer.inputs);
  layer.eigenvalues_out = Argument::optional_array<T>(eigenvalues_out, layer.outputs);
  layer.bias = Argument::optional_array<T>(bias, layer.outputs);
  layer.z = Argument::optional_array<T>(z, outputs);
  layer.y = y.array<T>(outputs).data();
  check_eigenvalues(layer.eigenvalues_in, layer.eigenvalues_out);
  return layer;
}

template <class T>
LayerBackward<T> read_backward(const Argument& request) {
  LayerBackward<T> layer{};
  layer.batch = request.field("batch").count();
  layer.inputs = request.field("inputs").count();
  layer.outputs = request.field("outputs").count();
  const Argument x = request.field("x"), matrix = request.field("matrix"), delta = request.field("delta");
  const auto eigenvalues_in = request.optional_field("eigenvaluesIn");
  const auto eigenvalues_out = request.optional_field("eigenvaluesOut");
  const auto grad_matrix = request.optional_field("gradMatrix");
  const auto grad_eigenvalues_in = request.optional_field("gradEigenvaluesIn");
  const auto grad_eigenvalues_out = request.optional_field("gradEigenvaluesOut");
  const auto grad_bias = request.optional_field("gradBias"), grad_x = request.optional_field("gradX");
  const std::size_t inputs = checked_product(layer.batch, layer.inputs, "batch x inputs");
  const std::size_t weights = checked_product(layer.outputs, layer.inputs, "outputs x inputs");

  layer.x = x.array<T>(inputs).data();
  layer.matrix = matrix.array<T>(weights).data();
  layer.eigenvalues_in = Argument::optional_array<T>(eigenvalues_in, layer.inputs);
  layer.eigenvalues_out = Argument::optional_array<T>(eigenvalues_out, layer.outputs);
  layer.delta = delta.array<T>(checked_product(layer.batch, layer.outputs, "batch x outputs")).data();
  layer.grad_matrix = Argument::optional_array<T>(grad_matrix, weights);
  layer.grad_eigenvalues_in = Argument::optional_array<T>(grad_eigenvalues_in, layer.inputs);
  layer.grad_eigenvalues_out = Argument::optional_array<T>(grad_eigenvalues_out, layer.outputs);
  layer.grad_bias = Argument::optional_array<T>(grad_bias, layer.outputs);
  layer.grad_x = Argument::optional_array<T>(grad_x, inputs);
  check_eigenvalues(layer.eigenvalues_in, layer.eigenvalues_out);
  check_eigenvalue_gradients(layer);
  return layer;
}

template <class T>
void forward(BackendKind backend, const Argument& request) {
  const LayerForward<T> layer = read_forward<T>(request);
  backend == BackendKind::cpu ? cpu::layer_forward(layer) : reference::layer_forward(layer);
}

template <class T>
void backward(BackendKind backend, const Argument& request) {
  const LayerBackward<T> layer = read_backward<T>(request);
  backend == BackendKind::cpu ? cpu::layer_backward(layer) : reference::layer_backward(layer);
}

}  // namespace

Napi::Value kernel_forward(const Napi::CallbackInfo& info) {
  return guarded(info.Env(), [&] {
    const Argument request(info[0], "request");
    const BackendKind backend = read_host_backend(request.field("backend"));
    request.field("dtype").dtype() == DType::float32 ? forward<float>(backend, request)
                                                     : forward<double>(backend, request);
    return info.Env().Undefined();
  });
}

Napi::Value kernel_backward(const Napi::CallbackInfo& info) {
  return guarded(info.Env(), [&] {
    const Argument request(info[0], "request");
    const BackendKind backend = read_host_backend(request.field("backend"));
    request.field("dtype").dtype() == DType::float32 ? backward<float>(backend, request)
                                                     : backward<double>(backend, request);
    return info.Env().Undefined();
  });
}

}  // namespace eigenstudent
