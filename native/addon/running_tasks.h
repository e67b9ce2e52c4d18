// The list of all tasks of the process, so that none still runs when its environment or the process ends.
#pragma once

#include <condition_variable>
#include <mutex>
#include <unordered_map>

#include "core/backend.h"

namespace eigenstudent {

/// Thread safe. Flags are borrowed: they live at least until remove().
class RunningTasks {
 public:
  static RunningTasks& instance();

  void add(StopFlag& flag, const void* environment);
  void remove(StopFlag& flag);

  /// Makes the tasks of one environment end after their current step.
  void stop(const void* environment);

  /// From the first call on, exit() makes every task end, and waits for it. Without this, process.exit()
  /// would destroy static objects that running threads use.
  void stop_at_exit();

 private:
  void stop_and_wait();

  std::mutex mutex_;
  std::condition_variable removed_;
  std::unordered_map<StopFlag*, const void*> environment_of_;
  bool registered_ = false;
};

}  // namespace eigenstudent
