// Divides a data set into ranges of rows that fit into the free memory.
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>

#include "cuda/layerwise/layerwise_evaluation.h"

namespace eigenstudent::cuda {

inline constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();
/// Rows of a range where memory allows: enough to fill a GPU with one layer's tiles. A multiple of the
/// samples that a block of the loss kernel takes, so that the shares of a set are the same for any range.
inline constexpr std::uint32_t rows_at_once = 1u << 14;
inline constexpr std::uint32_t least_rows = 1u << 8;

/// Scratch may use half of the free memory. Queries it only where scratch would have to grow: the query is slow.
inline bool has_room(const DeviceStudent& student, std::size_t bytes) {
  const std::size_t held = student.scratch.bytes();
  return bytes <= held || bytes <= (student.device.memory().free_bytes + held) / 2;
}

/// Calls make(arena, rows) with an arena for the largest range that fits.
template <class Make>
auto fit_rows(const DeviceStudent& student, std::size_t samples, const Make& make) {
  for (std::uint32_t rows = rows_at_once;; rows /= 2) {
    const auto taken = static_cast<std::uint32_t>(std::min<std::size_t>(rows, samples));
    Arena counting;
    make(counting, taken);
    if (rows > least_rows && !has_room(student, counting.bytes())) continue;
    Arena arena(student.scratch.require(student.device, counting.bytes()));
    return make(arena, taken);
  }
}

template <class Stretch>
void for_stretches(std::size_t samples, std::uint32_t rows, const Stretch& stretch) {
  for (std::size_t first = 0; first < samples; first += rows)
    stretch(static_cast<std::uint32_t>(first),
            static_cast<std::uint32_t>(std::min<std::size_t>(rows, samples - first)));
}

inline PassRows stretch_of(const DeviceData& data, const Chain& network, std::uint32_t first,
                           std::uint32_t rows) {
  return {data.inputs + first * network.inputs(), rows, first, nullptr, nullptr};
}

}  // namespace eigenstudent::cuda
