// Which places of a kernel reach which pixels, along one axis.
#pragma once

#include <cstddef>
#include <vector>

namespace eigenstudent::cpu {

/// A place of the kernel, and the pixel that it reads for a given pixel of the output.
struct AxisTap {
  std::size_t kernel;
  std::size_t source;
};

/// How a window moves along one axis of an image.
struct AxisWindow {
  std::size_t size;    // pixels of the image
  std::size_t places;  // positions of the window
  std::size_t kernel, stride, padding, dilation;

  /// What the window at a position reads.
  std::vector<AxisTap> of_place(std::size_t place) const {
    std::vector<AxisTap> taps;
    for (std::size_t k = 0; k < kernel; ++k) {
      const std::size_t padded = place * stride + k * dilation;
      if (padded >= padding && padded - padding < size) taps.push_back({k, padded - padding});
    }
    return taps;
  }
  /// The positions whose windows read a pixel.
  std::vector<AxisTap> of_pixel(std::size_t pixel) const {
    std::vector<AxisTap> taps;
    for (std::size_t k = 0; k < kernel && k * dilation <= pixel + padding; ++k) {
      const std::size_t distance = pixel + padding - k * dilation;
      if (distance % stride == 0 && distance / stride < places) taps.push_back({k, distance / stride});
    }
    return taps;
  }
};

/// Pixels of the output, `step` apart, that use the same places of the kernel: pixel n reads source + n
/// source_step.
struct AxisRun {
  std::size_t first, step, count;
  std::vector<AxisTap> taps;  // of the first
  std::size_t source_step;
};

/// Cuts an axis of the output into runs. taps_of(pixel): its taps; neighbours `step` apart read sources
/// source_step apart.
template <class TapsOf>
std::vector<AxisRun> axis_runs(std::size_t size, std::size_t step, std::size_t source_step,
                               const TapsOf& taps_of) {
  const auto continues = [&](const AxisRun& run, const std::vector<AxisTap>& taps) {
    if (taps.size() != run.taps.size()) return false;
    for (std::size_t t = 0; t < taps.size(); ++t)
      if (taps[t].kernel != run.taps[t].kernel ||
          taps[t].source != run.taps[t].source + run.count * source_step)
        return false;
    return true;
  };
  std::vector<AxisRun> runs;
  for (std::size_t phase = 0; phase < step && phase < size; ++phase) {
    runs.push_back({phase, step, 0, taps_of(phase), source_step});
    for (std::size_t pixel = phase; pixel < size; pixel += step) {
      std::vector<AxisTap> taps = taps_of(pixel);
      if (!continues(runs.back(), taps)) runs.push_back({pixel, step, 0, std::move(taps), source_step});
      ++runs.back().count;
    }
  }
  return runs;
}

}  // namespace eigenstudent::cpu
