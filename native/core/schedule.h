// What changes from step to step, declared as data: the learning rate and which tensors train.
#pragma once

#include <cstdint>
#include <vector>

#include "core/network_spec.h"

namespace eigenstudent {

enum class ScheduleKind : std::uint8_t { constant, step, cosine };

/// Learning rate over time. Epochs are fractional: step / steps_per_epoch.
///   constant  base
///   step      base * factor^floor(epoch / every)
///   cosine    minimum + (base - minimum) (1 + cos(pi min(epoch / total, 1))) / 2
/// and any of them times min(1, (step + 1) / (warmup * steps_per_epoch)).
struct Schedule {
  ScheduleKind kind = ScheduleKind::constant;
  double base = 1e-3;
  double warmup = 0;   // epochs
  double every = 1;    // step: epochs
  double factor = 1;   // step
  double total = 1;    // cosine: epochs
  double minimum = 0;  // cosine
};

double learning_rate_at(const Schedule& schedule, std::uint64_t step, std::uint64_t steps_per_epoch);

/// Kinds of tensor that a phase can let train or hold still.
enum PhaseMask : std::uint8_t {
  train_eigenvectors = 1,
  train_eigenvalues_in = 2,
  train_eigenvalues_out = 4,
  train_weights = 8,  // of dense layers
  train_bias = 16,
  train_everything = 31,
};

/// For `length` steps (or epochs) only the tensors in `mask` train. Phases repeat from the first after the
/// last. (A phase lets train what is trainable anyway; it never thaws a frozen tensor.)
struct Phase {
  std::uint8_t mask = train_everything;
  std::uint64_t length = 1;
  bool in_epochs = false;
};

/// The mask in force at a step. No phases: everything trains. All phases of a list use the same unit.
std::uint8_t phase_mask_at(const std::vector<Phase>& phases, std::uint64_t step,
                           std::uint64_t steps_per_epoch);

/// Whether a tensor of this kind and role is in the mask.
bool in_phase(std::uint8_t mask, LayerKind kind, TensorRole role);

}  // namespace eigenstudent
