#include "cuda/device/device_data.h"

namespace eigenstudent::cuda {

namespace {

/// Places of the arrays of a data set.
struct Places {
  float* inputs;
  float* targets;
  std::uint32_t* classes;
};
Places places(Arena& arena, const Samples<float>& samples) {
  Places at{};
  at.inputs = arena.take<float>(samples.inputs.size());
  at.targets = arena.take<float>(samples.targets.size());
  at.classes = arena.take<std::uint32_t>(samples.classes.size());
  return at;
}

}  // namespace

std::size_t DeviceData::bytes_of(const Dataset& data) {
  Arena counting;
  places(counting, data.float32);
  return counting.bytes();
}

DeviceData::DeviceData(Device& device, const Dataset& data)
    : samples(data.samples), block_(device, bytes_of(data)) {
  const Samples<float>& from = data.float32;
  Arena arena(block_.as<void>());
  const Places at = places(arena, from);
  device.copy_in(at.inputs, from.inputs.data(), from.inputs.size() * sizeof(float));
  if (at.targets) device.copy_in(at.targets, from.targets.data(), from.targets.size() * sizeof(float));
  if (at.classes)
    device.copy_in(at.classes, from.classes.data(), from.classes.size() * sizeof(std::uint32_t));
  device.synchronize();  // streams do not wait for each other
  inputs = at.inputs;
  targets = at.targets;
  classes = at.classes;
}

}  // namespace eigenstudent::cuda
