#include "addon/running_tasks.h"

#include <cstdlib>

namespace eigenstudent {

RunningTasks& RunningTasks::instance() {
  static auto* tasks = new RunningTasks;  // never destroyed: threads may outlive the static objects
  return *tasks;
}

void RunningTasks::add(StopFlag& flag, const void* environment) {
  const std::lock_guard lock(mutex_);
  environment_of_.emplace(&flag, environment);
}

void RunningTasks::remove(StopFlag& flag) {
  const std::lock_guard lock(mutex_);
  environment_of_.erase(&flag);
  removed_.notify_all();
}

void RunningTasks::stop(const void* environment) {
  const std::lock_guard lock(mutex_);
  for (const auto& [flag, owner] : environment_of_)
    if (owner == environment) flag->store(true);
}

void RunningTasks::stop_and_wait() {
  std::unique_lock lock(mutex_);
  for (const auto& [flag, owner] : environment_of_) flag->store(true);
  removed_.wait(lock, [this] { return environment_of_.empty(); });
}

void RunningTasks::stop_at_exit() {
#ifndef _WIN32  // on Windows the other threads end before a DLL's exit handlers run: waiting would never end
  const std::lock_guard lock(mutex_);
  if (registered_) return;
  registered_ = std::atexit([] { RunningTasks::instance().stop_and_wait(); }) == 0;
#endif
}

}  // namespace eigenstudent
