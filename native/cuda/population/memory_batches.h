// How the students of a device share its memory: all at once where they fit, else in batches that train one after the
// other. Host arithmetic only.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace eigenstudent::cuda {

/// The memory that one student needs. `data` identifies data sets; one that several students share is counted once.
struct MemoryNeed {
  std::size_t student;      // its place in the population, for messages
  std::size_t held_bytes;   // as long as its batch is on the device
  std::size_t alone_bytes;  // while it trains by itself; students that need this take turns
  const void* data;
  std::size_t data_bytes;
};

/// Cuts the list, in its order, into the fewest consecutive batches that fit. Throws Error("out_of_memory") with the bytes
/// needed and the bytes free when a student does not fit by itself.
std::vector<std::vector<std::size_t>> plan_memory_batches(std::span<const MemoryNeed> needs,
                                                          std::size_t free_bytes);

}  // namespace eigenstudent::cuda
