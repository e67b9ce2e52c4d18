// Gradient flows on losses whose paths and end points are known.
#include "theory/flow/gradient_flow.h"

#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

#include "check.h"
#include "theory/flow/dense_matrix.h"

using namespace eigenstudent;

namespace {

/// L = sum_i rate_i y_i^2 / 2 + (sum_i y_i)^4 / 4, or another function of two numbers.
class Quartic final : public FlowObjective {
 public:
  explicit Quartic(std::vector<double> rates, double quartic = 1)
      : rates_(std::move(rates)), quartic_(quartic) {}
  std::size_t size() const override { return rates_.size(); }
  double gradient(const double* y, double* gradient) override {
    double sum = 0, loss = 0;
    for (std::size_t i = 0; i < size(); ++i) sum += y[i];
    for (std::size_t i = 0; i < size(); ++i) {
      loss += rates_[i] * y[i] * y[i] / 2;
      gradient[i] = rates_[i] * y[i] + quartic_ * sum * sum * sum;
    }
    return loss + quartic_ * sum * sum * sum * sum / 4;
  }
  double hessian(const double* y, double* hessian) override {
    double sum = 0;
    for (std::size_t i = 0; i < size(); ++i) sum += y[i];
    for (std::size_t i = 0; i < size(); ++i)
      for (std::size_t j = 0; j < size(); ++j)
        hessian[i * size() + j] = 3 * quartic_ * sum * sum + (i == j ? rates_[i] : 0);
    std::vector<double> unused(size());
    return gradient(y, unused.data());
  }

 private:
  std::vector<double> rates_;
  double quartic_;
};

/// L = (x^2 - 1)^2 / 4 + y^2 / 2: minima at (+-1, 0), a saddle at the origin.
class TwoWells final : public FlowObjective {
 public:
  std::size_t size() const override { return 2; }
  double gradient(const double* y, double* gradient) override {
    const double x = y[0], well = x * x - 1;
    gradient[0] = well * x;
    gradient[1] = y[1];
    return well * well / 4 + y[1] * y[1] / 2;
  }
  double hessian(const double* y, double* hessian) override {
    hessian[0] = 3 * y[0] * y[0] - 1;
    hessian[1] = hessian[2] = 0;
    hessian[3] = 1;
    double unused[2];
    return gradient(y, unused);
  }
};

/// L = exp(-x) + y^2 / 2000, a valley without a minimum.
class Valley final : public FlowObjective {
 public:
  std::size_t size() const override { return 2; }
  double gradient(const double* y, double* gradient) override {
    gradient[0] = -std::exp(-y[0]);
    gradient[1] = y[1] / 1000;
    return std::exp(-y[0]) + y[1] * y[1] / 2000;
  }
  double hessian(const double* y, double* hessian) override {
    hessian[0] = std::exp(-y[0]);
    hessian[1] = hessian[2] = 0;
    hessian[3] = 0.001;
    double unused[2];
    return gradient(y, unused);
  }
};

const auto never = [] { return false; };
constexpr double nan_value = std::numeric_limits<double>::quiet_NaN();

/// The point at time 1 after `count` steps of one length.
std::vector<double> after_steps(FlowSolver solver, FlowObjective& objective, const std::vector<double>& start,
                                int count) {
  const auto step = make_flow_step(solver, objective);
  FlowPoint from{0, start, std::vector<double>(start.size(), nan_value)},
      to{nan_value, std::vector<double>(start.size(), nan_value), from.gradient};
  std::vector<double> error(start.size(), nan_value);
  from.loss = objective.gradient(from.y.data(), from.gradient.data());
  for (int i = 0; i < count; ++i) {
    REQUIRE(step->take(from, 1.0 / count, to, error.data()));
    std::swap(from, to);
  }
  return from.y;
}

double distance(const std::vector<double>& a, const std::vector<double>& b) {
  double most = 0;
  for (std::size_t i = 0; i < a.size(); ++i) most = std::max(most, std::abs(a[i] - b[i]));
  return most;
}

}  // namespace

TEST("gradient flow: LU decomposition solves equations and refuses singular matrices") {
  LuDecomposition equations(3);
  const double matrix[9] = {0, 2, 1, 1, -1, 3, 4, 0.5, 0};
  std::copy(std::begin(matrix), std::end(matrix), equations.matrix());
  REQUIRE(equations.factor());
  double b[3] = {2 * 2.0 + 3, 1 - 2.0 + 9, 4 + 1.0};  // of the solution (1, 2, 3)
  equations.solve(b);
  for (int i = 0; i < 3; ++i) REQUIRE_CLOSE(b[i], i + 1.0, 1e-14);
  std::fill_n(equations.matrix(), 9, 1.0);
  REQUIRE(!equations.factor());
  equations.matrix()[0] = nan_value;
  REQUIRE(!equations.factor());
}

TEST("gradient flow: eigenvalues of symmetric matrices") {
  // The second difference: 2 - 2 cos(pi k / (n + 1)), turned by reflections I - 2 v v^T.
  for (const std::size_t n : {1, 2, 3, 17, 40}) {
    std::vector<double> v(n), matrix(n * n, 0.0);
    double square = 0;
    for (std::size_t i = 0; i < n; ++i) square += (v[i] = std::sin(1 + 2.3 * double(i))) * v[i];
    for (double& x : v) x /= std::sqrt(square);
    const auto second_difference = [&](std::size_t i, std::size_t j) {
      return i == j ? 2.0 : i + 1 == j || j + 1 == i ? -1.0 : 0.0;
    };
    const auto reflection = [&](std::size_t i, std::size_t j) {
      return (i == j ? 1.0 : 0.0) - 2 * v[i] * v[j];
    };
    for (std::size_t i = 0; i < n; ++i)
      for (std::size_t j = 0; j < n; ++j)
        for (std::size_t k = 0; k < n; ++k)
          for (std::size_t l = k == 0 ? 0 : k - 1; l < std::min(n, k + 2); ++l)
            matrix[i * n + j] += reflection(i, k) * second_difference(k, l) * reflection(l, j);
    const std::vector<double> found = symmetric_eigenvalues(matrix, n);
    REQUIRE(found.size() == n);
    for (std::size_t k = 0; k < n; ++k)
      REQUIRE_CLOSE(found[k], 2 - 2 * std::cos(std::acos(-1.0) * double(k + 1) / double(n + 1)), 1e-13);
  }
  std::vector<double> zero(9, 0.0), broken(4, nan_value);
  for (const double value : symmetric_eigenvalues(zero, 3)) REQUIRE(value == 0);
  REQUIRE(symmetric_eigenvalues(broken, 2).empty());
}

TEST("gradient flow: halving the steps divides the error by at least 2 to the order") {
  Quartic objective({0.5, 1.5, 3}, 0.3);
  const std::vector<double> start{1, -0.3, 0.4};
  const std::vector<double> exact = after_steps(FlowSolver::nonstiff, objective, start, 4000);
  for (const FlowSolver solver : {FlowSolver::nonstiff, FlowSolver::stiff}) {
    const double order = make_flow_step(solver, objective)->order();
    const double coarse = distance(after_steps(solver, objective, start, 20), exact),
                 fine = distance(after_steps(solver, objective, start, 40), exact);
    REQUIRE(std::log2(coarse / fine) > order - 0.1);
    REQUIRE(coarse < 1e-7);
  }
}

TEST("gradient flow: both solvers follow the path within the error that is asked for") {
  Quartic objective({0.1, 1, 30}, 0);  // y_i exp(-rate_i t)
  const std::vector<double> start{1, -2, 0.5};
  for (const FlowSolver solver : {FlowSolver::nonstiff, FlowSolver::stiff}) {
    FlowOptions options;
    options.solver = solver;
    options.relative = 1e-9;
    options.absolute = 1e-12;
    options.times = {0, 0.5, 3, 10};
    options.time = 10;
    options.gradient = 0;
    const FlowResult flow = gradient_flow(objective, start.data(), options, never);
    REQUIRE(flow.end == FlowEnd::time);
    REQUIRE(flow.time == 10);
    REQUIRE(flow.path.size() == 4);
    const double rates[3] = {0.1, 1, 30};
    for (std::size_t t = 0; t < 4; ++t)
      for (std::size_t i = 0; i < 3; ++i)
        REQUIRE_CLOSE(flow.path[t][i], start[i] * std::exp(-rates[i] * options.times[t]), 2e-8);
    REQUIRE(flow.trace.size() == flow.steps + 1);
    for (std::size_t i = 1; i < flow.trace.size(); ++i) REQUIRE(flow.trace[i].loss <= flow.trace[i - 1].loss);
  }
}

TEST("gradient flow: ends where it has arrived, and says why it ends") {
  TwoWells wells;
  const double start[2] = {0.4, 2};
  FlowOptions options;
  options.polish = 1e-14;
  FlowResult flow = gradient_flow(wells, start, options, never);
  REQUIRE(flow.end == FlowEnd::minimum);
  REQUIRE(flow.polished);
  REQUIRE_CLOSE(flow.point.y[0], 1, 1e-14);
  REQUIRE_CLOSE(flow.eigenvalues[0], 1, 1e-12);
  REQUIRE_CLOSE(flow.eigenvalues[1], 2, 1e-12);

  options.loss = 0.1;
  flow = gradient_flow(wells, start, options, never);
  REQUIRE(flow.end == FlowEnd::loss);
  REQUIRE(flow.point.loss <= 0.1);
  options.loss = -1;

  options.steps = 3;
  REQUIRE(gradient_flow(wells, start, options, never).end == FlowEnd::steps);
  REQUIRE(gradient_flow(wells, start, options, [] { return true; }).end == FlowEnd::stopped);
  const double broken[2] = {nan_value, 0};
  REQUIRE(gradient_flow(wells, broken, options, never).end == FlowEnd::failed);

  Quartic stiff({1, 1e6}, 0);
  options.solver = FlowSolver::nonstiff;
  options.steps = 500;
  REQUIRE(gradient_flow(stiff, start, options, never).end == FlowEnd::stiff);
  options.solver = FlowSolver::stiff;
  REQUIRE(gradient_flow(stiff, start, options, never).end == FlowEnd::minimum);
}

TEST("gradient flow: goes on from a saddle where it stalled, and names one that it cannot leave") {
  TwoWells wells;
  const FlowOptions options;
  const double near_saddle[2] = {1e-8, 1}, on_saddle[2] = {0, 1};
  const FlowResult left = gradient_flow(wells, near_saddle, options, never);
  REQUIRE(left.end == FlowEnd::minimum);
  REQUIRE_CLOSE(left.point.y[0], 1, 1e-5);
  const FlowResult stays = gradient_flow(wells, on_saddle, options, never);
  REQUIRE(stays.end == FlowEnd::saddle);
  REQUIRE(stays.eigenvalues[0] == -1);
}

TEST("gradient flow: a valley is no minimum, and a zero mode is no valley") {
  const double start[2] = {0.4, 2};
  Valley valley;
  const FlowResult flow = gradient_flow(valley, start, {}, never);
  REQUIRE(flow.end == FlowEnd::valley);
  REQUIRE(flow.point.y[0] > 30);
  Quartic zero_mode({0, 1}, 0);
  const FlowResult arrived = gradient_flow(zero_mode, start, {}, never);
  REQUIRE(arrived.end == FlowEnd::minimum);
  REQUIRE(arrived.point.y[0] == 0.4);
}
