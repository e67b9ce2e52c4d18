// A backend whose populations live on devices that `open` opens, whatever their kind.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/backend.h"
#include "cuda/device/device.h"

namespace eigenstudent::cuda {

using OpenDevices = std::function<std::vector<std::unique_ptr<Device>>()>;
std::unique_ptr<Backend> make_device_backend(std::string engine, OpenDevices open, bool resident);

}  // namespace eigenstudent::cuda
