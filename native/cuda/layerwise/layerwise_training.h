// Trains one student with layer-wise kernels: a step is recorded once and repeated. The host computes the
// values that change from step to step for many steps at a time, and the device reads them.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "core/student.h"
#include "cuda/device/device_member.h"
#include "cuda/device/epoch_window.h"
#include "cuda/layerwise/layerwise_network.h"

namespace eigenstudent::cuda {

class LayerwiseTraining {
 public:
  static std::size_t scratch_bytes(const Trainer& trainer, const Chain& chain, const ParameterLayout& layout);
  /// scratch: device memory of scratch_bytes(). All arguments must outlive this object.
  LayerwiseTraining(Device& device, const Trainer& trainer, const Chain& chain, const ParameterLayout& layout,
                    const DeviceState& state, const DeviceData& data, void* scratch);

  struct Outcome {
    std::uint64_t applied;  // steps
    bool halted;            // the loss of the step after those was not finite
    double batch_loss;      // of the last step applied; where none was, 0
  };
  /// The most steps that one call of run() takes from `step` on.
  std::uint64_t most_steps(std::uint64_t step) const;
  /// Steps `step` to below step + count. update_count: one per tensor; counts applied updates. Waits.
  Outcome run(std::uint64_t step, std::uint64_t count, std::vector<std::uint64_t>& update_count);

 private:
  /// Device memory of a student in training.
  struct Scratch {
    Scratch(Arena& arena, const Trainer& trainer, const Chain& chain, const ParameterLayout& layout);
    LayerwiseNetwork network;
    StepControl* control;
    BatchRows* batches;    // [steps_at_once]
    TensorStep* steps;     // [steps_at_once][tensors]
    TensorPlace* tensors;  // [tensors]
    std::uint32_t* order;  // [epochs_at_once][samples]
    float* x;              // [batch][N_in]
  };
  void draw_shuffles(std::uint64_t first_epoch, std::uint64_t end_epoch);
  void make_tables(std::uint64_t step, std::uint64_t count, std::vector<std::uint64_t> update_count);
  /// Whether step `step` updates the tensor.
  bool moves(const Tensor& tensor, std::uint64_t step) const;
  void enqueue_step() const;

  Device& device_;
  const Trainer& trainer_;
  const Chain& chain_;
  const ParameterLayout& layout_;
  DeviceState state_;
  const DeviceData& data_;
  Arena arena_;
  Scratch scratch_;
  EpochWindow window_;  // of the shuffles in scratch_.order
  std::unique_ptr<Recording> recorded_;
};

}  // namespace eigenstudent::cuda
