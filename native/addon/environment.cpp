#include "addon/environment.h"

#include "addon/running_tasks.h"

namespace eigenstudent {

void Environment::create(Napi::Env env) {
  auto* environment = new Environment;
  env.SetInstanceData<Environment>(environment);  // owned by env from here
  // Runs when a worker thread is terminated or ends, before the finalizers of its tasks join their threads:
  // first all tasks get a request to stop, then the hook waits for them.
  env.AddCleanupHook(
      [](Environment* closing) {
        closing->closing = true;
        RunningTasks::instance().stop(closing);
      },
      environment);
  RunningTasks::instance().stop_at_exit();
}

Environment& Environment::of(Napi::Env env) { return *env.GetInstanceData<Environment>(); }

}  // namespace eigenstudent
