// Threads that sleep between calls. Which thread runs which task never matters to a result.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace eigenstudent::cpu {

/// Cores that this process may run on (the affinity mask), at least 1.
unsigned available_cores();

class ThreadPool {
 public:
  explicit ThreadPool(unsigned threads);
  ~ThreadPool();
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;

  unsigned size() const { return static_cast<unsigned>(threads_.size()); }

  /// Calls task(worker, index) once for every index below count, in order of start, and returns when all are
  /// done. Workers flush denormals to zero. The first exception of a task is thrown again here, after the
  /// others ended.
  void run(std::size_t count, const std::function<void(unsigned worker, std::size_t index)>& task);

 private:
  void work(unsigned worker);
  void end();
  void take_tasks(unsigned worker, std::unique_lock<std::mutex>& lock);

  std::mutex mutex_;
  std::condition_variable wake_, done_;
  const std::function<void(unsigned, std::size_t)>* task_ = nullptr;
  std::size_t next_ = 0, count_ = 0, running_ = 0;
  std::exception_ptr failure_;
  bool leaving_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace eigenstudent::cpu
