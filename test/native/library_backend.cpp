#include "library_backend.h"

#include <cstdlib>
#include <utility>
#include <vector>

#include "core/errors.h"
#include "cuda/boundary/client.h"
#include "cuda/boundary/loader.h"

#define ES_TEXT_OF(tokens) #tokens
#define ES_TEXT(tokens) ES_TEXT_OF(tokens)

namespace eigenstudent::test {

namespace {

const es_cuda_table& library() {
  const char* named = std::getenv("EIGENSTUDENT_CUDA");
  return cuda::open_library(named && *named ? named : ES_CUDA_LIBRARY, ES_TEXT(ES_VERSION));
}

/// Calls a layer kernel of the library's first device with copies of the caller's arrays.
class OnDevice {
 public:
  OnDevice() = default;
  OnDevice(const OnDevice&) = delete;
  OnDevice& operator=(const OnDevice&) = delete;
  ~OnDevice() {
    for (es_array* array : arrays_) table_.array_destroy(array);
  }

  es_array* give(const float* from, std::size_t count) {
    if (!from) return nullptr;
    es_array* array = nullptr;
    call(table_.array_create, 0, count, &array);
    arrays_.push_back(array);
    call(table_.array_write, array, from, count);
    return array;
  }
  es_array* want(float* to, std::size_t count) {
    es_array* array = give(to, count);
    if (array) wanted_.push_back({array, to, count});
    return array;
  }
  template <class Kernel, class Layer>
  void run(Kernel* kernel, const Layer& layer) {
    double milliseconds = 0;
    call(kernel, &layer, &milliseconds);
    for (const Wanted& wanted : wanted_) call(table_.array_read, wanted.array, wanted.to, wanted.count);
  }
  const es_cuda_table& table() const { return table_; }

 private:
  struct Wanted {
    es_array* array;
    float* to;
    std::size_t count;
  };
  template <class Function, class... Arguments>
  static void call(Function* function, Arguments... arguments) {
    es_error error{};
    if (function(arguments..., &error)) throw Error(error.code, error.message);
  }

  const es_cuda_table& table_ = library();
  std::vector<es_array*> arrays_;
  std::vector<Wanted> wanted_;
};

}  // namespace

std::unique_ptr<Backend> make_library_backend(std::string& why_not) {
  try {
    const es_cuda_table& table = library();
    why_not = cuda::survey(table).reason;
    if (!why_not.empty()) return nullptr;
    return cuda::make_library_backend(table, {});
  } catch (const Error& error) {
    why_not = error.what();
    return nullptr;
  }
}

void library_forward(const LayerForward<float>& host) {
  OnDevice device;
  const std::size_t outputs = host.batch * host.outputs;
  es_layer_forward layer{};
  layer.batch = host.batch;
  layer.inputs = host.inputs;
  layer.outputs = host.outputs;
  layer.activation = static_cast<std::uint32_t>(host.activation.kind);
  layer.x = device.give(host.x, host.batch * host.inputs);
  layer.matrix = device.give(host.matrix, host.outputs * host.inputs);
  layer.eigenvalues_in = device.give(host.eigenvalues_in, host.inputs);
  layer.eigenvalues_out = device.give(host.eigenvalues_out, host.outputs);
  layer.bias = device.give(host.bias, host.outputs);
  layer.z = device.want(host.z, outputs);
  layer.y = device.want(host.y, outputs);
  device.run(device.table().layer_forward, layer);
}

void library_backward(const LayerBackward<float>& host) {
  OnDevice device;
  const std::size_t inputs = host.batch * host.inputs, weights = host.outputs * host.inputs;
  es_layer_backward layer{};
  layer.batch = host.batch;
  layer.inputs = host.inputs;
  layer.outputs = host.outputs;
  layer.x = device.give(host.x, inputs);
  layer.matrix = device.give(host.matrix, weights);
  layer.eigenvalues_in = device.give(host.eigenvalues_in, host.inputs);
  layer.eigenvalues_out = device.give(host.eigenvalues_out, host.outputs);
  layer.delta = device.give(host.delta, host.batch * host.outputs);
  layer.grad_matrix = device.want(host.grad_matrix, weights);
  layer.grad_eigenvalues_in = device.want(host.grad_eigenvalues_in, host.inputs);
  layer.grad_eigenvalues_out = device.want(host.grad_eigenvalues_out, host.outputs);
  layer.grad_bias = device.want(host.grad_bias, host.outputs);
  layer.grad_x = device.want(host.grad_x, inputs);
  device.run(device.table().layer_backward, layer);
}

}  // namespace eigenstudent::test
