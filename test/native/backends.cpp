#include "backends.h"

#include <cstdlib>
#include <cstring>
#include <utility>

#include "core/errors.h"
#include "cpu/cpu_backend.h"
#include "cpu/layer_kernels.h"
#include "cuda/device/device_layer.h"
#include "cuda/population/cuda_backend.h"
#include "layers/dense/reference.h"
#include "library_backend.h"
#include "reference/reference_backend.h"

namespace eigenstudent::test {

namespace {

/// EIGENSTUDENT_CONTRACT names the backends that are held against the oracle, for runs that are slow or repeated: "cpu"
/// (the emulated devices know no instruction sets) or "library" (the CUDA library, beside the
/// reference). All, where it is not set.
bool only(const char* which) {
  const char* wanted = std::getenv("EIGENSTUDENT_CONTRACT");
  return wanted && std::strcmp(wanted, which) == 0;
}

/// The CPU backend with every student on the general executor.
class GeneralBackend final : public Backend {
 public:
  std::string name() const override { return cpu_->name(); }
  std::string engine() const override { return cpu_->engine() + "-general"; }
  std::unique_ptr<Population> create(PopulationSpec spec) const override {
    spec.general = true;
    return cpu_->create(std::move(spec));
  }

 private:
  std::unique_ptr<Backend> cpu_ = make_cpu_backend();
};

}  // namespace

std::vector<std::unique_ptr<Backend>> backends() {
  std::vector<std::unique_ptr<Backend>> all;
  std::string why_not;
  std::unique_ptr<Backend> library = make_library_backend(why_not);
  if (only("library")) {
    if (!library) throw Error("cuda_unavailable", "EIGENSTUDENT_CONTRACT=library, but " + why_not);
    all.push_back(
        make_reference_backend());  // cheap, and computes in float64, which some contracts are about
    all.push_back(std::move(library));
    return all;
  }
#if !defined(__SANITIZE_THREAD__)  // it has no threads to watch, and takes minutes when watched
  all.push_back(make_reference_backend());
#endif
  all.push_back(make_cpu_backend());
  all.push_back(std::make_unique<GeneralBackend>());
  if (only("cpu")) return all;
  cuda::EmulatedLimits limits;
  all.push_back(make_emulated_cuda_backend(limits));
  limits.resident = false;
  all.push_back(make_emulated_cuda_backend(limits));
  if (library) all.push_back(std::move(library));
  return all;
}

std::string why_no_gpu() {
  std::string why_not;
  make_library_backend(why_not);
  return why_not;
}

bool computes_in(const Backend& backend, DType dtype) {
  return backend.name() != "cuda" || dtype == DType::float32;
}

namespace {

/// Calls a layer kernel of an emulated device with copies of the caller's arrays.
class OnDevice {
 public:
  template <class T>
  void give(const T*& array, std::size_t count) {
    if (array) array = arrays_.emplace_back(copied(array, count)).data();
  }
  template <class T>
  void want(T*& array, std::size_t count) {
    if (!array) return;
    wanted_.push_back({arrays_.size(), array});
    array = arrays_.emplace_back(copied(array, count)).data();
  }
  cuda::Device& device() { return *device_; }
  void bring_back() {
    for (const auto& [index, to] : wanted_) arrays_[index].read(to);
  }

 private:
  cuda::DeviceArray copied(const float* from, std::size_t count) {
    cuda::DeviceArray array(device_, count);
    array.write(from);
    return array;
  }
  std::shared_ptr<cuda::Device> device_ = cuda::open_emulated_device({});
  std::vector<cuda::DeviceArray> arrays_;
  std::vector<std::pair<std::size_t, float*>> wanted_;
};

void emulated_forward(const LayerForward<float>& host) {
  OnDevice on_device;
  LayerForward<float> layer = host;
  const std::size_t outputs = layer.batch * layer.outputs;
  on_device.give(layer.x, layer.batch * layer.inputs);
  on_device.give(layer.matrix, layer.outputs * layer.inputs);
  on_device.give(layer.eigenvalues_in, layer.inputs);
  on_device.give(layer.eigenvalues_out, layer.outputs);
  on_device.give(layer.bias, layer.outputs);
  on_device.want(layer.z, outputs);
  on_device.want(layer.y, outputs);
  cuda::layer_forward(on_device.device(), layer);
  on_device.bring_back();
}

void emulated_backward(const LayerBackward<float>& host) {
  OnDevice on_device;
  LayerBackward<float> layer = host;
  const std::size_t inputs = layer.batch * layer.inputs, weights = layer.outputs * layer.inputs;
  on_device.give(layer.x, inputs);
  on_device.give(layer.matrix, weights);
  on_device.give(layer.eigenvalues_in, layer.inputs);
  on_device.give(layer.eigenvalues_out, layer.outputs);
  on_device.give(layer.delta, layer.batch * layer.outputs);
  on_device.want(layer.grad_matrix, weights);
  on_device.want(layer.grad_eigenvalues_in, layer.inputs);
  on_device.want(layer.grad_eigenvalues_out, layer.outputs);
  on_device.want(layer.grad_bias, layer.outputs);
  on_device.want(layer.grad_x, inputs);
  cuda::layer_backward(on_device.device(), layer);
  on_device.bring_back();
}

}  // namespace

template <class T>
std::vector<LayerKernels<T>> layer_kernels() {
  if constexpr (sizeof(T) == sizeof(float))
    if (only("library")) return {{"cuda library", library_forward, library_backward}};
  std::vector<LayerKernels<T>> all = {
      {"reference", reference::layer_forward<T>, reference::layer_backward<T>},
      {"cpu", cpu::layer_forward<T>, cpu::layer_backward<T>},
  };
  if constexpr (sizeof(T) == sizeof(float))
    all.push_back({"cuda-emulated", emulated_forward, emulated_backward});
  if constexpr (sizeof(T) == sizeof(float))
    if (why_no_gpu().empty()) all.push_back({"cuda library", library_forward, library_backward});
  return all;
}

template std::vector<LayerKernels<float>> layer_kernels();
template std::vector<LayerKernels<double>> layer_kernels();

}  // namespace eigenstudent::test
