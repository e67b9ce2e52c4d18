#include <algorithm>
#include <cmath>

#include "cpu/isa.h"
#include "theory/one_pass/engines.h"
#include "theory/one_pass/overlaps.h"

namespace eigenstudent::theory {

namespace {

const cpu::OnePassKernels& kernels() { return cpu::kernels<double>().one_pass; }

std::size_t padded(std::size_t inputs) {
  return (inputs + cpu::normals_drawn - 1) / cpu::normals_drawn * cpu::normals_drawn;
}

/// out: [padded(inputs)] normals of a stream, zeros behind `inputs`.
void draw_inputs(const Stream& stream, std::size_t inputs, std::vector<double>& out) {
  std::uint32_t position = 0;
  for (std::size_t i = 0; i < inputs; i += cpu::normals_drawn, position += blocks_drawn)
    kernels().draw_normals(stream, position, out.data() + i);
  std::fill(out.begin() + inputs, out.end(), 0.0);
}

/// Rows of a student, padded with zeros, and their overlaps.
class DirectStudent {
 public:
  DirectStudent(Overlaps overlaps, std::size_t inputs, double learning_rate)
      : overlaps_(std::move(overlaps)),
        stride_(padded(inputs)),
        rate_(learning_rate / static_cast<double>(inputs)),
        rows_(overlaps_.units * stride_),
        product_(overlaps_.units),
        norms_(overlaps_.units) {}

  double* row(std::size_t i) { return rows_.data() + i * stride_; }
  const Overlaps& overlaps() const { return overlaps_; }
  /// Rows keep the norms that Q has now.
  void keep_norms() {
    spherical_ = true;
    for (std::size_t i = 0; i < norms_.size(); ++i) norms_[i] = overlaps_.q[i * norms_.size() + i];
  }
  /// Q of the rows; R where the teacher's rows are given.
  void measure_q() {
    const std::size_t p = overlaps_.units;
    for (std::size_t i = 0; i < p; ++i)
      for (std::size_t j = 0; j <= i; ++j)
        overlaps_.q[i * p + j] = overlaps_.q[j * p + i] = kernels().dot(row(i), row(j), stride_);
  }
  double& r(std::size_t i, std::size_t m) { return overlaps_.r[i * overlaps_.teacher_units + m]; }

  /// One step; returns delta. x: [stride], teacher: [teacher_units] V x. The overlaps follow the step exactly, up to rounding.
  double step(const double* x, double x_squared, const std::vector<double>& teacher) {
    const std::size_t p = overlaps_.units;
    for (std::size_t i = 0; i < p; ++i) product_[i] = kernels().dot(row(i), x, stride_);
    const double delta = sum_of_squares(product_) - sum_of_squares(teacher);
    const double k = -2 * rate_ * delta, kk = k * (2 + k * x_squared);
    for (std::size_t i = 0; i < p; ++i) {
      for (std::size_t j = 0; j < p; ++j) overlaps_.q[i * p + j] += kk * product_[i] * product_[j];
      for (std::size_t m = 0; m < teacher.size(); ++m) r(i, m) += k * product_[i] * teacher[m];
    }
    for (std::size_t i = 0; i < p; ++i) {
      const double scale = spherical_ ? std::sqrt(norms_[i] / overlaps_.q[i * p + i]) : 1;
      kernels().update_row(row(i), scale, scale * k * product_[i], x, stride_);
      if (spherical_) rescale(i, scale);
    }
    return delta;
  }

 private:
  void rescale(std::size_t i, double scale) {
    const std::size_t p = overlaps_.units;
    for (std::size_t j = 0; j < p; ++j)
      if (j != i) overlaps_.q[i * p + j] = overlaps_.q[j * p + i] = scale * overlaps_.q[i * p + j];
    overlaps_.q[i * p + i] = norms_[i];
    for (std::size_t m = 0; m < overlaps_.teacher_units; ++m) r(i, m) *= scale;
  }

  Overlaps overlaps_;
  std::size_t stride_;
  double rate_;  // eta / N
  bool spherical_ = false;
  std::vector<double> rows_;     // [units][stride]
  std::vector<double> product_;  // [units] U x
  std::vector<double> norms_;    // [units] prescribed |u_i|^2
};

/// The teacher's rows are sqrt(T_m) e_m: inputs are isotropic, so that any orthogonal rows of these norms are the same problem.
class DrawnStudent {
 public:
  DrawnStudent(const OnePassSpec& spec, std::size_t student, OnePassResult& result)
      : spec_(spec),
        watch_(spec, student, result),
        direct_({spec.units, spec.teacher_units, sum(spec.teacher), sum_of_squares(spec.teacher)},
                spec.inputs, spec.learning_rate) {
    std::vector<double> row(padded(spec.inputs));
    const double deviation = std::sqrt(spec.start_norm / static_cast<double>(spec.inputs));
    for (std::size_t i = 0; i < spec.units; ++i) {
      const auto trial = spec.trial + static_cast<std::uint32_t>(student);
      draw_inputs({spec.seed, trial, Purpose::one_pass_start, static_cast<std::uint32_t>(i)}, spec.inputs,
                  row);
      for (double& entry : row) entry *= deviation;
      row[i % spec.teacher_units] += spec.start_overlap;
      const double norm = std::sqrt(spec.start_norm / kernels().dot(row.data(), row.data(), row.size()));
      for (std::size_t a = 0; a < row.size(); ++a)
        direct_.row(i)[a] = spec.spherical ? norm * row[a] : row[a];
    }
    measure();
    if (spec.spherical) direct_.keep_norms();
  }

  bool observe(std::uint64_t step) {
    if (!watch_.active()) return false;
    if (watch_.due(step)) measure();
    watch_.observe(step, direct_.overlaps());
    return watch_.active();
  }

  bool active() const { return watch_.active(); }

  void step(const double* x, double x_squared, const std::vector<double>& teacher) {
    direct_.step(x, x_squared, teacher);
  }

 private:
  /// Rounding does not gather in what is recorded.
  void measure() {
    direct_.measure_q();
    for (std::size_t i = 0; i < spec_.units; ++i)
      for (std::size_t m = 0; m < spec_.teacher_units; ++m)
        direct_.r(i, m) = std::sqrt(spec_.teacher[m]) * direct_.row(i)[m];
  }

  const OnePassSpec& spec_;
  Watch watch_;
  DirectStudent direct_;
};

}  // namespace

void run_direct(const OnePassSpec& spec, std::size_t from, std::size_t to, OnePassResult& result,
                const StopFlag& stop) {
  std::vector<DrawnStudent> students;
  students.reserve(to - from);
  for (std::size_t s = from; s < to; ++s) students.emplace_back(spec, s, result);
  std::vector<double> x(padded(spec.inputs)), teacher(spec.teacher_units);
  const auto trial = spec.trial + static_cast<std::uint32_t>(spec.shared_stream ? 0 : from);
  for (std::uint64_t step = 0; !stop.load(std::memory_order_relaxed); ++step) {
    bool active = false;
    for (DrawnStudent& student : students) active |= student.observe(step);
    if (!active) break;
    draw_inputs({spec.seed, trial, Purpose::one_pass_inputs, static_cast<std::uint32_t>(step)}, spec.inputs,
                x);
    for (std::size_t m = 0; m < teacher.size(); ++m) teacher[m] = std::sqrt(spec.teacher[m]) * x[m];
    const double x_squared = kernels().dot(x.data(), x.data(), x.size());
    for (DrawnStudent& student : students)
      if (student.active()) student.step(x.data(), x_squared, teacher);
  }
}

SampledResult step_through(const SampledSteps& steps) {
  const std::size_t stride = padded(steps.inputs);
  std::vector<double> teacher_rows(steps.teacher_units * stride), x(stride), teacher(steps.teacher_units);
  for (std::size_t m = 0; m < steps.teacher_units; ++m)
    std::copy_n(steps.teacher + m * steps.inputs, steps.inputs, teacher_rows.data() + m * stride);
  DirectStudent student({steps.units, steps.teacher_units, 0, 0}, steps.inputs, steps.learning_rate);
  for (std::size_t i = 0; i < steps.units; ++i)
    std::copy_n(steps.student + i * steps.inputs, steps.inputs, student.row(i));
  student.measure_q();
  if (steps.spherical) student.keep_norms();

  SampledResult result;
  for (std::size_t step = 0; step < steps.samples; ++step) {
    std::copy_n(steps.x + step * steps.inputs, steps.inputs, x.data());
    for (std::size_t m = 0; m < steps.teacher_units; ++m)
      teacher[m] = kernels().dot(teacher_rows.data() + m * stride, x.data(), stride);
    result.delta.push_back(student.step(x.data(), kernels().dot(x.data(), x.data(), stride), teacher));
  }
  for (std::size_t i = 0; i < steps.units; ++i)
    result.student.insert(result.student.end(), student.row(i), student.row(i) + steps.inputs);
  return result;
}

}  // namespace eigenstudent::theory
