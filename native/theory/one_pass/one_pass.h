// One-pass SGD of a student f = sum_i (u_i.x)^2 on a teacher y = sum_m (v_m.x)^2, x ~ N(0, I_N) drawn afresh for each step:
//
//   U <- U - (eta / N) 2 delta (U x) x^T,   delta = |U x|^2 - |V x|^2
//
// observed by the overlaps Q = U U^T and R = U V^T. Rows of V are orthogonal, T_m = |v_m|^2. Two engines: `direct` has the rows of
// U; `chain` has the overlaps alone, whose law under the step is the same.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/backend.h"

namespace eigenstudent::theory {

struct OnePassSpec {
  bool chain = false;
  bool spherical = false;       // rows are brought back to |u_i|^2 = start_norm after each step
  bool shared_stream = false;   // direct: all students see the inputs of student 0
  bool stop_at_escape = false;  // a student's run ends where it escapes
  std::size_t students = 1, inputs = 0, units = 0, teacher_units = 0;  // N, p, p*
  double learning_rate = 0;                                            // eta
  double start_norm = 1;             // rows of U: normal entries of variance start_norm / N ...
  double start_overlap = 0;          // ... plus start_overlap v_m / |v_m|, m = i mod p*
  std::vector<double> teacher;       // [teacher_units] T_m
  std::vector<std::uint64_t> steps;  // ascending: numbers of steps after which overlaps are recorded
  double escape_loss = 0;            // a student escapes when its loss is first below
  std::uint64_t seed = 0;
  std::uint32_t trial = 0;  // of student 0; student s has trial + s
  unsigned threads = 1;
};

/// NaN where a student had ended before.
struct OnePassResult {
  std::vector<double> q;     // [students][steps][units][units]
  std::vector<double> r;     // [students][steps][units][teacher_units]
  std::vector<double> loss;  // [students][steps]
  std::vector<double>
      escaped;  // [students] the step after which the loss was first below escape_loss, or NaN
  std::vector<double> diverged;  // [students] the step after which the loss was no longer bounded, or NaN
  bool stopped = false;          // by the flag: the rest is incomplete
};

/// Students side by side on `threads` threads; the bits do not depend on how many.
OnePassResult run_one_pass(const OnePassSpec& spec, const StopFlag& stop);

/// Given inputs instead of drawn ones, and any teacher.
struct SampledSteps {
  bool spherical = false;
  std::size_t inputs = 0, units = 0, teacher_units = 0, samples = 0;
  double learning_rate = 0;
  const double* student = nullptr;  // [units][inputs]
  const double* teacher = nullptr;  // [teacher_units][inputs]
  const double* x = nullptr;        // [samples][inputs], one per step
};

struct SampledResult {
  std::vector<double> delta;    // [samples]
  std::vector<double> student;  // [units][inputs] after the last step
};

/// The steps of `direct` on given inputs. Spherical rows keep the norms that they have at the start.
SampledResult step_through(const SampledSteps& steps);

}  // namespace eigenstudent::theory
