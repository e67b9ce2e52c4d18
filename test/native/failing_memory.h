// Allocations of the whole test program that fail when a test asks for it.
#pragma once

#include <cstddef>

namespace eigenstudent::test {

/// While it lives, the allocation with the number `after` (from 0 on, of whatever thread) throws std::bad_alloc. One at a time.
class FailingAllocation {
 public:
  explicit FailingAllocation(std::size_t after);
  ~FailingAllocation();
  FailingAllocation(const FailingAllocation&) = delete;
  FailingAllocation& operator=(const FailingAllocation&) = delete;

  /// Whether there were so many allocations that one failed.
  bool reached() const;
};

}  // namespace eigenstudent::test
