// The kinds of loss. A new one is a file beside this one, and a line in this list.
#pragma once

#include <variant>

#include "losses/cross_entropy.h"
#include "losses/factor_distance.h"
#include "losses/kl_divergence.h"
#include "losses/mean_absolute_error.h"
#include "losses/mse.h"
#include "losses/soft_cross_entropy.h"
#include "losses/upstream.h"

namespace eigenstudent {

/// A loss by its kind, with the options of that kind. The order is that of the bytes that cross the CUDA library's boundary.
using LossOptions = std::variant<MeanSquaredError, CrossEntropy, MeanAbsoluteError, SoftCrossEntropy,
                                 KlDivergence, FactorDistance, Upstream>;

/// The public name of the kind: "mse", "crossEntropy", ...
inline const char* type_name_of(const LossOptions& loss) {
  return std::visit([](const auto& options) { return options.type_name; }, loss);
}
inline TargetKind targets_of(const LossOptions& loss) {
  return std::visit([](const auto& options) { return options.targets; }, loss);
}

}  // namespace eigenstudent
