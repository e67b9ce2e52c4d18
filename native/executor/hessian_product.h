// Products of the Hessian of loss and penalty with a direction: the plain-loop gradient of dual numbers (core/dual.h), exact to
// rounding for every layer and loss, for several times the cost of a gradient in plain loops. On the host, on one
// thread, for students of any backend.
#pragma once

#include "core/backend.h"

namespace eigenstudent {

/// H v of a student at its present parameters over all of `data` as one batch. dtype: the population's;
/// direction, product: [layout.size()] of it. A frozen tensor is a constant: its part of the direction is
/// ignored, and that of the product is 0. Throws Error("data_mismatch").
void hessian_product(const Population& population, std::size_t student, const Objective& objective,
                     DType dtype, const Dataset& data, Statistics statistics, const void* direction,
                     void* product);

}  // namespace eigenstudent
