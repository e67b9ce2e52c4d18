#include "core/schedule.h"

#include <cmath>

namespace eigenstudent {

double learning_rate_at(const Schedule& schedule, std::uint64_t step, std::uint64_t steps_per_epoch) {
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

std::uint8_t phase_mask_at(const std::vector<Phase>& phases, std::uint64_t step,
                           std::uint64_t steps_per_epoch) {
  std::uint64_t cycle = 0;
  for (const Phase& phase : phases) cycle += phase.length;
  if (cycle == 0) return train_everything;
  std::uint64_t place = (phases.front().in_epochs ? step / steps_per_epoch : step) % cycle;
  for (const Phase& phase : phases) {
    if (place < phase.length) return phase.mask;
    place -= phase.length;
  }
  return train_everything;
}

bool in_phase(std::uint8_t mask, LayerKind kind, TensorRole role) {
  switch (role) {
    case TensorRole::matrix:
      return mask & (kind == LayerKind::spectral ? train_eigenvectors : train_weights);
    case TensorRole::eigenvalues_in:
      return mask & train_eigenvalues_in;
    case TensorRole::eigenvalues_out:
      return mask & train_eigenvalues_out;
    case TensorRole::bias:
      return mask & train_bias;
  }
  return false;
}

}  // namespace eigenstudent
