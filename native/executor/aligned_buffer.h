// A growable block of scalars on a cache-line boundary; contents are lost when it grows.
#pragma once

#include <algorithm>
#include <cstddef>
#include <memory>
#include <new>

#if defined(__linux__)
#include <sys/mman.h>
#endif

namespace eigenstudent {

template <class T>
class AlignedBuffer {
 public:
  /// At least `count` scalars. Allocates only when `count` exceeds all earlier ones.
  T* require(std::size_t count) {
    if (count > capacity_) {
      const std::size_t bytes = count * sizeof(T);
      const std::align_val_t alignment = bytes < large ? cache_line : huge_page;
      data_ = {static_cast<T*>(::operator new(bytes, alignment)), Free{alignment}};
      capacity_ = count;
#if defined(__linux__)
      if (bytes >= large) madvise(data_.get(), bytes, MADV_HUGEPAGE);  // optional: small pages work as well
#endif
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
  static constexpr std::align_val_t cache_line{64}, huge_page{2 << 20};  // on x86-64 and arm64
  /// The size from which pages of 4 KiB cost more than the unused rest of a huge page: a wide student's state
  /// is read panel by panel from distant addresses, and each page needs an address translation.
  static constexpr std::size_t large = 4 << 20;
  struct Free {
    std::align_val_t alignment;
    void operator()(T* data) const { ::operator delete(data, alignment); }
  };
  std::unique_ptr<T, Free> data_{nullptr, Free{cache_line}};
  std::size_t capacity_ = 0;
};

}  // namespace eigenstudent
