#include "cpu/thread_pool.h"

#if defined(__linux__)
#include <sched.h>
#endif
#if defined(__x86_64__) || defined(_M_X64)
#include <xmmintrin.h>
#endif

namespace eigenstudent::cpu {

unsigned available_cores() {
#if defined(__linux__)
  cpu_set_t cores;
  if (sched_getaffinity(0, sizeof(cores), &cores) == 0) {
    const int count = CPU_COUNT(&cores);
    if (count > 0) return static_cast<unsigned>(count);
  }
#endif
  const unsigned count = std::thread::hardware_concurrency();
  return count > 0 ? count : 1;
}

/// Weights that L2 pulls to zero pass through the denormals, which cost a hundred cycles each; they are treated
/// as 0.
static void flush_denormals() {
#if defined(__x86_64__) || defined(_M_X64)
  constexpr unsigned flush_to_zero = 0x8000, denormals_are_zero = 0x0040;  // Intel SDM vol. 1, 10.2.3
  _mm_setcsr(_mm_getcsr() | flush_to_zero | denormals_are_zero);
#elif defined(__aarch64__) && defined(__GNUC__)
  std::uint64_t control;
  __asm__ volatile("mrs %0, fpcr" : "=r"(control));
  control |= std::uint64_t{1} << 24;  // FZ, Arm ARM C5.2.8
  __asm__ volatile("msr fpcr, %0" : : "r"(control));
#endif
}

ThreadPool::ThreadPool(unsigned threads) {
  threads_.reserve(threads);
  try {
    for (unsigned worker = 0; worker < threads; ++worker)
      threads_.emplace_back([this, worker] { work(worker); });
  } catch (
      ...) {  // the system cannot create a thread; destroying a running std::thread would end the process
    end();
    throw;
  }
}

ThreadPool::~ThreadPool() { end(); }

void ThreadPool::end() {
  {
    const std::lock_guard lock(mutex_);
    leaving_ = true;
  }
  wake_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

void ThreadPool::run(std::size_t count, const std::function<void(unsigned, std::size_t)>& task) {
  std::unique_lock lock(mutex_);
  task_ = &task;
  next_ = 0;
  count_ = count;
  failure_ = nullptr;
  wake_.notify_all();
  done_.wait(lock, [this] { return next_ >= count_ && running_ == 0; });
  task_ = nullptr;
  if (failure_) std::rethrow_exception(failure_);
}

void ThreadPool::work(unsigned worker) {
  flush_denormals();
  std::unique_lock lock(mutex_);
  for (;;) {
    wake_.wait(lock, [this] { return leaving_ || (task_ && next_ < count_); });
    if (leaving_) return;
    take_tasks(worker, lock);
    if (running_ == 0) done_.notify_all();
  }
}

void ThreadPool::take_tasks(unsigned worker, std::unique_lock<std::mutex>& lock) {
  while (task_ && next_ < count_) {
    const std::size_t index = next_++;
    const auto* task = task_;
    ++running_;
    lock.unlock();
    std::exception_ptr failure;
    try {
      (*task)(worker, index);
    } catch (...) {
      failure = std::current_exception();
    }
    lock.lock();
    --running_;
    if (failure && !failure_) failure_ = failure;
    if (failure) next_ = count_;  // no new tasks after a failure
  }
}

}  // namespace eigenstudent::cpu
