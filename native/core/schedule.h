// Schedules, declared as data: the learning rate and the trainable tensors of each step.
#pragma once

#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/fields.h"
#include "core/host_device.h"
#include "core/layer_description.h"

namespace eigenstudent {

enum class ScheduleKind : std::uint8_t { constant, step, cosine };
template <>
struct EnumNames<ScheduleKind> {
  static constexpr std::array values{"constant", "step", "cosine"};
};

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
template <class Visitor, MaybeConst<Schedule> Spec>
void fields(Visitor& visit, Spec& schedule) {
  visit("kind", schedule.kind);
  visit("base", schedule.base);
  visit("warmup", schedule.warmup);
  visit("every", schedule.every);
  visit("factor", schedule.factor);
  visit("total", schedule.total);
  visit("minimum", schedule.minimum);
}

ES_HOST_DEVICE double learning_rate_at(const Schedule& schedule, std::uint64_t step,
                                       std::uint64_t steps_per_epoch) {
  constexpr double pi = 3.14159265358979323846;
  const double epoch = static_cast<double>(step) / static_cast<double>(steps_per_epoch);
  double rate = schedule.base;
  if (schedule.kind == ScheduleKind::step)
    rate *= std::pow(schedule.factor, std::floor(epoch / schedule.every));
  if (schedule.kind == ScheduleKind::cosine) {
    const double progress = epoch < schedule.total ? epoch / schedule.total : 1;
    rate = schedule.minimum + (schedule.base - schedule.minimum) * (1 + std::cos(pi * progress)) / 2;
  }
  const double warmup_steps = schedule.warmup * static_cast<double>(steps_per_epoch);
  const double done = static_cast<double>(step) + 1;
  return done < warmup_steps ? rate * (done / warmup_steps) : rate;
}

/// Tensors whose training a phase switches on or off, by their PhaseBit.
enum PhaseMask : std::uint8_t {
  train_eigenvectors = 1 << eigenvectors_bit,
  train_eigenvalues_in = 1 << eigenvalues_in_bit,
  train_eigenvalues_out = 1 << eigenvalues_out_bit,
  train_weights = 1 << weights_bit,  // of dense layers
  train_bias = 1 << bias_bit,
  train_everything = (1 << phase_bit_count) - 1,
};

/// For `length` steps (or epochs) only the tensors in `mask` train. Phases repeat from the first after the
/// last. (A phase only restricts trainable tensors; it never trains a frozen one.)
struct Phase {
  std::uint8_t mask = train_everything;
  std::uint64_t length = 1;
  bool in_epochs = false;
};
template <class Visitor, MaybeConst<Phase> Spec>
void fields(Visitor& visit, Spec& phase) {
  visit("mask", phase.mask);
  visit("length", phase.length);
  visit("inEpochs", phase.in_epochs);
}

/// The mask of a step. Without phases everything trains. All phases of a list use the same unit.
/// phases: [count], may be null where count is 0.
ES_HOST_DEVICE std::uint8_t phase_mask_at(const Phase* phases, std::size_t count, std::uint64_t step,
                                          std::uint64_t steps_per_epoch) {
  std::uint64_t cycle = 0;
  for (std::size_t i = 0; i < count; ++i) cycle += phases[i].length;
  if (cycle == 0) return train_everything;
  std::uint64_t place = (phases[0].in_epochs ? step / steps_per_epoch : step) % cycle;
  for (std::size_t i = 0; i < count; ++i) {
    if (place < phases[i].length) return phases[i].mask;
    place -= phases[i].length;
  }
  return train_everything;
}
inline std::uint8_t phase_mask_at(const std::vector<Phase>& phases, std::uint64_t step,
                                  std::uint64_t steps_per_epoch) {
  return phase_mask_at(phases.data(), phases.size(), step, steps_per_epoch);
}

/// Whether tensors of this phase bit (core/layer_description.h) train under the mask.
ES_HOST_DEVICE bool in_phase(std::uint8_t mask, std::uint8_t phase_bit) { return mask >> phase_bit & 1; }

}  // namespace eigenstudent
