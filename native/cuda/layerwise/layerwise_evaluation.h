// Layer-wise computations besides training: evaluation, predictions, gradient, pruning curve. A data set is
// processed in ranges that fit into the free memory; no result depends on their length.
#pragma once

#include <cstdint>
#include <span>

#include "core/backend.h"
#include "cuda/layerwise/layerwise_network.h"

namespace eigenstudent::cuda {

/// Device memory that calls share one after the other; it grows when one needs more.
class ScratchMemory {
 public:
  void* require(Device& device, std::size_t bytes) {
    if (bytes > block_.bytes()) {
      block_ = DeviceBlock();  // before the larger one is allocated
      block_ = DeviceBlock(device, bytes);
    }
    return block_.as<void>();
  }
  std::size_t bytes() const { return block_.bytes(); }
  void release() { block_ = DeviceBlock(); }

 private:
  DeviceBlock block_;
};

/// A student, for these calls.
struct DeviceStudent {
  Device& device;
  ScratchMemory& scratch;
  const Chain& network;
  const ParameterLayout& layout;
  const float* parameters;  // [layout.size()], device memory
};

/// One student to be evaluated, in a stream and with scratch that no other student of the call uses.
struct EvaluationRequest {
  DeviceStudent student;
  const DeviceData* data;
  int stream;
  Evaluation* result;  // NaN when stopped
};
/// Small students do not fill a GPU, and each result needs a round trip to the host: so several are evaluated
/// at a time.
void evaluate(std::span<const EvaluationRequest> requests, const StopFlag& stop);
/// outputs: [samples][N_out], host memory.
void predict(const DeviceStudent& student, const DeviceData& data, float* outputs);
/// gradient: [layout.size()], host memory. Returns the data loss.
double gradient(const DeviceStudent& student, const DeviceData& data, float* gradient);
/// losses: [N_out of the layer + 1], NaN when stopped.
void pruning_curve(const DeviceStudent& student, std::size_t layer,
                   std::span<const std::uint32_t> removal_order, const DeviceData& data,
                   std::span<double> losses, const StopFlag& stop);

}  // namespace eigenstudent::cuda
