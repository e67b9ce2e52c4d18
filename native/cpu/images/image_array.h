// Images of a batch as the kernels of the CPU store them: [blocks][channels][height][width][lanes], `lanes`
// samples to a block.
#pragma once

#include <cstddef>

#include "core/layer_description.h"
#include "cpu/isa.h"
#include "cpu/thread_pool.h"

namespace eigenstudent::cpu {

/// How many scalars are worth a task of their own: below, waking threads takes longer than the work. Arbitrary.
inline constexpr std::size_t scalars_per_task = 32768;

inline bool is_image(const Shape& shape) { return shape.size() == 3; }

template <class T>
struct ImageArray {
  std::size_t samples;
  const Shape& shape;
  std::size_t lanes = kernels<T>().lanes;

  std::size_t blocks() const { return (samples + lanes - 1) / lanes; }
  std::size_t block() const { return size_of(shape) * lanes; }  // scalars of a block
  std::size_t plane() const { return shape[1] * shape[2] * lanes; }
  std::size_t pixels() const { return shape[1] * shape[2]; }
  std::size_t size() const { return blocks() * block(); }
  std::size_t last_lanes() const { return samples - (blocks() - 1) * lanes; }
};

/// Calls body(first, count) for pieces of an array of `size` scalars, multiples of a vector.
template <class Body>
void for_pieces(std::size_t size, const ParallelLoop& loop, const Body& body) {
  const std::size_t pieces = loop.shared() ? (size + scalars_per_task - 1) / scalars_per_task : 1;
  if (pieces <= 1) return body(std::size_t{0}, size);
  loop.each(pieces, [&](std::size_t p, unsigned) {
    const std::size_t first = p * scalars_per_task;
    body(first, size - first < scalars_per_task ? size - first : scalars_per_task);
  });
}

/// piece(index) for all pieces, on one thread where there are few scalars.
template <class Piece>
void for_planes(std::size_t pieces, std::size_t scalars, const ParallelLoop& loop, const Piece& piece) {
  const ParallelLoop alone;
  (scalars < scalars_per_task ? alone : loop).each(pieces, [&](std::size_t p, unsigned) { piece(p); });
}

}  // namespace eigenstudent::cpu
