// Threads as a neighbour sees them: how many there are, that they flush denormals and nobody else does, and what becomes
// of an exception.
#include <atomic>
#include <limits>
#include <stdexcept>
#include <thread>

#if defined(__linux__)
#include <sched.h>
#endif

#include "contract.h"
#include "cpu/cpu_backend.h"
#include "cpu/thread_pool.h"

namespace eigenstudent::test {

namespace {

using cpu::ThreadPool;

/// Half the smallest normal number, formed on the calling thread: 0 where denormals are flushed.
float half_of_smallest() {
  volatile float smallest = std::numeric_limits<float>::min();
  return smallest / 2;
}

/// Twice a denormal: 0 where a denormal counts as 0.
double twice_denormal() {
  volatile double denormal = std::numeric_limits<double>::denorm_min();
  return denormal * 2;
}

bool keeps_denormals() { return half_of_smallest() > 0 && twice_denormal() > 0; }

}  // namespace

TEST("thread pool: every index runs once, whatever the number of threads") {
  for (const unsigned threads : {1u, 2u, 3u, 8u}) {
    ThreadPool pool(threads);
    REQUIRE(pool.size() == threads);
    for (const std::size_t count : {0, 1, 2, 7, 1000}) {
      std::vector<std::atomic<int>> calls(count);
      std::atomic<bool> known{true};
      pool.run(count, [&](unsigned worker, std::size_t index) {
        if (worker >= threads) known = false;
        ++calls[index];
      });
      REQUIRE(known);
      REQUIRE(std::all_of(calls.begin(), calls.end(), [](const auto& n) { return n == 1; }));
    }
  }
}

TEST("thread pool: the first exception is thrown, later tasks are skipped, and the pool can be used again") {
  ThreadPool pool(3);
  std::atomic<int> calls{0};
  std::string what;
  try {
    pool.run(100'000, [&](unsigned, std::size_t) {
      ++calls;
      throw std::runtime_error("of a task");
    });
  } catch (const std::runtime_error& error) {
    what = error.what();
  }
  REQUIRE(what == "of a task");
  REQUIRE(calls <= 3);  // one per thread at most
  calls = 0;
  pool.run(10, [&](unsigned, std::size_t) { ++calls; });
  REQUIRE(calls == 10);
}

TEST("thread pool: workers flush denormals, the calling thread does not") {
  REQUIRE(keeps_denormals());
  ThreadPool pool(2);
  std::atomic<int> kept{0}, seen{0};
  pool.run(50, [&](unsigned, std::size_t) {
    ++seen;
    if (half_of_smallest() > 0 || twice_denormal() > 0) ++kept;
  });
  REQUIRE(seen == 50);
#if defined(__x86_64__) || defined(__aarch64__)
  REQUIRE(kept == 0);
#endif
  REQUIRE(keeps_denormals());
}

TEST("no call of a population makes the calling thread flush denormals") {
  on_every_backend([](const Backend& backend, DType dtype) {
    const std::vector<StudentSpec> students = mixed_students(dtype);
    Subject subject = make_subject(backend, dtype, students, 2);
    subject.run(2);
    REQUIRE(keeps_denormals());
    subject.evaluate(0, students[0].trainer->data);
    subject.predict(0, *students[0].trainer->data);
    subject.gradient(0, *students[0].trainer->data);
    REQUIRE(keeps_denormals());
  });
}

#if defined(__linux__)
TEST("available_cores counts what the affinity mask leaves") {
  cpu_set_t all;
  REQUIRE(sched_getaffinity(0, sizeof(all), &all) == 0);
  REQUIRE(cpu::available_cores() == static_cast<unsigned>(CPU_COUNT(&all)));
  // On a thread of its own: the mask belongs to the thread, and no other test shall run on one core for it.
  unsigned seen = 0;
  bool set = false;
  std::thread([&] {
    int first = 0;
    while (!CPU_ISSET(first, &all)) ++first;
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(first, &one);
    set = sched_setaffinity(0, sizeof(one), &one) == 0;
    seen = cpu::available_cores();
  }).join();
  REQUIRE(set);
  REQUIRE(seen == 1);
}
#endif

}  // namespace eigenstudent::test
