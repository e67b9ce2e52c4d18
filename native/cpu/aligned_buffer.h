// A growable block of scalars on a cache-line boundary; contents are lost when it grows.
#pragma once

#include <algorithm>
#include <cstddef>
#include <memory>
#include <new>

namespace eigenstudent::cpu {

template <class T>
class AlignedBuffer {
 public:
  /// At least `count` scalars. Allocates only when asked for more than ever before.
  T* require(std::size_t count) {
    if (count > capacity_) {
      data_.reset(static_cast<T*>(::operator new(count * sizeof(T), alignment)));
      capacity_ = count;
    }
    return data_.get();
  }
  /// The same, all zero.
  T* require_zeros(std::size_t count) {
    T* data = require(count);
    std::fill_n(data, count, T(0));
    return data;
  }
  T* get() const { return data_.get(); }
  std::size_t bytes() const { return capacity_ * sizeof(T); }

 private:
  static constexpr std::align_val_t alignment{64};  // a cache line on x86-64 and arm64
  struct Free {
    void operator()(T* data) const { ::operator delete(data, alignment); }
  };
  std::unique_ptr<T, Free> data_;
  std::size_t capacity_ = 0;
};

}  // namespace eigenstudent::cpu
