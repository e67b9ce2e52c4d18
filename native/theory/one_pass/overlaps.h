// Overlaps of a quadratic student with itself and its teacher, and what a run records of them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "theory/one_pass/one_pass.h"

namespace eigenstudent::theory {

struct Overlaps {
  Overlaps(std::size_t units, std::size_t teacher_units, double trace_t, double trace_t2)
      : units(units),
        teacher_units(teacher_units),
        trace_t(trace_t),
        trace_t2(trace_t2),
        q(units * units),
        r(units * teacher_units) {}

  /// E (f - y)^2 / 2 = tau^2 / 2 + tr Q^2 - 2 tr R R^T + tr T^2, tau = tr Q - tr T. Rounding leaves about 1e-16 (tr T)^2.
  double loss() const;

  std::size_t units, teacher_units;
  double trace_t, trace_t2;  // tr T, tr T^2
  std::vector<double> q;     // [units][units]
  std::vector<double> r;     // [units][teacher_units]
};

/// One student's run as its result has it: records, escape, divergence.
class Watch {
 public:
  Watch(const OnePassSpec& spec, std::size_t student, OnePassResult& result);

  bool active() const { return active_; }
  /// Whether overlaps are recorded after this many steps.
  bool due(std::uint64_t step) const { return active_ && step == (*steps_)[next_]; }
  /// Looks at a student after `step` steps; called for each number of steps in turn while it is active.
  void observe(std::uint64_t step, const Overlaps& overlaps);

 private:
  void record(const Overlaps& overlaps, double loss);

  const std::vector<std::uint64_t>* steps_;
  OnePassResult* result_;
  std::size_t student_, next_ = 0;
  double escape_loss_, largest_loss_ = 0;
  bool stop_at_escape_, escaped_ = false, active_ = true;
};

double sum(const std::vector<double>& values);
double sum_of_squares(const std::vector<double>& values);

}  // namespace eigenstudent::theory
