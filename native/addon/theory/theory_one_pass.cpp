#include "addon/theory/theory_one_pass.h"

#include <algorithm>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "addon/arguments/arguments.h"
#include "addon/errors.h"
#include "addon/population.h"
#include "addon/task.h"
#include "core/errors.h"
#include "cpu/isa.h"
#include "theory/one_pass/one_pass.h"

namespace eigenstudent {

namespace {

constexpr std::uint64_t largest_word = std::numeric_limits<std::uint32_t>::max();

std::vector<double> read_numbers(const Argument& argument) {
  const Napi::Value& value = argument.value();
  const std::size_t length = value.IsTypedArray() ? value.As<Napi::TypedArray>().ElementLength() : 0;
  const std::span<double> numbers = argument.array<double>(length);
  return {numbers.begin(), numbers.end()};
}

/// Steps are 32-bit numbers in the streams of inputs (core/philox.h).
std::vector<std::uint64_t> read_steps(const Argument& argument) {
  std::vector<std::uint64_t> steps;
  for (const double step : read_numbers(argument)) {
    const bool whole = step >= 0 && step <= static_cast<double>(largest_word) &&
                       step == static_cast<double>(static_cast<std::uint64_t>(step));
    if (!whole || (!steps.empty() && static_cast<std::uint64_t>(step) <= steps.back()))
      throw Error("invalid_argument",
                  "expected ascending integers below 2^32 for steps, received " + std::to_string(step));
    steps.push_back(static_cast<std::uint64_t>(step));
  }
  if (steps.empty()) argument.refuse("at least one number of steps");
  return steps;
}

theory::OnePassSpec read_spec(const Argument& request) {
  theory::OnePassSpec spec;
  spec.chain = request.field("chain").boolean();
  spec.spherical = request.field("spherical").boolean();
  spec.shared_stream = request.field("sharedStream").boolean();
  spec.stop_at_escape = request.field("stopAtEscape").boolean();
  spec.students = request.field("students").count();
  spec.inputs = request.field("inputs").count();
  spec.units = request.field("units").count();
  spec.learning_rate = request.field("learningRate").finite_number();
  spec.start_norm = request.field("startNorm").finite_number();
  spec.start_overlap = request.field("startOverlap").finite_number();
  spec.teacher = read_numbers(request.field("teacher"));
  spec.teacher_units = spec.teacher.size();
  spec.steps = read_steps(request.field("steps"));
  spec.escape_loss = request.field("escapeLoss").finite_number();
  spec.seed = request.field("seed").integer(0, largest_safe_integer);
  spec.trial = static_cast<std::uint32_t>(request.field("trial").integer(0, largest_word));
  spec.threads = static_cast<unsigned>(request.field("threads").integer(1, 4096));
  if (spec.teacher.empty() || spec.inputs < spec.teacher.size() ||
      spec.inputs - spec.teacher.size() < spec.units)
    throw Error("invalid_argument",
                "expected inputs of at least units + teacher units, received " + std::to_string(spec.inputs));
  if (spec.trial + (spec.students - 1) > largest_word || spec.students > largest_word)
    throw Error("invalid_argument", "expected trials below 2^32, received " + std::to_string(spec.students) +
                                        " students from trial " + std::to_string(spec.trial));
  const std::size_t records = checked_product(spec.students, spec.steps.size(), "students x steps");
  const std::size_t width = std::max(spec.units, spec.teacher_units);
  checked_product(records, checked_product(width, width, "units x units"),
                  "students x steps x units x units");
  return spec;
}

Napi::Object to_js(Napi::Env env, const theory::OnePassResult& result) {
  Napi::Object object = Napi::Object::New(env);
  object.Set("q", float64_array(env, result.q));
  object.Set("r", float64_array(env, result.r));
  object.Set("loss", float64_array(env, result.loss));
  object.Set("escaped", float64_array(env, result.escaped));
  object.Set("diverged", float64_array(env, result.diverged));
  return object;
}

}  // namespace

Napi::Value one_pass_run(const Napi::CallbackInfo& info) {
  return guarded(info.Env(), [&] {
    const theory::OnePassSpec spec = read_spec(Argument(info[0], "request"));
    static_cast<void>(cpu::kernels<double>());  // an unknown instruction set is refused here, not on a thread
    const auto stop = std::make_shared<StopFlag>(false);
    const auto result = std::make_shared<theory::OnePassResult>();
    const Napi::Promise promise = Task::start(
        info.Env(), {.stop = stop,
                     .compute = [spec, stop, result] { *result = theory::run_one_pass(spec, *stop); },
                     .finish = [] {},
                     .result = [result](Napi::Env env) -> Napi::Value {
                       if (result->stopped)
                         throw Error("interrupted", "one-pass SGD was stopped before its last step");
                       return to_js(env, *result);
                     }});
    Napi::Object handle = Napi::Object::New(info.Env());
    handle.Set("promise", promise);
    handle.Set("stop", Napi::Function::New(info.Env(), [stop](const Napi::CallbackInfo&) { *stop = true; }));
    return handle;
  });
}

Napi::Value one_pass_step_through(const Napi::CallbackInfo& info) {
  return guarded(info.Env(), [&] {
    const Argument request(info[0], "request");
    theory::SampledSteps steps;
    steps.spherical = request.field("spherical").boolean();
    steps.inputs = request.field("inputs").count();
    steps.units = request.field("units").count();
    steps.teacher_units = request.field("teacherUnits").count();
    steps.samples = request.field("samples").count();
    steps.learning_rate = request.field("learningRate").finite_number();
    // Properties first, pointers after: a getter could detach an array that was already checked.
    const Argument student = request.field("student"), teacher = request.field("teacher"),
                   x = request.field("x");
    steps.student =
        student.array<double>(checked_product(steps.units, steps.inputs, "units x inputs")).data();
    steps.teacher =
        teacher.array<double>(checked_product(steps.teacher_units, steps.inputs, "teacher x inputs")).data();
    steps.x = x.array<double>(checked_product(steps.samples, steps.inputs, "samples x inputs")).data();
    const theory::SampledResult result = theory::step_through(steps);
    Napi::Object object = Napi::Object::New(info.Env());
    object.Set("delta", float64_array(info.Env(), result.delta));
    object.Set("student", float64_array(info.Env(), result.student));
    return object;
  });
}

}  // namespace eigenstudent
