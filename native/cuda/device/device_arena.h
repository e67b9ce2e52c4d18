// Cuts one allocation into arrays. Without memory it only counts, so that the same code
// computes the size and assigns the arrays.
#pragma once

#include <cstddef>

namespace eigenstudent::cuda {

class Arena {
 public:
  Arena() = default;
  explicit Arena(void* memory) : memory_(static_cast<char*>(memory)) {}

  /// Room for `count` values, aligned like an allocation; null where the arena only counts or `count` is 0.
  template <class T>
  T* take(std::size_t count) {
    const std::size_t at = bytes_;
    bytes_ += (count * sizeof(T) + 255) / 256 * 256;
    return memory_ && count ? reinterpret_cast<T*>(memory_ + at) : nullptr;
  }
  std::size_t bytes() const { return bytes_; }

 private:
  char* memory_ = nullptr;
  std::size_t bytes_ = 0;
};

}  // namespace eigenstudent::cuda
