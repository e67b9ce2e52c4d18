// The library over emulated devices: for tests of the addon on a machine without a GPU.
//
//   EIGENSTUDENT_EMULATED_DEVICES      how many there are; 0 makes a machine without one (2)
//   EIGENSTUDENT_EMULATED_MEMORY       bytes of each (1 GiB)
//   EIGENSTUDENT_EMULATED_SHARED       bytes of shared memory that a block of each may have (an H200's)
//   EIGENSTUDENT_EMULATED_FAILS_AFTER  kernel launches until a device fails for good (never)
#include <algorithm>
#include <cstdlib>
#include <string>

#include "core/errors.h"
#include "cuda/boundary/library_devices.h"
#include "cuda/population/cuda_backend.h"

namespace eigenstudent::cuda {

namespace {

long long setting(const char* name, long long otherwise) {
  const char* text = std::getenv(name);
  return text && *text ? std::atoll(text) : otherwise;
}

EmulatedLimits emulated_limits() {
  EmulatedLimits limits;
  limits.devices = static_cast<int>(setting("EIGENSTUDENT_EMULATED_DEVICES", 2));
  limits.memory_bytes = static_cast<std::size_t>(
      setting("EIGENSTUDENT_EMULATED_MEMORY", static_cast<long long>(limits.memory_bytes)));
  limits.limits.shared_bytes_per_block = static_cast<std::size_t>(
      setting("EIGENSTUDENT_EMULATED_SHARED", static_cast<long long>(limits.limits.shared_bytes_per_block)));
  limits.fails_after = setting("EIGENSTUDENT_EMULATED_FAILS_AFTER", limits.fails_after);
  return limits;
}

void check_index(int index, int devices) {
  if (devices == 0) throw Error("cuda_unavailable", library_survey().reason);
  if (index < 0 || index >= devices)
    throw Error("invalid_argument", "devices: expected indices from 0 to " + std::to_string(devices - 1) +
                                        ", got " + std::to_string(index));
}

}  // namespace

bool library_is_emulated() { return true; }

DeviceSurvey library_survey() {
  const EmulatedLimits limits = emulated_limits();
  DeviceSurvey survey;
  for (int i = 0; i < limits.devices; ++i)
    survey.devices.push_back(
        {i, limits.limits.name, limits.limits.capability, limits.memory_bytes, limits.memory_bytes, true});
  if (limits.devices == 0) survey.reason = "EIGENSTUDENT_EMULATED_DEVICES is 0";
  return survey;
}

/// The emulated backend numbers its devices from 0; it ignores the requested indices.
std::unique_ptr<Backend> library_backend(const std::vector<int>& devices) {
  EmulatedLimits limits = emulated_limits();
  for (const int index : devices) check_index(index, limits.devices);
  limits.devices = std::max(1, static_cast<int>(devices.size()));
  return make_emulated_cuda_backend(limits);
}

std::unique_ptr<Device> library_device(int index) {
  const EmulatedLimits limits = emulated_limits();
  check_index(index, limits.devices);
  return open_emulated_device(limits);
}

}  // namespace eigenstudent::cuda
