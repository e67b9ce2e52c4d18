// Every task of the process, so that none is left running when its environment, or the process, goes away.
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

  /// Asks the tasks of one environment to end after their current step.
  void stop(const void* environment);

  /// From the first call on, exit() asks every task to end, and waits for it. Without this, process.exit()
  /// would pull static objects from under running threads.
  void stop_at_exit();

 private:
  void stop_and_wait();

  std::mutex mutex_;
  std::condition_variable removed_;
  std::unordered_map<StopFlag*, const void*> environment_of_;
  bool registered_ = false;
};

}  // namespace eigenstudent
