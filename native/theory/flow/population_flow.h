// Gradient flows on a population loss, from many starts side by side.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "core/backend.h"
#include "objectives/gaussian/population_loss.h"
#include "theory/flow/gradient_flow.h"

namespace eigenstudent {

/// starts: [flows][loss.parameters()]. The results are in their order and do not depend on the threads. After a stop
/// they end with FlowEnd::stopped.
std::vector<FlowResult> population_flows(const PopulationLoss& loss, std::span<const double> starts,
                                         const FlowOptions& options, unsigned threads, const StopFlag& stop);

}  // namespace eigenstudent
