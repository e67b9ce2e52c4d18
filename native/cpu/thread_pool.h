// Threads that sleep between calls, and loops that run on the calling thread or, for a wide student, on all
// threads. Results do not depend on which thread runs which task.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "core/backend.h"

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

/// Runs loops of independent pieces. A piece writes what no other piece reads or writes, so that a result
/// does not depend on how many threads there are.
class ParallelLoop {
 public:
  /// Without a pool every loop runs on the calling thread, which may be a worker of a pool itself.
  ParallelLoop() = default;
  explicit ParallelLoop(ThreadPool& pool) : pool_(&pool) {}
  explicit ParallelLoop(const StopFlag& stop) : stop_(&stop) {}
  ParallelLoop(ThreadPool& pool, const StopFlag& stop) : pool_(&pool), stop_(&stop) {}

  bool shared() const { return pool_ != nullptr; }
  unsigned threads() const { return pool_ ? pool_->size() : 1; }
  /// The same threads without a stop flag, for work that must be completed.
  ParallelLoop unstoppable() const {
    ParallelLoop loop = *this;
    loop.stop_ = nullptr;
    return loop;
  }
  /// Whether a stop was requested. Pieces are then skipped and their outputs are undefined.
  bool stopped() const { return stop_ && stop_->load(std::memory_order_relaxed); }

  /// piece(index, thread) for all pieces; thread < threads().
  template <class Piece>
  void each(std::size_t count, const Piece& piece) const {
    if (pool_)
      pool_->run(count, [&](unsigned thread, std::size_t i) { piece(i, thread); });
    else
      for (std::size_t i = 0; i < count; ++i) piece(i, 0u);
  }

  /// All pieces, or fewer after a stop: for results that are not read after a stop.
  template <class Piece>
  void each_until_stopped(std::size_t count, const Piece& piece) const {
    each(count, [&](std::size_t i, unsigned thread) {
      if (!stopped()) piece(i, thread);
    });
  }

 private:
  ThreadPool* pool_ = nullptr;
  const StopFlag* stop_ = nullptr;
};

}  // namespace eigenstudent::cpu
