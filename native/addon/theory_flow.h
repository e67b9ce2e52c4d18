// Gradient flows for JavaScript (theory/flow).
#pragma once

#include <napi.h>

namespace eigenstudent {

/// (loss: PopulationLoss, starts: Float64Array [flows][parameters], options, threads): { stop(), results: a promise of
/// an array, one per start }
Napi::Value start_population_flows(const Napi::CallbackInfo& info);

}  // namespace eigenstudent
