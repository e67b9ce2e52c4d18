// A promise whose work runs on a separate thread.
//
// Not Napi::AsyncWorker, for two reasons that were measured on Node 20 with a 3 s task. A worker_threads
// environment waits for its queued AsyncWorkers before it runs cleanup hooks, so that worker.terminate() (and
// process.exit()) took the whole 3 s: no hook can stop the task. And tasks of minutes would hold the
// four threads of libuv's pool, which files and DNS need.
#pragma once

#include <napi.h>

#include <functional>
#include <memory>
#include <optional>
#include <thread>

#include "addon/errors.h"
#include "core/backend.h"

namespace eigenstudent {

/// The functions of a task, and their threads. The functions own all data that they use.
struct TaskWork {
  std::shared_ptr<StopFlag> stop;                // set to end the task early; cleared by the caller before
  std::function<void()> compute;                 // on the task's thread; may throw
  std::function<void()> finish;                  // on the JavaScript thread, whatever happened; never throws
  std::function<Napi::Value(Napi::Env)> result;  // on the JavaScript thread, after finish; may throw
};

class Task {
 public:
  /// Starts the work. The promise resolves with result(), or rejects with what compute() or result() threw;
  /// in an environment that is being torn down it stays pending.
  static Napi::Promise start(Napi::Env env, TaskWork work);

 private:
  Task(Napi::Env env, TaskWork work);
  void run();
  void settle(Napi::Env env);
  static void finalize(napi_env env, void* task, void* hint);

  TaskWork work_;
  Napi::Promise::Deferred deferred_;
  napi_threadsafe_function done_ =
      nullptr;  // released by the thread when it is over; its finalizer is finalize()
  std::thread thread_;
  std::optional<Failure> failure_;
};

}  // namespace eigenstudent
