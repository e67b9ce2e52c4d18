#include "theory/flow/gradient_flow.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "theory/flow/dense_matrix.h"

namespace eigenstudent {

namespace {

double largest(const std::vector<double>& values) {
  double most = 0;
  for (const double value : values)
    if (!(std::abs(value) <= most)) most = std::abs(value);  // NaN stays
  return most;
}

/// Eigenvalues nearer to 0 than this share of the largest are rounding: zero modes are common (ReLU has one per neuron).
constexpr double rounding_of_eigenvalues = 1e-9;

bool has_negative(const std::vector<double>& eigenvalues) {
  const double scale = std::max(std::abs(eigenvalues.front()), std::abs(eigenvalues.back()));
  return eigenvalues.front() < -rounding_of_eigenvalues * scale;
}

class Flow {
 public:
  Flow(FlowObjective& objective, const double* start, const FlowOptions& options)
      : objective_(objective),
        options_(options),
        step_(make_flow_step(options.solver, objective)),
        size_(objective.size()),
        next_{0, std::vector<double>(size_), std::vector<double>(size_)},
        error_(size_),
        tolerance_(options.gradient) {
    FlowPoint& point = result_.point;
    point.y.assign(start, start + size_);
    point.gradient.resize(size_);
    point.loss = objective.gradient(start, point.gradient.data());
    keep();
    length_ = first_length();
  }

  FlowResult run(const std::function<bool()>& stop) {
    while (!ended()) {
      if (stop()) {
        result_.end = FlowEnd::stopped;
        break;
      }
      advance();
    }
    if (result_.eigenvalues.empty()) result_.eigenvalues = eigenvalues();
    if (options_.polish > 0 && result_.end == FlowEnd::minimum) polish();
    return std::move(result_);
  }

 private:
  /// A hundredth of the time in which the gradient would move the point by itself (Hairer, Norsett and Wanner, II.4).
  double first_length() const {
    double y = 0, slope = 0;
    for (std::size_t i = 0; i < size_; ++i) {
      const double unit = options_.absolute + options_.relative * std::abs(result_.point.y[i]);
      y = std::max(y, std::abs(result_.point.y[i]) / unit);
      slope = std::max(slope, std::abs(result_.point.gradient[i]) / unit);
    }
    return y > 0 && slope > 0 ? 0.01 * y / slope : 1e-6;
  }

  void keep() {
    result_.trace.push_back({result_.time, result_.point.loss, largest(result_.point.gradient)});
    while (result_.path.size() < options_.times.size() && options_.times[result_.path.size()] <= result_.time)
      result_.path.push_back(result_.point.y);
  }

  bool end(FlowEnd why) {
    result_.end = why;
    return true;
  }

  bool ended() {
    const FlowTrace& now = result_.trace.back();
    if (!std::isfinite(now.loss) || !std::isfinite(now.gradient) || failed_) return end(FlowEnd::failed);
    if (now.loss <= options_.loss) return end(FlowEnd::loss);
    if (now.gradient <= tolerance_ && arrived()) return true;
    if (result_.time >= options_.time) return end(FlowEnd::time);
    if (result_.steps >= options_.steps)  // a tenth is arbitrary: a flow that is not stiff has next to none
      return end(10 * at_limit_ > result_.steps ? FlowEnd::stiff : FlowEnd::steps);
    return false;
  }

  /// A small gradient is not a minimum: on a saddle, and in a valley whose minimum is far, the flow goes on with a smaller
  /// bound.
  bool arrived() {
    result_.eigenvalues = eigenvalues();
    if (result_.eigenvalues.empty()) return end(FlowEnd::failed);
    const bool on_saddle = has_negative(result_.eigenvalues);
    if (!on_saddle && minimum_is_near()) return end(FlowEnd::minimum);
    tolerance_ *= 0.01;
    if (tolerance_ < 1e-15) return end(on_saddle ? FlowEnd::saddle : FlowEnd::valley);
    return result_.trace.back().gradient <= tolerance_ && arrived();
  }

  /// Whether a Newton step is short. Zero modes, along which the gradient is rounding, must not make the equations
  /// singular: the diagonal is raised by a thousand roundings.
  bool minimum_is_near() {
    const std::vector<double>& values = result_.eigenvalues;
    const double scale = std::max(std::abs(values.front()), std::abs(values.back()));
    LuDecomposition equations(size_);
    objective_.hessian(result_.point.y.data(), equations.matrix());
    for (std::size_t i = 0; i < size_; ++i) equations.matrix()[i * (size_ + 1)] += 1e-13 * scale;
    std::vector<double> step = result_.point.gradient;
    if (!equations.factor()) return largest(step) == 0;
    equations.solve(step.data());
    return is_near(largest(step));
  }

  /// A hundredth of the largest parameter, or of 1; arbitrary.
  bool is_near(double distance) const { return distance <= 0.01 * std::max(1.0, largest(result_.point.y)); }

  std::vector<double> eigenvalues() {
    std::vector<double> hessian(size_ * size_);
    objective_.hessian(result_.point.y.data(), hessian.data());
    return symmetric_eigenvalues(hessian, size_);
  }

  /// One accepted step, however many are tried.
  void advance() {
    const double until = result_.path.size() < options_.times.size()
                             ? std::min(options_.times[result_.path.size()], options_.time)
                             : options_.time;
    for (;;) {
      const double left = until - result_.time;
      const bool last = length_ >= left;
      const double length = last ? left : length_;
      if (!(result_.time + length > result_.time)) {
        failed_ = true;
        return;
      }
      const bool computed = step_->take(result_.point, length, next_, error_.data());
      const double error = computed ? error_of_step() : std::numeric_limits<double>::infinity();
      if (error <= 1) {
        accept(last ? until : result_.time + length, length, error, last);
        return;
      }
      ++result_.rejected;
      length_ =
          length * (std::isfinite(error) ? std::max(0.2, 0.9 * std::pow(error, -1 / step_->order())) : 0.1);
    }
  }

  double error_of_step() const {
    double sum = 0;
    for (std::size_t i = 0; i < size_; ++i) {
      const double y = std::max(std::abs(result_.point.y[i]), std::abs(next_.y[i]));
      const double share = error_[i] / (options_.absolute + options_.relative * y);
      sum += share * share;
    }
    return std::sqrt(sum / static_cast<double>(size_));
  }

  void accept(double time, double length, double error, bool shortened) {
    std::swap(result_.point, next_);
    result_.time = time;
    ++result_.steps;
    if (step_->at_stability_limit()) ++at_limit_;
    const double longer = length * std::min(6.0, 0.9 * std::pow(std::max(error, 1e-10), -1 / step_->order()));
    length_ = shortened ? std::max(length_, longer) : longer;
    keep();
  }

  /// Newton's method, which would as well converge to a saddle: its end is taken only where it is near and a minimum.
  void polish() {
    FlowPoint point = result_.point;
    LuDecomposition equations(size_);
    std::vector<double> change(size_);
    for (int i = 0; i < 20 && largest(point.gradient) > options_.polish; ++i) {
      objective_.hessian(point.y.data(), equations.matrix());
      if (!equations.factor()) return;
      change = point.gradient;
      equations.solve(change.data());
      for (std::size_t j = 0; j < size_; ++j) point.y[j] -= change[j];
      const double before = largest(point.gradient);
      point.loss = objective_.gradient(point.y.data(), point.gradient.data());
      if (!(largest(point.gradient) < before)) break;
    }
    double moved = 0;
    for (std::size_t j = 0; j < size_; ++j)
      moved = std::max(moved, std::abs(point.y[j] - result_.point.y[j]));
    if (!(largest(point.gradient) <= options_.polish) || !is_near(moved)) return;
    std::swap(point, result_.point);
    std::vector<double> spectrum = eigenvalues();
    if (spectrum.empty() || has_negative(spectrum)) {
      std::swap(point, result_.point);
      return;
    }
    result_.eigenvalues = std::move(spectrum);
    result_.polished = true;
  }

  FlowObjective& objective_;
  const FlowOptions& options_;
  std::unique_ptr<FlowStep> step_;
  std::size_t size_;
  FlowPoint next_;
  std::vector<double> error_;
  double tolerance_, length_ = 0;
  std::size_t at_limit_ = 0;  // steps as long as stability allows
  bool failed_ = false;
  FlowResult result_;
};

}  // namespace

FlowResult gradient_flow(FlowObjective& objective, const double* start, const FlowOptions& options,
                         const std::function<bool()>& stop) {
  return Flow(objective, start, options).run(stop);
}

}  // namespace eigenstudent
