// Gradient flow of a student of a population on a data set, as one batch.
#pragma once

#include <span>

#include "core/backend.h"
#include "theory/flow/gradient_flow.h"

namespace eigenstudent {

/// From start [layout.size()], on loss and penalty of the student's objective. The Hessian takes a product per parameter.
/// The population is of float64; the student's own parameters are as before when the call returns. Throws what
/// Population::gradient and Population::hessian_product throw.
FlowResult student_flow(Population& population, std::size_t student, const Dataset& data,
                        std::span<const double> start, const FlowOptions& options, const StopFlag& stop);

}  // namespace eigenstudent
