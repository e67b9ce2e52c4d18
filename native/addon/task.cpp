#include "addon/task.h"

#include <utility>

#include "addon/environment.h"
#include "addon/running_tasks.h"
#include "core/errors.h"

namespace eigenstudent {

Task::Task(Napi::Env env, TaskWork work)
    : work_(std::move(work)), deferred_(Napi::Promise::Deferred::New(env)) {}

Napi::Promise Task::start(Napi::Env env, TaskWork work) {
  std::unique_ptr<Task> owner(new Task(env, std::move(work)));
  Task& task = *owner;
  const Napi::Promise promise = task.deferred_.Promise();
  RunningTasks::instance().add(*task.work_.stop,
                               &Environment::of(env));  // may throw: nothing has to be undone yet
  // Nothing is ever called through this function: it exists for its finalizer, which Node runs on the
  // JavaScript thread after the release below, or at the end of the environment, whichever is first.
  const auto never_called = [](napi_env, napi_value, void*, void*) {};
  const napi_status status =
      napi_create_threadsafe_function(env, nullptr, nullptr, Napi::String::New(env, "eigenstudent"), 0, 1,
                                      &task, finalize, nullptr, never_called, &task.done_);
  if (status != napi_ok) {
    RunningTasks::instance().remove(*task.work_.stop);
    throw Napi::Error::New(env);
  }
  static_cast<void>(owner.release());  // finalize() deletes it
  try {
    task.thread_ = std::thread([&task] { task.run(); });
  } catch (...) {  // the system cannot create a thread
    task.failure_ = failure_of(std::current_exception());
    RunningTasks::instance().remove(*task.work_.stop);
    napi_release_threadsafe_function(task.done_, napi_tsfn_release);
  }
  return promise;
}

void Task::run() {
  try {
    work_.compute();
  } catch (...) {
    failure_ = failure_of(std::current_exception());
  }
  RunningTasks::instance().remove(*work_.stop);
  napi_release_threadsafe_function(done_, napi_tsfn_release);  // the last access: finalize() deletes the task
}

void Task::finalize(napi_env raw_env, void* data, void*) {
  const std::unique_ptr<Task> task(static_cast<Task*>(data));
  const Napi::Env env(raw_env);
  const Napi::HandleScope scope(env);
  task->work_.stop->store(true);  // matters at the end of the environment only: else the thread is over
  if (task->thread_.joinable()) task->thread_.join();
  task->work_.finish();
  if (Environment::of(env).closing) return;
  try {
    task->settle(env);
  } catch (...) {
    // JavaScript can no longer run (the worker thread is being terminated, or its heap is full): the
    // promise is never settled. A finalizer must not throw.
  }
}

void Task::settle(Napi::Env env) {
  Napi::Value value;
  try {
    if (!failure_) value = work_.result(env);
  } catch (const Napi::Error& error) {  // thrown by JavaScript: no memory for the array of the result
    return deferred_.Reject(error.Value());
  } catch (...) {
    failure_ = failure_of(std::current_exception());
  }
  if (failure_)
    deferred_.Reject(to_js_error(env, *failure_).Value());
  else
    deferred_.Resolve(value);
}

}  // namespace eigenstudent
