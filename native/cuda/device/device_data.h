// A data set in device memory: copied there once for all students that use it.
#pragma once

#include <cstdint>

#include "core/dataset.h"
#include "cuda/device/device.h"
#include "cuda/device/device_arena.h"

namespace eigenstudent::cuda {

class DeviceData {
 public:
  DeviceData(Device& device, const Dataset& data);
  static std::size_t bytes_of(const Dataset& data);

  std::size_t bytes() const { return block_.bytes(); }
  std::size_t samples = 0;
  const float* inputs = nullptr;           // [samples][N_in]
  const float* targets = nullptr;          // [samples][N_out], or null
  const std::uint32_t* classes = nullptr;  // [samples], or null

 private:
  DeviceBlock block_;
};

}  // namespace eigenstudent::cuda
