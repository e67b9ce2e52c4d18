// A student on its device, and the result of training.
#pragma once

#include <cstddef>
#include <cstdint>

#include "core/chain.h"
#include "core/parameter_layout.h"
#include "core/student.h"

namespace eigenstudent::cuda {

/// A student's blocks in device memory, in public order.
struct DeviceState {
  float* parameters;     // [layout.size()]
  float* first_moment;   // [layout.size()]
  float* second_moment;  // [layout.size()], or null with SGD
};

/// The blocks of the host state are empty where on_device is set; its step and counts are always there.
struct DeviceMember {
  std::size_t student;  // its place in the population
  const StudentSpec* spec;
  const Chain* chain;  // its network
  const ParameterLayout* layout;
  StudentState<float>* host;
  DeviceState blocks{};
  bool on_device = false;
};

/// The result of some steps of a student.
struct StepsDone {
  std::size_t member;
  std::uint64_t applied;
  bool halted;        // the loss of the step after those was not finite
  double batch_loss;  // of the last one applied
  double seconds;     // wall time, shared out among students that trained side by side
};

}  // namespace eigenstudent::cuda
