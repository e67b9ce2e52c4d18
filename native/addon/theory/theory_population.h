// The JavaScript class PopulationLoss: a population loss (objectives/gaussian) for students of one size.
#pragma once

#include <napi.h>

#include <memory>

#include "addon/arguments/arguments.h"
#include "addon/type_tag.h"
#include "objectives/gaussian/population_loss.h"

namespace eigenstudent {

/// Calls run on the JavaScript thread: one takes microseconds.
class PopulationLossObject : public Napi::ObjectWrap<PopulationLossObject> {
 public:
  static constexpr const napi_type_tag& tag = population_loss_tag;
  static Napi::Function define(Napi::Env env);

  /// (spec: { activation, slope, neurons, teacherNeurons, inputs, weights, outgoing })
  explicit PopulationLossObject(const Napi::CallbackInfo& info);

  /// Throws "invalid_argument" where the argument is no PopulationLoss.
  static std::shared_ptr<const PopulationLoss> loss_of(const Argument& argument);

 private:
  // Float64Arrays of neurons (inputs + 1) numbers, `into` of the Hessian its square. Each returns the loss.
  Napi::Value value(const Napi::CallbackInfo& info);            // (parameters)
  Napi::Value gradient(const Napi::CallbackInfo& info);         // (parameters, into)
  Napi::Value hessian(const Napi::CallbackInfo& info);          // (parameters, into)
  Napi::Value hessian_product(const Napi::CallbackInfo& info);  // (parameters, direction, into): undefined

  std::shared_ptr<const PopulationLoss> loss_;
  std::unique_ptr<PopulationWorkspace> workspace_;
};

}  // namespace eigenstudent
