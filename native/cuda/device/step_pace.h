// How many steps to enqueue before the next check for a stop: enough to keep a device busy, few enough for a
// quick stop. It begins with one step, because the time of a step is unknown at first, and is kept from run
// to run.
#pragma once

#include <algorithm>
#include <cstdint>

namespace eigenstudent::cuda {

class StepPace {
 public:
  std::uint64_t steps() const { return steps_; }
  /// Reports how long the last steps took.
  void took(std::uint64_t steps, double seconds) {
    const double a_step = std::max(seconds, 1e-9) / static_cast<double>(steps);
    const double wanted = std::clamp(wanted_seconds / a_step, 1.0, 1e9);
    // At most eightfold, so that one quick outlier cannot make the next chunk last for seconds; but a chunk that was short
    // because the run ended is no reason to slow down.
    steps_ = std::clamp<std::uint64_t>(static_cast<std::uint64_t>(wanted), 1, std::max(steps_, 8 * steps));
  }

 private:
  static constexpr double wanted_seconds =
      0.05;  // a run returns within 0.2 s of a stop, with room for a slow chunk
  std::uint64_t steps_ = 1;
};

}  // namespace eigenstudent::cuda
