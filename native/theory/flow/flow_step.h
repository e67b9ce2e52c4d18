// Steps of a gradient flow dy/dt = -dL/dy with an estimate of their error.
#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include "theory/flow/flow_objective.h"

namespace eigenstudent {

/// Which steps a flow takes. `nonstiff` needs gradients alone; `stiff` the Hessian too, and takes long steps where the
/// loss has steep and flat directions at once.
enum class FlowSolver { nonstiff, stiff };

/// A point of the flow. The gradient is that of the loss, not its negative.
struct FlowPoint {
  double loss = 0;
  std::vector<double> y, gradient;
};

class FlowStep {
 public:
  virtual ~FlowStep() = default;
  /// The error decreases like length^order.
  virtual double order() const = 0;
  /// From `from` to a point `length` later. error: [size], an estimate. False where it cannot be computed, which a
  /// shorter step may mend.
  virtual bool take(const FlowPoint& from, double length, FlowPoint& to, double* error) = 0;
  /// Whether the last step was as long as stability allows, not as long as the error allows.
  virtual bool at_stability_limit() const { return false; }
};

std::unique_ptr<FlowStep> make_flow_step(FlowSolver solver, FlowObjective& objective);

}  // namespace eigenstudent
