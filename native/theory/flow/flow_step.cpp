#include "theory/flow/flow_step.h"

#include <algorithm>
#include <cmath>

#include "theory/flow/dense_matrix.h"

namespace eigenstudent {

namespace {

/// The explicit Runge-Kutta method of order 5 (4) of Dormand and Prince (1980), with the gradient at the end of a step
/// as the first of the next.
class DormandPrince final : public FlowStep {
 public:
  explicit DormandPrince(FlowObjective& objective)
      : objective_(objective), slopes_(5, std::vector<double>(objective.size())), stage_(objective.size()) {}

  double order() const override { return 5; }

  bool take(const FlowPoint& from, double length, FlowPoint& to, double* error) override {
    static constexpr double a[5][5] = {{1. / 5},
                                       {3. / 40, 9. / 40},
                                       {44. / 45, -56. / 15, 32. / 9},
                                       {19372. / 6561, -25360. / 2187, 64448. / 6561, -212. / 729},
                                       {9017. / 3168, -355. / 33, 46732. / 5247, 49. / 176, -5103. / 18656}};
    static constexpr double b[6] = {35. / 384, 0, 500. / 1113, 125. / 192, -2187. / 6784, 11. / 84};
    static constexpr double e[7] = {71. / 57600,      0,         -71. / 16695, 71. / 1920,
                                    -17253. / 339200, 22. / 525, -1. / 40};
    const std::size_t n = objective_.size();
    // slopes_ are gradients: the flow goes against them.
    const auto slope = [&](std::size_t s) { return s == 0 ? from.gradient.data() : slopes_[s - 1].data(); };
    for (std::size_t s = 0; s < 5; ++s) {
      combine(from.y, length, a[s], s + 1, slope, stage_);
      objective_.gradient(stage_.data(), slopes_[s].data());
    }
    combine(from.y, length, b, 6, slope, to.y);
    to.loss = objective_.gradient(to.y.data(), to.gradient.data());
    double change = 0, distance = 0;
    for (std::size_t i = 0; i < n; ++i) {
      double sum = e[6] * to.gradient[i];
      for (std::size_t s = 0; s < 6; ++s) sum += e[s] * slope(s)[i];
      error[i] = length * sum;
      const double of_gradient = to.gradient[i] - slopes_[4][i], of_y = to.y[i] - stage_[i];
      change += of_gradient * of_gradient;
      distance += of_y * of_y;
    }
    // The edge of the stability region lies at 3.25 (Hairer and Wanner, Solving Ordinary Differential Equations II, IV.2).
    at_limit_ = distance > 0 && length * std::sqrt(change / distance) > 3.25;
    return std::isfinite(to.loss);
  }

  bool at_stability_limit() const override { return at_limit_; }

 private:
  template <class Slope>
  void combine(const std::vector<double>& y, double length, const double* weights, std::size_t count,
               const Slope& slope, std::vector<double>& to) const {
    for (std::size_t i = 0; i < y.size(); ++i) {
      double sum = 0;
      for (std::size_t s = 0; s < count; ++s) sum += weights[s] * slope(s)[i];
      to[i] = y[i] - length * sum;
    }
  }

  FlowObjective& objective_;
  std::vector<std::vector<double>> slopes_;
  std::vector<double> stage_;
  bool at_limit_ = false;
};

/// The Rosenbrock method RODAS of order 4 (3), stable however stiff the flow is (Hairer and Wanner, IV.7, with their
/// coefficients); the Jacobian is the exact Hessian.
class Rodas final : public FlowStep {
 public:
  explicit Rodas(FlowObjective& objective)
      : objective_(objective),
        equations_(objective.size()),
        slopes_(6, std::vector<double>(objective.size())),
        hessian_(objective.size() * objective.size()) {}

  double order() const override { return 4; }

  bool take(const FlowPoint& from, double length, FlowPoint& to, double* error) override {
    static constexpr double gamma = 0.25;
    static constexpr double a[5][5] = {
        {0},
        {1.544},
        {0.9466785280815826, 0.2557011698983284},
        {3.314825187068521, 2.896124015972201, 0.9986419139977817},
        {1.221224509226641, 6.019134481288629, 12.53708332932087, -0.6878860361058950}};
    static constexpr double c[6][5] = {
        {0},
        {-5.6688},
        {-2.430093356833875, -0.2063599157091915},
        {-0.1073529058151375, -9.594562251023355, -20.47028614809616},
        {7.496443313967647, -10.24680431464352, -33.99990352819905, 11.70890893206160},
        {8.083246795921522, -7.981132988064893, -31.52159432874371, 16.31930543123136, -6.058818238834054}};
    const std::size_t n = objective_.size();
    if (!factor(from, 1 / (gamma * length))) return false;
    std::vector<double>& y = to.y;
    for (std::size_t s = 0; s < 6; ++s) {
      std::vector<double>& k = slopes_[s];
      if (s == 5) {
        for (std::size_t i = 0; i < n; ++i) y[i] += slopes_[4][i];
      } else {
        for (std::size_t i = 0; i < n; ++i) {
          double sum = from.y[i];
          for (std::size_t j = 0; j < s; ++j) sum += a[s][j] * slopes_[j][i];
          y[i] = sum;
        }
      }
      if (s == 0)
        to.gradient = from.gradient;
      else
        objective_.gradient(y.data(), to.gradient.data());
      for (std::size_t i = 0; i < n; ++i) {
        double sum = 0;
        for (std::size_t j = 0; j < s; ++j) sum += c[s][j] * slopes_[j][i];
        k[i] = sum / length - to.gradient[i];
      }
      equations_.solve(k.data());
    }
    for (std::size_t i = 0; i < n; ++i) y[i] += error[i] = slopes_[5][i];
    to.loss = objective_.gradient(y.data(), to.gradient.data());
    return std::isfinite(to.loss);
  }

 private:
  /// shift I + Hessian at `from`; the Hessian is kept while steps from the same point are tried.
  bool factor(const FlowPoint& from, double shift) {
    const std::size_t n = objective_.size();
    if (at_ != from.y) {
      objective_.hessian(from.y.data(), hessian_.data());
      at_ = from.y;
    }
    std::copy(hessian_.begin(), hessian_.end(), equations_.matrix());
    for (std::size_t i = 0; i < n; ++i) equations_.matrix()[i * (n + 1)] += shift;
    return equations_.factor();
  }

  FlowObjective& objective_;
  LuDecomposition equations_;
  std::vector<std::vector<double>> slopes_;
  std::vector<double> hessian_, at_;
};

}  // namespace

std::unique_ptr<FlowStep> make_flow_step(FlowSolver solver, FlowObjective& objective) {
  if (solver == FlowSolver::stiff) return std::make_unique<Rodas>(objective);
  return std::make_unique<DormandPrince>(objective);
}

}  // namespace eigenstudent
