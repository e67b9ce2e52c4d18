#include "cuda/layerwise/layerwise_network.h"

#include <algorithm>

namespace eigenstudent::cuda {

namespace {

std::uint32_t narrow(std::size_t count) { return static_cast<std::uint32_t>(count); }

}  // namespace

LayerwiseNetwork::LayerwiseNetwork(Arena& arena, const Chain& network, const ParameterLayout& layout,
                                   std::uint32_t rows, bool backward)
    : network_(network), layout_(layout), layers_(network.layers.size()), backward_(backward) {
  std::size_t widest = 0;
  for (std::size_t l = 0; l < layers_.size(); ++l) {
    const ChainLayer& spec = network.layers[l];
    widest = std::max(widest, spec.outputs);
    layers_[l].y = arena.take<float>(rows * spec.outputs);
    if (!backward) continue;
    if (derivative_needs_z(spec.activation)) layers_[l].z = arena.take<float>(rows * spec.outputs);
    take_gradients(arena, l);
  }
  for (float*& delta : delta_)
    if (backward) delta = arena.take<float>(rows * widest);
  shares_ = arena.take<double>(loss_blocks(rows));
  correct_ = arena.take<std::uint32_t>(loss_blocks(rows));
  while (first_trained_ < layers_.size() && !any_trains(first_trained_)) ++first_trained_;
}

bool LayerwiseNetwork::trains(std::size_t layer, TensorRole role) const {
  const ChainTensor& tensor = network_.layers[layer].tensor(role);
  return tensor.present && tensor.trainable;
}

bool LayerwiseNetwork::any_trains(std::size_t layer) const {
  for (const TensorRole role :
       {TensorRole::matrix, TensorRole::eigenvalues_in, TensorRole::eigenvalues_out, TensorRole::bias})
    if (trains(layer, role)) return true;
  return false;
}

void LayerwiseNetwork::take_gradients(Arena& arena, std::size_t layer) {
  const std::size_t inputs = network_.layers[layer].inputs, outputs = network_.layers[layer].outputs;
  const auto take = [&](TensorRole role, std::size_t count) {
    return arena.take<float>(trains(layer, role) ? count : 0);
  };
  Layer& to = layers_[layer];
  to.grad_matrix = take(TensorRole::matrix, inputs * outputs);
  to.partial_in =
      take(TensorRole::eigenvalues_in, inputs * weight_gradient_tiles_in(narrow(inputs), narrow(outputs)));
  to.partial_out =
      take(TensorRole::eigenvalues_out, outputs * weight_gradient_tiles_out(narrow(inputs), narrow(outputs)));
  to.grad_bias = take(TensorRole::bias, outputs);
  if (network_.layers[layer].tensor(TensorRole::matrix).group_lasso != 0)
    to.lasso_factor = take(TensorRole::matrix, outputs);
}

Weights LayerwiseNetwork::weights(std::size_t layer) const {
  const ChainLayer& spec = network_.layers[layer];
  return {layout_.find(parameters_, layer, TensorRole::matrix),
          layout_.find(parameters_, layer, TensorRole::eigenvalues_in),
          layout_.find(parameters_, layer, TensorRole::eigenvalues_out), narrow(spec.inputs),
          narrow(spec.outputs)};
}

const float* LayerwiseNetwork::bias(std::size_t layer) const {
  return layout_.find(parameters_, layer, TensorRole::bias);
}

void LayerwiseNetwork::forward(Device& device, const PassRows& pass, std::size_t layers) const {
  for (std::size_t l = 0; l < layers; ++l) {
    ForwardProduct product{};
    product.control = pass.control;
    product.rows = pass.rows;
    product.activation = network_.layers[l].activation;
    product.weights = weights(l);
    product.bias = bias(l);
    product.x = l == 0 ? pass.x : layers_[l - 1].y;
    product.z = layers_[l].z;
    product.y = layers_[l].y;
    device.kernels().forward_product(device, product);
  }
}

void LayerwiseNetwork::loss(Device& device, const PassRows& pass, const DeviceData& data,
                            std::size_t mean_over) const {
  BatchLoss loss{};
  loss.control = pass.control;
  loss.batch = {pass.first, pass.rows};
  loss.mean_over = mean_over;
  loss.loss = network_.loss;
  loss.activation = network_.layers.back().activation;
  loss.outputs = narrow(network_.outputs());
  loss.order = pass.order;
  loss.z = layers_.back().z;
  loss.y = layers_.back().y;
  loss.targets = data.targets;
  loss.classes = data.classes;
  loss.delta = delta_[(layers_.size() - 1) % 2];
  loss.shares = shares_;
  loss.correct = correct_;
  device.kernels().batch_loss(device, loss);
}

void LayerwiseNetwork::backward(Device& device, const PassRows& pass) const {
  for (std::size_t l = layers_.size(); l-- > first_trained_;)
    layer_backward(device, pass, l, delta_[l % 2], l > first_trained_ ? delta_[(l + 1) % 2] : nullptr);
}

void LayerwiseNetwork::layer_backward(Device& device, const PassRows& pass, std::size_t l, const float* delta,
                                      float* delta_below) const {
  const Layer& layer = layers_[l];
  if (layer.grad_matrix || layer.partial_in || layer.partial_out)
    device.kernels().weight_gradient(
        device, {pass.control, pass.rows, weights(l), delta, l == 0 ? pass.x : layers_[l - 1].y,
                 layer.grad_matrix, layer.partial_in, layer.partial_out});
  if (layer.grad_bias)
    device.kernels().column_sums(
        device, {pass.control, pass.rows, narrow(network_.layers[l].outputs), delta, layer.grad_bias});
  if (delta_below)
    device.kernels().input_gradient(
        device, {pass.control, pass.rows, network_.layers[l - 1].activation, weights(l), delta,
                 layers_[l - 1].z, layers_[l - 1].y, delta_below});
}

void LayerwiseNetwork::shrink(Device& device) const {
  for (std::size_t l = 0; l < layers_.size(); ++l) {
    if (!layers_[l].lasso_factor) continue;
    const Weights of = weights(l);
    const ChainTensor& spec = network_.layers[l].tensor(TensorRole::matrix);
    device.kernels().row_lasso_factor(
        device,
        {of.matrix, of.outputs, of.inputs, static_cast<float>(spec.group_lasso), layers_[l].lasso_factor});
  }
}

std::vector<TensorPlace> LayerwiseNetwork::tensor_places() const {
  std::vector<TensorPlace> places;
  for (const Tensor& tensor : layout_.tensors()) places.push_back(place_of(tensor));
  return places;
}

TensorPlace LayerwiseNetwork::place_of(const Tensor& tensor) const {
  const ChainLayer& spec = network_.layers[tensor.layer];
  const Layer& layer = layers_[tensor.layer];
  const ChainTensor& options = spec.tensor(tensor.role());
  TensorPlace place{};
  place.offset = tensor.offset;
  place.size = tensor.size();
  place.parts = 1;
  place.sign = 1;
  place.l1 = static_cast<float>(options.l1);
  place.l2 = static_cast<float>(options.l2);
  place.trainable = options.trainable ? 1 : 0;
  switch (tensor.role()) {
    case TensorRole::matrix:
      place.gradient = layer.grad_matrix;
      place.lasso_factor = layer.lasso_factor;
      place.columns = spec.inputs;
      break;
    case TensorRole::eigenvalues_in:
      place.gradient = layer.partial_in;
      place.parts = weight_gradient_tiles_in(narrow(spec.inputs), narrow(spec.outputs));
      break;
    case TensorRole::eigenvalues_out:
      place.gradient = layer.partial_out;
      place.parts = weight_gradient_tiles_out(narrow(spec.inputs), narrow(spec.outputs));
      place.sign = -1;
      break;
    case TensorRole::bias:
      place.gradient = layer.grad_bias;
      break;
  }
  return place;
}

std::size_t LayerwiseNetwork::largest_tensor() const {
  std::size_t largest = 0;
  for (const Tensor& tensor : layout_.tensors()) largest = std::max(largest, tensor.size());
  return largest;
}

}  // namespace eigenstudent::cuda
