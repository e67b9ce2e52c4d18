// Gradient flows for JavaScript (theory/flow).
#pragma once

#include <napi.h>

#include "addon/arguments/arguments.h"
#include "theory/flow/gradient_flow.h"

namespace eigenstudent {

FlowOptions read_flow_options(const Argument& given);
Napi::Object to_js(Napi::Env env, const FlowResult& flow);

/// (loss: PopulationLoss, starts: Float64Array [flows][parameters], options, threads): { stop(), results: a promise of
/// an array, one per start }
Napi::Value start_population_flows(const Napi::CallbackInfo& info);

}  // namespace eigenstudent
