#include "addon/theory/theory_population.h"

#include <span>
#include <vector>

#include "addon/arguments/arguments.h"
#include "addon/errors.h"

namespace eigenstudent {

namespace {

/// Averages over pairs of so many neurons would fill 80 TB; a bound below which no size overflows.
constexpr std::uint64_t most_neurons = std::uint64_t{1} << 20;

ActivationFunction read_function(const Argument& spec) {
  return {spec.field("activation").activation(), spec.field("slope").finite_number()};
}

PopulationSizes read_sizes(const Argument& spec) {
  const auto size = [&](const char* name) {
    return static_cast<std::size_t>(spec.field(name).integer(1, most_neurons));
  };
  return {size("neurons"), size("teacherNeurons"), size("inputs")};
}

const double* read_numbers(Napi::Value value, const char* name, std::size_t length) {
  return Argument(value, name).array<double>(length).data();
}

double* read_output(Napi::Value value, std::size_t length) {
  return Argument(value, "into").array<double>(length).data();
}

}  // namespace

Napi::Function PopulationLossObject::define(Napi::Env env) {
  return DefineClass(env, "PopulationLoss",
                     {InstanceMethod<&PopulationLossObject::value>("value"),
                      InstanceMethod<&PopulationLossObject::gradient>("gradient"),
                      InstanceMethod<&PopulationLossObject::hessian>("hessian"),
                      InstanceMethod<&PopulationLossObject::hessian_product>("hessianProduct")});
}

PopulationLossObject::PopulationLossObject(const Napi::CallbackInfo& info)
    : Napi::ObjectWrap<PopulationLossObject>(info) {
  guarded(info.Env(), [&]() -> Napi::Value {
    const Argument spec(info[0], "spec");
    const PopulationSizes sizes = read_sizes(spec);
    loss_ = std::make_shared<const PopulationLoss>(
        read_function(spec), sizes,
        spec.field("weights").floats_as<double>(sizes.teacher_neurons * sizes.inputs),
        spec.field("outgoing").floats_as<double>(sizes.teacher_neurons));
    workspace_ = std::make_unique<PopulationWorkspace>(sizes);
    info.This().As<Napi::Object>().TypeTag(&tag);
    return info.Env().Undefined();
  });
}

std::shared_ptr<const PopulationLoss> PopulationLossObject::loss_of(const Argument& argument) {
  if (!has_tag(argument.value(), tag)) argument.refuse("a PopulationLoss");
  return Unwrap(argument.value().As<Napi::Object>())->loss_;
}

Napi::Value PopulationLossObject::value(const Napi::CallbackInfo& info) {
  return guarded(info.Env(), [&] {
    const double* parameters = read_numbers(info[0], "parameters", loss_->parameters());
    return Napi::Number::New(info.Env(), loss_->value(parameters, *workspace_));
  });
}

Napi::Value PopulationLossObject::gradient(const Napi::CallbackInfo& info) {
  return guarded(info.Env(), [&] {
    const double* parameters = read_numbers(info[0], "parameters", loss_->parameters());
    double* into = read_output(info[1], loss_->parameters());
    return Napi::Number::New(info.Env(), loss_->value_and_gradient(parameters, into, *workspace_));
  });
}

Napi::Value PopulationLossObject::hessian(const Napi::CallbackInfo& info) {
  return guarded(info.Env(), [&] {
    const std::size_t size = loss_->parameters();
    const double* parameters = read_numbers(info[0], "parameters", size);
    double* into = read_output(info[1], checked_product(size, size, "into"));
    return Napi::Number::New(info.Env(), loss_->hessian(parameters, into, *workspace_));
  });
}

Napi::Value PopulationLossObject::hessian_product(const Napi::CallbackInfo& info) {
  return guarded(info.Env(), [&] {
    const std::size_t size = loss_->parameters();
    const double* parameters = read_numbers(info[0], "parameters", size);
    const double* direction = read_numbers(info[1], "direction", size);
    loss_->hessian_product(parameters, direction, read_output(info[2], size), *workspace_);
    return info.Env().Undefined();
  });
}

}  // namespace eigenstudent
