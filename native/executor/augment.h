// Applies the augmentation of a trainer to a gathered batch.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/augmentation.h"
#include "core/student.h"

namespace eigenstudent {

/// Writes the image as it is after the move; zeros come in from outside.
/// from, to: [channels][height][width] each, not the same.
template <class T>
void move_image(const Augmentation& image, const ImageMove& move, const T* from, T* to) {
  const auto height = static_cast<std::int64_t>(image.height);
  const auto width = static_cast<std::int64_t>(image.width);
  std::fill_n(to, image.size(), T(0));
  const std::int64_t first = std::max<std::int64_t>(0, move.right);
  const std::int64_t end = std::min(width, width + move.right);
  for (std::size_t c = 0; c < image.channels; ++c, from += height * width, to += height * width)
    for (std::int64_t row = std::max<std::int64_t>(0, move.down); row < std::min(height, height + move.down);
         ++row) {
      const T* source = from + (row - move.down) * width;
      for (std::int64_t column = first; column < end; ++column) {
        const std::int64_t unshifted = column - move.right;
        to[row * width + column] = source[move.flip ? width - 1 - unshifted : unshifted];
      }
    }
}

/// Moves every sample of a training batch; nothing without augmentation.
/// x: [place.count][inputs]; scratch: memory that is reused.
template <class T>
void augment(const Trainer& trainer, const BatchPlace& place, T* x, std::vector<T>& scratch) {
  if (!trainer.augment) return;
  const Augmentation& image = *trainer.augment;
  for (std::size_t b = 0; b < place.count; ++b) {
    T* sample = x + b * image.size();
    scratch.assign(sample, sample + image.size());
    move_image(image, move_of(image, trainer.seed, trainer.trial, place.epoch, place.first + b),
               scratch.data(), sample);
  }
}

}  // namespace eigenstudent
