// The CUDA backend in the addon: Backend and Population of core/ over the table of a loaded library.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "core/backend.h"
#include "cuda/boundary/abi.h"

namespace eigenstudent::cuda {

struct FoundDevice {
  int index;
  std::string name;
  int capability;  // 10 major + minor
  bool usable;     // false: too old for the library
  std::uint64_t total_bytes, free_bytes;
};

/// The devices that the library finds on this machine.
struct Survey {
  int driver_version;   // 1000 major + 10 minor; 0: no driver
  int runtime_version;  // that the library was built with
  bool emulated;
  std::string reason;  // why no device can be used; empty where one can
  std::vector<FoundDevice> devices;
};
Survey survey(const es_cuda_table& library);

/// devices: indices as the survey counts them; none: the first. Throws Error("cuda_unavailable") with what is
/// missing, Error("invalid_argument") for an index that does not exist.
std::unique_ptr<Backend> make_library_backend(const es_cuda_table& library, std::span<const int> devices);

}  // namespace eigenstudent::cuda
