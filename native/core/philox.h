// Philox4x32-10, a counter-based generator (Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as
// 1, 2, 3", SC 2011). A number depends on (seed, trial, purpose, position) alone, so any thread, and a GPU,
// draws the same ones.
#pragma once

#include <cstddef>
#include <cstdint>

#include "core/host_device.h"

namespace eigenstudent {

/// The purpose of a stream of random numbers. Streams of different purposes never overlap. Values are part of
/// the file formats: add, never renumber.
enum class Purpose : std::uint32_t {
  teacher_parameters = 1,
  student_parameters = 2,
  train_inputs = 3,
  validation_inputs = 4,
  test_inputs = 5,
  shuffle = 6,
  bootstrap = 7,
  free_use = 8,
  split = 9,
  ranking = 10,
  augmentation = 11,
  one_pass_start = 12,
  one_pass_inputs = 13,
};

/// Identifies one stream. `part` distinguishes the members of one purpose: the tensor for parameters, the epoch for
/// shuffles and augmentation.
struct Stream {
  std::uint64_t seed;
  std::uint32_t trial;
  Purpose purpose;
  std::uint32_t part;
};

struct PhiloxBlock {
  std::uint32_t word[4];
};

/// Block `position` of a stream: 10 rounds over counter = (position lo, part, trial, purpose) and key = seed.
/// position is 32 bits wide, hence 2^34 numbers per stream.
ES_HOST_DEVICE PhiloxBlock philox(const Stream& stream, std::uint32_t position) {
  std::uint32_t c0 = position, c1 = stream.part, c2 = stream.trial,
                c3 = static_cast<std::uint32_t>(stream.purpose);
  std::uint32_t k0 = static_cast<std::uint32_t>(stream.seed),
                k1 = static_cast<std::uint32_t>(stream.seed >> 32);
  for (int round = 0; round < 10; ++round) {
    const std::uint64_t product0 = std::uint64_t{0xD2511F53u} * c0;
    const std::uint64_t product1 = std::uint64_t{0xCD9E8D57u} * c2;
    const std::uint32_t high0 = static_cast<std::uint32_t>(product0 >> 32),
                        low0 = static_cast<std::uint32_t>(product0);
    const std::uint32_t high1 = static_cast<std::uint32_t>(product1 >> 32),
                        low1 = static_cast<std::uint32_t>(product1);
    c0 = high1 ^ c1 ^ k0;
    c1 = low1;
    c2 = high0 ^ c3 ^ k1;
    c3 = low0;
    k0 += 0x9E3779B9u;
    k1 += 0xBB67AE85u;
  }
  return {{c0, c1, c2, c3}};
}

/// A float64 in (0, 1) from two words. 52 random bits and a half: with 53 the largest would round to 1, and
/// log(1 - u) must stay finite.
ES_HOST_DEVICE double unit_interval(std::uint32_t high, std::uint32_t low) {
  const std::uint64_t bits = (std::uint64_t{high} << 20) | (low >> 12);
  return (static_cast<double>(bits) + 0.5) * 0x1p-52;
}

/// The words of `blocks_drawn` blocks from `position` on, 4 of each.
inline constexpr std::uint32_t blocks_drawn = 32;
using DrawBlocks = void (*)(const Stream& stream, std::uint32_t position, std::uint32_t* words);
void draw_blocks(const Stream& stream, std::uint32_t position, std::uint32_t* words);

// The bulk generators below are host code (random.cpp): every backend receives the same bits from them.

/// Independent uniforms in (low, high), count of them.
void fill_uniform(const Stream& stream, double low, double high, double* out, std::size_t count);
/// Independent normals by Box-Muller, count of them.
void fill_normal(const Stream& stream, double mean, double deviation, double* out, std::size_t count);
/// A uniformly random permutation of 0..count-1 (Fisher-Yates; bounded draws by Lemire's multiplication with
/// rejection, so without bias). `draw` selects how its words are drawn; all ways draw the same words.
void fill_permutation(const Stream& stream, std::uint32_t* out, std::size_t count,
                      DrawBlocks draw = draw_blocks);

}  // namespace eigenstudent
