#include "theory/one_pass/overlaps.h"

#include <algorithm>

namespace eigenstudent::theory {

double sum(const std::vector<double>& values) {
  double total = 0;
  for (const double value : values) total += value;
  return total;
}

double sum_of_squares(const std::vector<double>& values) {
  double total = 0;
  for (const double value : values) total += value * value;
  return total;
}

double Overlaps::loss() const {
  double trace = 0;
  for (std::size_t i = 0; i < units; ++i) trace += q[i * units + i];
  const double tau = trace - trace_t;
  return tau * tau / 2 + sum_of_squares(q) - 2 * sum_of_squares(r) + trace_t2;
}

/// A run counts as diverged when its loss exceeds this many times the loss at its start. Arbitrary: beyond the larger root of the
/// plateau's equation the norm grows faster than any exponential, so that any large number gives the same answer.
constexpr double diverged_times = 1e8;

Watch::Watch(const OnePassSpec& spec, std::size_t student, OnePassResult& result)
    : steps_(&spec.steps),
      result_(&result),
      student_(student),
      escape_loss_(spec.escape_loss),
      stop_at_escape_(spec.stop_at_escape) {}

void Watch::observe(std::uint64_t step, const Overlaps& overlaps) {
  const double loss = overlaps.loss();
  if (step == 0) largest_loss_ = diverged_times * (1 + loss);
  if (!(loss <= largest_loss_)) {  // NaN, too
    result_->diverged[student_] = static_cast<double>(step);
    active_ = false;
    return;
  }
  if (due(step)) record(overlaps, loss);
  if (!escaped_ && loss < escape_loss_) {
    escaped_ = true;
    result_->escaped[student_] = static_cast<double>(step);
    if (stop_at_escape_) active_ = false;
  }
  if (next_ == steps_->size()) active_ = false;
}

void Watch::record(const Overlaps& overlaps, double loss) {
  const std::size_t place = student_ * steps_->size() + next_++;
  std::copy(overlaps.q.begin(), overlaps.q.end(), result_->q.begin() + place * overlaps.q.size());
  std::copy(overlaps.r.begin(), overlaps.r.end(), result_->r.begin() + place * overlaps.r.size());
  result_->loss[place] = loss;
}

}  // namespace eigenstudent::theory
