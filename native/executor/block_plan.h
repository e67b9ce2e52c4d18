// Where arrays lie in one block of memory, planned before it is allocated.
#pragma once

#include <cstddef>
#include <iterator>
#include <map>

namespace eigenstudent {

/// Offsets and sizes are in scalars. A released place is used again by the first array that fits.
class BlockPlan {
 public:
  /// The offset of a new array, a multiple of 16: a cache line of float32.
  std::size_t take(std::size_t count) {
    const std::size_t size = (count + 15) / 16 * 16;
    for (auto gap = gaps_.begin(); gap != gaps_.end(); ++gap) {
      if (gap->second < size) continue;
      const auto [offset, left] = *gap;
      gaps_.erase(gap);
      if (left > size) gaps_[offset + size] = left - size;
      taken_[offset] = size;
      return offset;
    }
    const std::size_t offset = size_;
    size_ += size;
    if (size > 0) taken_[offset] = size;
    return offset;
  }
  /// An array of no scalars has no place to release.
  void release(std::size_t offset) {
    const auto array = taken_.find(offset);
    if (array == taken_.end()) return;
    auto gap = gaps_.emplace(offset, array->second).first;
    taken_.erase(array);
    const auto next = std::next(gap);
    if (next != gaps_.end() && gap->first + gap->second == next->first) {
      gap->second += next->second;
      gaps_.erase(next);
    }
    if (gap == gaps_.begin()) return;
    const auto before = std::prev(gap);
    if (before->first + before->second != gap->first) return;
    before->second += gap->second;
    gaps_.erase(gap);
  }
  /// Of the whole block.
  std::size_t size() const { return size_; }

 private:
  std::map<std::size_t, std::size_t> gaps_, taken_;  // size by offset
  std::size_t size_ = 0;
};

}  // namespace eigenstudent
