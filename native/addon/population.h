// The JavaScript class Population: one native Population, its state, and promises for its long
// calls.
//
// States: idle -> busy (a promise is pending) -> idle; dispose() ends it from either. While busy, only stop,
// dispose, size, engine, busy, bytes and stepsNow may be used; everything else throws "population_busy", so that the native
// Population sees one call at a time. After dispose() everything but those throws "population_disposed".
#pragma once

#include <napi.h>

#include <functional>
#include <memory>
#include <string>

#include "addon/arguments/arguments.h"
#include "addon/type_tag.h"
#include "core/backend.h"

namespace eigenstudent {

/// State that a pending task shares with the JavaScript object, so that either may be destroyed first.
/// `population` and `stop` are used on the task's thread while busy; the rest belongs to the JavaScript
/// thread.
struct Session {
  std::unique_ptr<Population> population;  // null once disposed
  DType dtype = DType::float32;
  std::vector<int> moments;  // [students], StudentSpec::moments()
  std::size_t bytes = 0;     // of the population when it was last idle
  StopFlag stop{false};
  const char* pending = nullptr;  // the call whose promise is pending, or null: idle
  bool disposed = false;
};

/// A copy for JavaScript.
Napi::Float64Array float64_array(Napi::Env env, const std::vector<double>& values);

class PopulationObject : public Napi::ObjectWrap<PopulationObject> {
 public:
  static Napi::Function define(Napi::Env env);

  /// new Population(spec: NativePopulationSpec)
  explicit PopulationObject(const Napi::CallbackInfo& info);
  void Finalize(Napi::BasicEnv env) override;

  static constexpr napi_type_tag tag = population_tag;

 private:
  // Usable in every state.
  static Napi::Value size(Napi::Env env, const PopulationObject& object);
  static Napi::Value busy(Napi::Env env, const PopulationObject& object);
  static Napi::Value bytes(Napi::Env env, const PopulationObject& object);
  static Napi::Value engine(Napi::Env env, const PopulationObject& object);
  Napi::Value stop(const Napi::CallbackInfo& info);
  Napi::Value dispose(const Napi::CallbackInfo& info);
  Napi::Value steps_now(const Napi::CallbackInfo& info);
  // Promises.
  Napi::Value run(const Napi::CallbackInfo& info);        // (untilEpoch: Float64Array)
  Napi::Value evaluate(const Napi::CallbackInfo& info);   // (data: (Dataset | null)[][], statistics?)
  Napi::Value predict(const Napi::CallbackInfo& info);    // (student, data, statistics?)
  Napi::Value gradients(const Napi::CallbackInfo& info);  // (data: (Dataset | null)[], ofInputs, statistics?)
  Napi::Value hessian_product(
      const Napi::CallbackInfo& info);  // (student, data, direction: FloatArray, statistics?)
  Napi::Value gradient_flow(const Napi::CallbackInfo& info);  // (student, data, start: Float64Array, options)
  Napi::Value oracle_order(const Napi::CallbackInfo& info);   // (student, layer, data)
  Napi::Value pruning_curve(
      const Napi::CallbackInfo& info);  // (student, layer, removalOrder, data, statistics?, points?)
  Napi::Value recalibrate(const Napi::CallbackInfo& info);  // (student, data, batchSize)
  // Synchronous calls.
  Napi::Value progress(const Napi::CallbackInfo& info);
  Napi::Value executions(const Napi::CallbackInfo& info);
  Napi::Value read(const Napi::CallbackInfo& info);          // (student, block, into)
  Napi::Value write(const Napi::CallbackInfo& info);         // (student, block, from)
  Napi::Value counters(const Napi::CallbackInfo& info);      // (student)
  Napi::Value set_counters(const Napi::CallbackInfo& info);  // (student, counters)
  Napi::Value set_data(const Napi::CallbackInfo& info);      // (student, data)
  Napi::Value gradient(const Napi::CallbackInfo& info);      // (student, data, into)

  /// The population, if it can accept a call now; else throws "population_busy" or "population_disposed".
  Population& idle(const char* call) const;
  std::size_t read_student(Napi::Value value) const;
  /// The caller's array behind `value`: [length] of the population's dtype.
  void* read_block(Napi::Value value, const char* where, std::size_t length) const;
  std::size_t block_length(std::size_t student, StateBlock block) const;

  using Compute = std::function<void(Population&, const StopFlag&)>;  // on the task's thread
  using Result = std::function<Napi::Value(Napi::Env)>;               // on the JavaScript thread
  /// Makes the population busy with `call` until the promise is settled. The task shares the session, not the
  /// JavaScript object, which may be collected meanwhile.
  Napi::Value start(Napi::Env env, const char* call, Compute compute, Result result);
  static void finish(Napi::BasicEnv env, Session& session);
  /// Reports the change to the garbage collector as well.
  static void set_bytes(Napi::BasicEnv env, Session& session, std::size_t bytes);

  std::shared_ptr<Session> session_;
  std::size_t size_ = 0;
  std::string engine_;
};

}  // namespace eigenstudent
