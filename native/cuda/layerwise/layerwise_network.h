// A network on a device, a few launches per layer: the counterpart of cpu/fused/workspace.h. It owns nothing:
// its buffers are from an arena, which only counts when it has no memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/chain.h"
#include "core/parameter_layout.h"
#include "cuda/device/device.h"
#include "cuda/device/device_arena.h"
#include "cuda/device/device_data.h"
#include "cuda/device/kernels.h"

namespace eigenstudent::cuda {

/// The samples of a pass. With a control, x is the gathered batch of at most `rows` rows and the other values are
/// read on the device.
struct PassRows {
  const float* x;  // [rows][N_in of the network]
  std::uint32_t rows;
  std::uint32_t first;  // sample of row 0, for targets and classes
  const StepControl* control;
  const std::uint32_t* order;  // of the samples, or null
};

class LayerwiseNetwork {
 public:
  /// Memory for passes of at most `rows` rows; with `backward` for their gradients too. The specs must outlive it.
  LayerwiseNetwork(Arena& arena, const Chain& network, const ParameterLayout& layout, std::uint32_t rows,
                   bool backward);

  void set_parameters(const float* parameters) {
    parameters_ = parameters;
  }  // [layout.size()], on the device

  /// Runs layers 0 to below `layers`.
  void forward(Device& device, const PassRows& pass, std::size_t layers) const;
  /// Shares of the loss, [loss_blocks(rows)], into shares(); correct predictions into correct() where wanted. delta of the last
  /// layer where it has room for gradients.
  void loss(Device& device, const PassRows& pass, const DeviceData& data, std::size_t mean_over) const;
  /// From delta of the last layer to the gradients of all trainable tensors.
  void backward(Device& device, const PassRows& pass) const;
  /// The factors of the group lasso at the present parameters, where there is one: the optimiser reads it.
  void shrink(Device& device) const;
  /// The place of each tensor's gradient after backward(), in the order of the layout.
  std::vector<TensorPlace> tensor_places() const;
  std::size_t largest_tensor() const;

  const float* layer_outputs(std::size_t layer) const { return layers_[layer].y; }  // [rows][N_out]
  const double* shares() const { return shares_; }
  const std::uint32_t* correct() const { return correct_; }
  Weights weights(std::size_t layer) const;
  const float* bias(std::size_t layer) const;

 private:
  struct Layer {
    float* y = nullptr;             // [rows][N_out]
    float* z = nullptr;             // the same, where f' needs it and gradients are wanted
    float* grad_matrix = nullptr;   // [N_out][N_in]
    float* partial_in = nullptr;    // [tiles][N_in]
    float* partial_out = nullptr;   // [tiles][N_out]
    float* grad_bias = nullptr;     // [N_out]
    float* lasso_factor = nullptr;  // [N_out], where there is a group lasso
  };
  bool trains(std::size_t layer, TensorRole role) const;
  bool any_trains(std::size_t layer) const;
  void take_gradients(Arena& arena, std::size_t layer);
  void layer_backward(Device& device, const PassRows& pass, std::size_t layer, const float* delta,
                      float* delta_below) const;
  TensorPlace place_of(const Tensor& tensor) const;

  const Chain& network_;
  const ParameterLayout& layout_;
  const float* parameters_ = nullptr;
  std::vector<Layer> layers_;
  float* delta_[2] = {};  // [rows][widest output]
  double* shares_ = nullptr;
  std::uint32_t* correct_ = nullptr;
  std::size_t first_trained_ = 0;  // lowest layer with anything to train
  bool backward_;
};

}  // namespace eigenstudent::cuda
