// The gradient flow dy/dt = -dL/dy of a loss, from a start until it has arrived.
#pragma once

#include <cstddef>
#include <functional>
#include <limits>
#include <vector>

#include "theory/flow/flow_objective.h"
#include "theory/flow/flow_step.h"

namespace eigenstudent {

struct FlowOptions {
  FlowSolver solver = FlowSolver::stiff;
  /// The error of a step per component is kept below absolute + relative |y|.
  double relative = 1e-6, absolute = 1e-9;
  /// The flow has arrived where no component of the gradient is larger, no eigenvalue of the Hessian is negative and a
  /// Newton step is short.
  double gradient = 1e-6;
  double time = std::numeric_limits<double>::infinity();
  std::size_t steps = 100'000;
  /// An event: the flow stops where the loss is at most this.
  double loss = -std::numeric_limits<double>::infinity();
  /// Newton steps lead on to this largest component of the gradient; 0: none.
  double polish = 0;
  /// Times at which the point is kept, upwards.
  std::vector<double> times;
};

enum class FlowEnd {
  minimum,  // the gradient is small, no eigenvalue of the Hessian is negative, and a Newton step is short
  saddle,   // the gradient is as small as rounding allows, and an eigenvalue is negative
  valley,   // the gradient is as small as rounding allows, but so flat that the minimum, if any, is far
  loss,     // the event
  time,
  steps,   // no time, or no step, is left
  stiff,   // no step is left, and those of the solver `nonstiff` were bounded by its stability
  failed,  // a loss that is not finite, or a step too short to be one
  stopped  // by the caller
};

/// One accepted step.
struct FlowTrace {
  double time, loss, gradient;  // the largest component
};

struct FlowResult {
  FlowEnd end = FlowEnd::failed;
  double time = 0;
  FlowPoint point;
  std::vector<double> eigenvalues;        // of the Hessian at the end, upwards; empty where it is not finite
  std::vector<std::vector<double>> path;  // at options.times, as far as the flow came
  std::vector<FlowTrace> trace;           // begins with the start
  std::size_t steps = 0, rejected = 0;
  bool polished = false;
};

/// stop: asked before every step.
FlowResult gradient_flow(FlowObjective& objective, const double* start, const FlowOptions& options,
                         const std::function<bool()>& stop);

}  // namespace eigenstudent
