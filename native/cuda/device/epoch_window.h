// Keeps track of the epochs whose shuffles are in a buffer, so that each is drawn once and not for every
// chunk of steps.
#pragma once

#include <algorithm>
#include <cstdint>

namespace eigenstudent::cuda {

class EpochWindow {
 public:
  explicit EpochWindow(std::uint64_t room) : room_(room) {}
  struct Epochs {
    std::uint64_t first, count;
  };
  /// Takes epochs `first` to below `end`, at most as many as there is room for, into the window. Returns the
  /// epochs that have to be drawn. Where they do not follow or do not fit, the window begins anew at `first`.
  Epochs require(std::uint64_t first, std::uint64_t end) {
    if (first < first_ || first > end_ || end > first_ + room_) first_ = end_ = first;
    const Epochs missing{end_, end > end_ ? end - end_ : 0};
    end_ = std::max(end_, end);
    return missing;
  }
  /// Index in the buffer of an epoch of the window.
  std::uint64_t place_of(std::uint64_t epoch) const { return epoch - first_; }

 private:
  std::uint64_t room_;
  std::uint64_t first_ = 0, end_ = 0;
};

}  // namespace eigenstudent::cuda
