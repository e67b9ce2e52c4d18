#include "addon/population.h"

#include <algorithm>
#include <utility>

#include "addon/arguments/argument_visitor.h"
#include "addon/arguments/network_arguments.h"
#include "addon/backends.h"
#include "addon/dataset.h"
#include "addon/errors.h"
#include "core/errors.h"

namespace eigenstudent {

namespace {

StateBlock read_state_block(const Argument& argument) {
  return argument.one_of<StateBlock>({{"parameters", StateBlock::parameters},
                                      {"firstMoment", StateBlock::first_moment},
                                      {"secondMoment", StateBlock::second_moment},
                                      {"buffers", StateBlock::buffers}});
}

std::unique_ptr<Backend> read_and_make_backend(const Argument& spec) {
  constexpr std::uint64_t most_devices = 1023;  // arbitrary: larger numbers are typing errors
  const BackendKind kind = read_backend(spec.field("backend"));
  std::vector<int> devices;
  if (const std::optional<Argument> given = spec.optional_field("devices"))
    given->each_element([&](const Argument& device) {
      devices.push_back(static_cast<int>(device.integer(0, most_devices)));
    });
  return make_backend(kind, devices);
}

Napi::Number number(Napi::Env env, std::uint64_t value) {
  return Napi::Number::New(env, static_cast<double>(value));
}

/// null where the kind of kernel is unspecified.
Napi::Value to_js(Napi::Env env, const Execution& execution) {
  if (execution.kernels == Kernels::unspecified) return env.Null();
  return ObjectVisitor::to_object(env, execution);
}

}  // namespace

Napi::Float64Array float64_array(Napi::Env env, const std::vector<double>& values) {
  Napi::Float64Array array = Napi::Float64Array::New(env, values.size());
  std::copy(values.begin(), values.end(), array.Data());
  return array;
}

Napi::Function PopulationObject::define(Napi::Env env) {
  using This = PopulationObject;
  return DefineClass(env, "Population",
                     {
                         tagged_accessor<This, &This::size>("size"),
                         tagged_accessor<This, &This::busy>("busy"),
                         tagged_accessor<This, &This::bytes>("bytes"),
                         tagged_accessor<This, &This::engine>("engine"),
                         InstanceMethod("stop", &This::stop),
                         InstanceMethod("dispose", &This::dispose),
                         InstanceMethod("stepsNow", &This::steps_now),
                         InstanceMethod("run", &This::run),
                         InstanceMethod("evaluate", &This::evaluate),
                         InstanceMethod("predict", &This::predict),
                         InstanceMethod("pruningCurve", &This::pruning_curve),
                         InstanceMethod("recalibrate", &This::recalibrate),
                         InstanceMethod("progress", &This::progress),
                         InstanceMethod("executions", &This::executions),
                         InstanceMethod("read", &This::read),
                         InstanceMethod("write", &This::write),
                         InstanceMethod("counters", &This::counters),
                         InstanceMethod("setCounters", &This::set_counters),
                         InstanceMethod("setData", &This::set_data),
                         InstanceMethod("gradient", &This::gradient),
                         InstanceMethod("gradients", &This::gradients),
                         InstanceMethod("hessianProduct", &This::hessian_product),
                         InstanceMethod("gradientFlow", &This::gradient_flow),
                         InstanceMethod("oracleOrder", &This::oracle_order),
                     });
}

PopulationObject::PopulationObject(const Napi::CallbackInfo& info)
    : Napi::ObjectWrap<PopulationObject>(info) {
  guarded(info.Env(), [&] {
    session_ = std::make_shared<Session>();
    const Argument argument(info[0], "spec");
    const std::unique_ptr<Backend> backend = read_and_make_backend(argument);
    PopulationSpec spec = read_population(argument);
    session_->dtype = spec.dtype;
    for (const StudentSpec& student : spec.students) session_->moments.push_back(student.moments());
    size_ = spec.students.size();
    const bool general = spec.general;
    session_->population = backend->create(std::move(spec));
    engine_ = backend->engine() + (general ? "-general" : "");
    info.This().As<Napi::Object>().TypeTag(&tag);
    set_bytes(info.Env(), *session_, session_->population->bytes());
    return info.Env().Undefined();
  });
}

void PopulationObject::Finalize(Napi::BasicEnv env) {
  // JavaScript can no longer call the population. A pending call still delivers its result, then frees it.
  session_->disposed = true;
  if (!session_->pending) finish(env, *session_);
}

// ---- Usable in every state ----

Napi::Value PopulationObject::size(Napi::Env env, const PopulationObject& object) {
  return number(env, object.size_);
}

Napi::Value PopulationObject::busy(Napi::Env env, const PopulationObject& object) {
  return Napi::Boolean::New(env, object.session_->pending != nullptr);
}

Napi::Value PopulationObject::bytes(Napi::Env env, const PopulationObject& object) {
  return number(env, object.session_->bytes);
}

Napi::Value PopulationObject::engine(Napi::Env env, const PopulationObject& object) {
  return Napi::String::New(env, object.engine_);
}

Napi::Value PopulationObject::stop(const Napi::CallbackInfo& info) {
  session_->stop = true;  // read by a pending call only: the next one clears it
  return info.Env().Undefined();
}

Napi::Value PopulationObject::dispose(const Napi::CallbackInfo& info) {
  session_->disposed = true;
  session_->stop = true;
  if (!session_->pending) finish(info.Env(), *session_);  // else at the end of the pending call
  return info.Env().Undefined();
}

/// [students], or null once disposed and where the backend cannot tell. A pending call keeps the population alive.
Napi::Value PopulationObject::steps_now(const Napi::CallbackInfo& info) {
  if (session_->disposed || !session_->population) return info.Env().Null();
  std::vector<double> steps(size_);
  for (std::size_t i = 0; i < size_; ++i) {
    const std::optional<std::uint64_t> now = session_->population->steps_now(i);
    if (!now) return info.Env().Null();
    steps[i] = static_cast<double>(*now);
  }
  return float64_array(info.Env(), steps);
}

// ---- Synchronous calls ----

Napi::Value PopulationObject::progress(const Napi::CallbackInfo& info) {
  return guarded(info.Env(), [&] {
    const Population& population = idle("progress");
    Napi::Array array = Napi::Array::New(info.Env(), size_);
    for (std::uint32_t i = 0; i < size_; ++i)
      array.Set(i, ObjectVisitor::to_object(info.Env(), population.progress(i)));
    return array;
  });
}

Napi::Value PopulationObject::executions(const Napi::CallbackInfo& info) {
  return guarded(info.Env(), [&] {
    const Population& population = idle("executions");
    Napi::Array array = Napi::Array::New(info.Env(), size_);
    for (std::uint32_t i = 0; i < size_; ++i) array.Set(i, to_js(info.Env(), population.execution(i)));
    return array;
  });
}

Napi::Value PopulationObject::read(const Napi::CallbackInfo& info) {
  return guarded(info.Env(), [&] {
    const Population& population = idle("read");
    const std::size_t student = read_student(info[0]);
    const StateBlock block = read_state_block(Argument(info[1], "block"));
    population.read(student, block, read_block(info[2], "into", block_length(student, block)));
    return info.Env().Undefined();
  });
}

Napi::Value PopulationObject::write(const Napi::CallbackInfo& info) {
  return guarded(info.Env(), [&] {
    Population& population = idle("write");
    const std::size_t student = read_student(info[0]);
    const StateBlock block = read_state_block(Argument(info[1], "block"));
    population.write(student, block, read_block(info[2], "from", block_length(student, block)));
    return info.Env().Undefined();
  });
}

Napi::Value PopulationObject::counters(const Napi::CallbackInfo& info) {
  return guarded(info.Env(), [&] {
    const Counters counters = idle("counters").counters(read_student(info[0]));
    Napi::Object object = Napi::Object::New(info.Env());
    object.Set("step", number(info.Env(), counters.step));
    const std::vector<double> updates(counters.update_count.begin(), counters.update_count.end());
    object.Set("updateCount", float64_array(info.Env(), updates));
    if (counters.place) {
      object.Set("epoch", number(info.Env(), counters.place->epoch));
      object.Set("position", number(info.Env(), counters.place->position));
    }
    return object;
  });
}

Napi::Value PopulationObject::set_counters(const Napi::CallbackInfo& info) {
  return guarded(info.Env(), [&] {
    const Argument given(info[1], "counters");
    const Argument step = given.field("step"), updates = given.field("updateCount");
    const std::optional<Argument> epoch = given.optional_field("epoch");
    const std::optional<Argument> position = given.optional_field("position");
    Population& population = idle("setCounters");  // after the fields: a getter may have called dispose()
    const std::size_t student = read_student(info[0]);
    Counters counters;
    counters.step = step.integer(0, largest_safe_integer);
    for (const double count : updates.array<double>(population.layout(student).tensors().size())) {
      const std::string where = "counters.updateCount[" + std::to_string(counters.update_count.size()) + "]";
      counters.update_count.push_back(
          Argument(Napi::Number::New(info.Env(), count), where).integer(0, largest_safe_integer));
    }
    if (epoch && position)
      counters.place =
          EpochPlace{epoch->integer(0, largest_safe_integer), position->integer(0, largest_safe_integer)};
    population.set_counters(student, counters);
    return info.Env().Undefined();
  });
}

Napi::Value PopulationObject::set_data(const Napi::CallbackInfo& info) {
  return guarded(info.Env(), [&] {
    Population& population = idle("setData");
    const std::size_t student = read_student(info[0]);
    population.set_data(student, read_dataset(Argument(info[1], "data")));
    return info.Env().Undefined();
  });
}

Napi::Value PopulationObject::gradient(const Napi::CallbackInfo& info) {
  return guarded(info.Env(), [&] {
    Population& population = idle("gradient");
    const std::size_t student = read_student(info[0]);
    const DatasetPtr data = read_dataset(Argument(info[1], "data"));
    void* into = read_block(info[2], "into", population.layout(student).size());
    const Losses losses = population.gradient(student, *data, into);
    Napi::Object object = Napi::Object::New(info.Env());
    object.Set("dataLoss", losses.data);
    object.Set("penalty", losses.penalty);
    return object;
  });
}

// ---- Helpers of the methods ----

Population& PopulationObject::idle(const char* call) const {
  if (session_->disposed)
    throw Error("population_disposed", std::string("expected a population in use for ") + call +
                                           "(), received one after dispose(). Create another one");
  if (session_->pending)
    throw Error("population_busy", std::string("expected an idle population for ") + call +
                                       "(), received one whose " + session_->pending +
                                       "() is pending. Await its promise, or call stop() and then await it");
  return *session_->population;
}

std::size_t PopulationObject::read_student(Napi::Value value) const {
  return static_cast<std::size_t>(Argument(value, "student").integer(0, size_ - 1));
}

void* PopulationObject::read_block(Napi::Value value, const char* where, std::size_t length) const {
  const Argument argument(value, where);
  if (session_->dtype == DType::float32) return argument.array<float>(length).data();
  return argument.array<double>(length).data();
}

std::size_t PopulationObject::block_length(std::size_t student, StateBlock block) const {
  if (block == StateBlock::second_moment && session_->moments[student] < 2)
    throw Error("invalid_argument",
                "expected parameters or firstMoment for block, received \"secondMoment\", which sgd "
                "(student " +
                    std::to_string(student) + ") does not keep");
  const ParameterLayout& layout = session_->population->layout(student);
  return block == StateBlock::buffers ? layout.buffer_size() : layout.size();
}

void PopulationObject::finish(Napi::BasicEnv env, Session& session) {
  session.pending = nullptr;
  if (session.disposed) session.population.reset();
  set_bytes(env, session, session.population ? session.population->bytes() : 0);
}

void PopulationObject::set_bytes(Napi::BasicEnv env, Session& session, std::size_t bytes) {
  const std::int64_t change = static_cast<std::int64_t>(bytes) - static_cast<std::int64_t>(session.bytes);
  session.bytes = bytes;
  if (change != 0) Napi::MemoryManagement::AdjustExternalMemory(env, change);
}

}  // namespace eigenstudent
