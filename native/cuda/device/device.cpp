// Common code of both kinds of device.
#include "cuda/device/device.h"

#include <string>

#include "core/errors.h"

namespace eigenstudent::cuda {

Error out_of_device_memory(std::size_t bytes_needed, const DeviceMemory& memory) {
  return Error("out_of_memory", "device memory: needed " + std::to_string(bytes_needed) + " bytes, " +
                                    std::to_string(memory.free_bytes) + " of " +
                                    std::to_string(memory.total_bytes) + " are free");
}

}  // namespace eigenstudent::cuda
