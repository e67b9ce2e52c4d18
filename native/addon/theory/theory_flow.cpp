#include "addon/theory/theory_flow.h"

#include <memory>
#include <span>
#include <vector>

#include "addon/arguments/arguments.h"
#include "addon/dataset.h"
#include "addon/errors.h"
#include "addon/population.h"
#include "addon/task.h"
#include "addon/theory/theory_population.h"
#include "core/errors.h"
#include "theory/flow/population_flow.h"
#include "theory/flow/student_flow.h"

namespace eigenstudent {

namespace {

constexpr std::uint64_t most_steps = 1'000'000'000, most_threads = 4096;

const char* name_of(FlowEnd end) {
  switch (end) {
    case FlowEnd::minimum:
      return "minimum";
    case FlowEnd::saddle:
      return "saddle";
    case FlowEnd::valley:
      return "valley";
    case FlowEnd::loss:
      return "loss";
    case FlowEnd::time:
      return "time";
    case FlowEnd::steps:
      return "steps";
    case FlowEnd::stiff:
      return "stiff";
    case FlowEnd::failed:
      return "failed";
    case FlowEnd::stopped:
      return "stopped";
  }
  return "failed";
}

Napi::Float64Array numbers(Napi::Env env, std::span<const double> values) {
  Napi::Float64Array array = Napi::Float64Array::New(env, values.size());
  std::copy(values.begin(), values.end(), array.Data());
  return array;
}

}  // namespace

FlowOptions read_flow_options(const Argument& given) {
  const auto number = [&](const char* name) { return given.field(name).finite_number(); };
  FlowOptions options;
  options.solver = given.field("solver").one_of<FlowSolver>(
      {{"stiff", FlowSolver::stiff}, {"nonstiff", FlowSolver::nonstiff}});
  options.relative = number("relative");
  options.absolute = number("absolute");
  options.gradient = number("gradient");
  options.polish = number("polish");
  if (given.optional_field("time")) options.time = number("time");
  if (given.optional_field("loss")) options.loss = number("loss");
  options.steps = static_cast<std::size_t>(given.field("steps").integer(1, most_steps));
  const Argument times = given.field("times");
  if (!times.value().IsTypedArray()) times.refuse("a Float64Array");
  options.times = times.floats_as<double>(times.value().As<Napi::TypedArray>().ElementLength());
  return options;
}

Napi::Object to_js(Napi::Env env, const FlowResult& flow) {
  Napi::Object result = Napi::Object::New(env);
  result.Set("end", name_of(flow.end));
  result.Set("time", flow.time);
  result.Set("loss", flow.point.loss);
  result.Set("parameters", numbers(env, flow.point.y));
  result.Set("gradient", numbers(env, flow.point.gradient));
  result.Set("eigenvalues", numbers(env, flow.eigenvalues));
  result.Set("steps", static_cast<double>(flow.steps));
  result.Set("rejected", static_cast<double>(flow.rejected));
  result.Set("polished", flow.polished);
  Napi::Array path = Napi::Array::New(env, flow.path.size());
  for (std::uint32_t i = 0; i < flow.path.size(); ++i) path.Set(i, numbers(env, flow.path[i]));
  result.Set("path", path);
  std::vector<double> trace;
  for (const FlowTrace& step : flow.trace) trace.insert(trace.end(), {step.time, step.loss, step.gradient});
  result.Set("trace", numbers(env, trace));
  return result;
}

Napi::Value start_population_flows(const Napi::CallbackInfo& info) {
  return guarded(info.Env(), [&] {
    struct Job {
      std::shared_ptr<const PopulationLoss> loss;
      std::vector<double> starts;
      FlowOptions options;
      unsigned threads;
      std::vector<FlowResult> results;
    };
    const auto job = std::make_shared<Job>();
    job->loss = PopulationLossObject::loss_of(Argument(info[0], "loss"));
    const Argument starts(info[1], "starts");
    if (!starts.value().IsTypedArray()) starts.refuse("a Float64Array");
    const std::size_t length = starts.value().As<Napi::TypedArray>().ElementLength();
    if (length == 0 || length % job->loss->parameters() != 0)
      starts.refuse("a multiple of " + std::to_string(job->loss->parameters()) + " numbers");
    job->starts = starts.floats_as<double>(length);
    job->options = read_flow_options(Argument(info[2], "options"));
    job->threads = static_cast<unsigned>(Argument(info[3], "threads").integer(1, most_threads));
    const auto stop = std::make_shared<StopFlag>(false);
    Napi::Object call = Napi::Object::New(info.Env());
    call.Set("stop",
             Napi::Function::New(info.Env(), [stop](const Napi::CallbackInfo&) { stop->store(true); }));
    call.Set("results",
             Task::start(info.Env(), {stop,
                                      [job, stop] {
                                        job->results = population_flows(*job->loss, job->starts, job->options,
                                                                        job->threads, *stop);
                                      },
                                      [] {},
                                      [job](Napi::Env env) -> Napi::Value {
                                        Napi::Array results = Napi::Array::New(env, job->results.size());
                                        for (std::uint32_t i = 0; i < job->results.size(); ++i)
                                          results.Set(i, to_js(env, job->results[i]));
                                        return results;
                                      }}));
    return call;
  });
}

Napi::Value PopulationObject::gradient_flow(const Napi::CallbackInfo& info) {
  return guarded(info.Env(), [&] {
    struct Job {
      DatasetPtr data;
      std::vector<double> start;
      FlowOptions options;
      FlowResult flow;
    };
    if (session_->dtype != DType::float64)
      throw Error("invalid_argument",
                  "expected a population of float64 for a gradient flow, received one of float32");
    const auto job = std::make_shared<Job>();
    const std::size_t student = read_student(info[0]);
    job->data = read_dataset(Argument(info[1], "data"));
    job->start = Argument(info[2], "start").floats_as<double>(idle("gradientFlow").layout(student).size());
    job->options = read_flow_options(Argument(info[3], "options"));
    return start(
        info.Env(), "gradientFlow",
        [job, student](Population& population, const StopFlag& stop) {
          job->flow = student_flow(population, student, *job->data, job->start, job->options, stop);
        },
        [job](Napi::Env env) { return to_js(env, job->flow); });
  });
}

}  // namespace eigenstudent
