// One layer's forward and backward on device arrays that the caller owns, timed on the device: for measurements of
// single kernels.
#pragma once

#include <cstddef>
#include <memory>

#include "core/layer_arguments.h"
#include "cuda/device/device.h"

namespace eigenstudent::cuda {

/// `size` floats in the memory of a device, which stays open as long as one of its arrays exists. All arrays of
/// one call must be on the same device.
class DeviceArray {
 public:
  DeviceArray(std::shared_ptr<Device> device, std::size_t size);

  std::size_t size() const { return size_; }
  Device& device() const { return *device_; }
  float* data() const { return block_.as<float>(); }
  void write(const float* from);  // from: [size]
  void read(float* to) const;     // to: [size]

 private:
  std::shared_ptr<Device> device_;
  DeviceBlock block_;  // after the device, so that it is destroyed first
  std::size_t size_;
};

/// The pointers of the arguments are device memory. Return the seconds that the kernels took.
double layer_forward(Device& device, const LayerForward<float>& layer);
double layer_backward(Device& device, const LayerBackward<float>& layer);

}  // namespace eigenstudent::cuda
