// Runs a loop on the calling thread, or, for a wide student, on all threads of a pool.
#pragma once

#include <cstddef>

#include "core/backend.h"
#include "cpu/thread_pool.h"

namespace eigenstudent::cpu {

/// Runs loops of independent pieces. A piece writes what no other piece reads or writes, so that a result
/// does not depend on how many threads there are.
class ParallelLoop {
 public:
  /// No pool: every loop runs on the calling thread, which then is a worker of a pool itself.
  ParallelLoop() = default;
  explicit ParallelLoop(const StopFlag& stop) : stop_(&stop) {}
  ParallelLoop(ThreadPool& pool, const StopFlag& stop) : pool_(&pool), stop_(&stop) {}

  bool shared() const { return pool_ != nullptr; }
  unsigned threads() const { return pool_ ? pool_->size() : 1; }
  /// The same threads for what has to be done to its end.
  ParallelLoop unstoppable() const {
    ParallelLoop loop = *this;
    loop.stop_ = nullptr;
    return loop;
  }
  /// Whether the work was asked to end. Pieces are then skipped: what they would have written is garbage.
  bool stopped() const { return stop_ && stop_->load(std::memory_order_relaxed); }

  /// piece(index, thread) for all pieces; thread < threads().
  template <class Piece>
  void each(std::size_t count, const Piece& piece) const {
    if (pool_)
      pool_->run(count, [&](unsigned thread, std::size_t i) { piece(i, thread); });
    else
      for (std::size_t i = 0; i < count; ++i) piece(i, 0u);
  }

  /// All pieces, or fewer once stopped: for what nobody reads after a stop.
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
