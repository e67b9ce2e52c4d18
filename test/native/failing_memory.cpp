#include "failing_memory.h"

#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <new>

#include "cuda/device/device.h"

namespace eigenstudent::test {

namespace {

/// Allocations until the one that fails; none fails while it is negative.
std::atomic<std::int64_t> left{-1};
std::atomic<bool> failed{false};

void fail_when_due() {
  if (left.load(std::memory_order_relaxed) < 0 || cuda::runs_emulated_kernel() || left.fetch_sub(1) != 0)
    return;
  failed = true;
  throw std::bad_alloc();
}

void* allocate(std::size_t bytes, std::size_t alignment) {
  const std::size_t whole = (bytes + alignment - 1) / alignment * alignment;
  void* memory = alignment > alignof(std::max_align_t) ? std::aligned_alloc(alignment, whole)
                                                       : std::malloc(bytes == 0 ? 1 : bytes);
  if (!memory) throw std::bad_alloc();
  return memory;
}

}  // namespace

FailingAllocation::FailingAllocation(std::size_t after) {
  failed = false;
  left = static_cast<std::int64_t>(after);
}
FailingAllocation::~FailingAllocation() { left = -1; }
bool FailingAllocation::reached() const { return failed; }

}  // namespace eigenstudent::test

void* operator new(std::size_t bytes) {
  eigenstudent::test::fail_when_due();
  return eigenstudent::test::allocate(bytes, 1);
}
void* operator new(std::size_t bytes, std::align_val_t alignment) {
  eigenstudent::test::fail_when_due();
  return eigenstudent::test::allocate(bytes, static_cast<std::size_t>(alignment));
}
// std::stable_sort asks by this one, and sorts without memory where it gets none: it does not fail here, where an error is expected
// of every failure. With the library's own, memory would come from elsewhere than it is freed to.
void* operator new(std::size_t bytes, const std::nothrow_t&) noexcept {
  try {
    return eigenstudent::test::allocate(bytes, 1);
  } catch (...) {
    return nullptr;
  }
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::align_val_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept { std::free(memory); }
