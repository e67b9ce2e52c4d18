#include "cuda/population/memory_batches.h"

#include <algorithm>
#include <set>
#include <string>

#include "core/errors.h"

namespace eigenstudent::cuda {

namespace {

/// The memory that the students of a batch need together.
class Batch {
 public:
  std::size_t bytes_with(const MemoryNeed& need) const {
    const std::size_t data = data_.count(need.data) ? 0 : need.data_bytes;
    return held_ + need.held_bytes + data + std::max(alone_, need.alone_bytes);
  }
  void add(const MemoryNeed& need) {
    held_ += need.held_bytes + (data_.insert(need.data).second ? need.data_bytes : 0);
    alone_ = std::max(alone_, need.alone_bytes);
  }

 private:
  std::size_t held_ = 0, alone_ = 0;
  std::set<const void*> data_;
};

}  // namespace

std::vector<std::vector<std::size_t>> plan_memory_batches(std::span<const MemoryNeed> needs,
                                                          std::size_t free_bytes) {
  std::vector<std::vector<std::size_t>> batches;
  Batch batch;
  for (std::size_t i = 0; i < needs.size(); ++i) {
    const std::size_t by_itself = Batch().bytes_with(needs[i]);
    if (by_itself > free_bytes)
      throw Error("out_of_memory", "student " + std::to_string(needs[i].student) + " needs " +
                                       std::to_string(by_itself) + " bytes of device memory, " +
                                       std::to_string(free_bytes) + " are free");
    if (batches.empty() || batch.bytes_with(needs[i]) > free_bytes) {
      batches.emplace_back();
      batch = Batch();
    }
    batch.add(needs[i]);
    batches.back().push_back(i);
  }
  return batches;
}

}  // namespace eigenstudent::cuda
