#include "cuda/device/device_layer.h"

#include <utility>

#include "cuda/device/device_arena.h"
#include "cuda/device/kernels.h"

namespace eigenstudent::cuda {

namespace {

/// Memory for the sums over tiles of the eigenvalue gradients, and the launches that compute them.
struct EigenvalueSums {
  EigenvalueSums(Arena& arena, const LayerBackward<float>& layer, const Weights& w) {
    const std::uint32_t tiles_in = weight_gradient_tiles_in(w.inputs, w.outputs);
    const std::uint32_t tiles_out = weight_gradient_tiles_out(w.inputs, w.outputs);
    partial_in = arena.take<float>(layer.grad_eigenvalues_in ? layer.inputs * tiles_in : 0);
    partial_out = arena.take<float>(layer.grad_eigenvalues_out ? layer.outputs * tiles_out : 0);
    of_in = {layer.inputs, partial_in, tiles_in, 1, layer.grad_eigenvalues_in};
    of_out = {layer.outputs, partial_out, tiles_out, -1, layer.grad_eigenvalues_out};
  }
  float* partial_in;
  float* partial_out;
  AddParts of_in, of_out;
};

Weights weights_of(const auto& layer) {
  return {layer.matrix, layer.eigenvalues_in, layer.eigenvalues_out, static_cast<std::uint32_t>(layer.inputs),
          static_cast<std::uint32_t>(layer.outputs)};
}

}  // namespace

DeviceArray::DeviceArray(std::shared_ptr<Device> device, std::size_t size)
    : device_(std::move(device)), block_(*device_, size * sizeof(float)), size_(size) {}

void DeviceArray::write(const float* from) { device_->copy_in(data(), from, size_ * sizeof(float)); }
void DeviceArray::read(float* to) const { device_->copy_out(to, data(), size_ * sizeof(float)); }

double layer_forward(Device& device, const LayerForward<float>& layer) {
  ForwardProduct product{};
  product.rows = static_cast<std::uint32_t>(layer.batch);
  product.activation = layer.activation.kind;
  product.weights = weights_of(layer);
  product.bias = layer.bias;
  product.x = layer.x;
  product.z = layer.z;
  product.y = layer.y;
  return device.seconds_of([&] { device.kernels().forward_product(device, product); });
}

double layer_backward(Device& device, const LayerBackward<float>& layer) {
  const KernelTable& kernels = device.kernels();
  const auto rows = static_cast<std::uint32_t>(layer.batch);
  const Weights weights = weights_of(layer);
  Arena counting;
  EigenvalueSums(counting, layer, weights);
  const DeviceBlock scratch(device, counting.bytes());
  Arena arena(scratch.as<void>());
  const EigenvalueSums sums(arena, layer, weights);
  return device.seconds_of([&] {
    if (layer.grad_matrix || sums.partial_in || sums.partial_out)
      kernels.weight_gradient(device, {nullptr, rows, weights, layer.delta, layer.x, layer.grad_matrix,
                                       sums.partial_in, sums.partial_out});
    if (sums.partial_in) kernels.add_parts(device, sums.of_in);
    if (sums.partial_out) kernels.add_parts(device, sums.of_out);
    if (layer.grad_bias)
      kernels.column_sums(device, {nullptr, rows, weights.outputs, layer.delta, layer.grad_bias});
    if (layer.grad_x)
      kernels.input_gradient(
          device, {nullptr, rows, Activation::linear, weights, layer.delta, nullptr, nullptr, layer.grad_x});
  });
}

}  // namespace eigenstudent::cuda
