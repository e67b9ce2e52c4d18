// Augmentation of images: each sample of a training batch is flipped and shifted at random.
#pragma once

#include <cstddef>
#include <cstdint>

#include "core/fields.h"
#include "core/philox.h"

namespace eigenstudent {

/// What may happen to an image [channels][height][width] before a training step.
struct Augmentation {
  std::uint32_t shift = 0;  // pixels, at most, along each axis; below height and width
  bool flip = false;        // left and right exchanged with probability 1/2
  std::size_t channels = 0;
  std::size_t height = 0;
  std::size_t width = 0;

  std::size_t size() const { return channels * height * width; }
};
template <class Visitor, MaybeConst<Augmentation> Spec>
void fields(Visitor& visit, Spec& augmentation) {
  visit("shift", augmentation.shift);
  visit("flip", augmentation.flip);
  visit("channels", augmentation.channels);
  visit("height", augmentation.height);
  visit("width", augmentation.width);
}

/// What happens to one sample: the flip first, then the shift.
struct ImageMove {
  std::int64_t down = 0;   // rows, from -shift to shift
  std::int64_t right = 0;  // columns, likewise
  bool flip = false;

  bool operator==(const ImageMove&) const = default;
};

/// From -shift to shift. A value's probability differs from 1 / (2 shift + 1) by at most 2^-32.
ES_HOST_DEVICE std::int64_t shift_of(std::uint32_t word, std::uint32_t shift) {
  const std::uint64_t values = 2 * std::uint64_t{shift} + 1;
  return static_cast<std::int64_t>((word * values) >> 32) - std::int64_t{shift};
}

/// The move of the sample at a position of an epoch, which is its step and its place in the batch: block `position` of the Philox
/// stream (seed, trial, augmentation, epoch).
ES_HOST_DEVICE ImageMove move_of(const Augmentation& augmentation, std::uint64_t seed, std::uint32_t trial,
                                 std::uint64_t epoch, std::uint64_t position) {
  const PhiloxBlock block = philox({seed, trial, Purpose::augmentation, static_cast<std::uint32_t>(epoch)},
                                   static_cast<std::uint32_t>(position));
  return {shift_of(block.word[0], augmentation.shift), shift_of(block.word[1], augmentation.shift),
          augmentation.flip && (block.word[2] >> 31) != 0};
}

}  // namespace eigenstudent
