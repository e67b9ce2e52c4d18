// Bulk generators. A float64 takes two words, so a block of four words gives two numbers.
#include <cmath>
#include <string>
#include <utility>

#include "core/errors.h"
#include "core/philox.h"
#include "core/random_stretch.h"

namespace eigenstudent {

namespace {

void check_stream_length(std::size_t count) {
  constexpr std::uint64_t longest = std::uint64_t{1} << 33;  // 2^32 blocks of two
  if (count > longest)
    throw Error("invalid_argument",
                "one stream gives 2^33 numbers, " + std::to_string(count) + " were asked for");
}

struct Pair {
  double first, second;
};

/// Numbers 2 position and 2 position + 1 of a stream, uniform in (0, 1).
Pair uniforms(const Stream& stream, std::size_t position) {
  const PhiloxBlock block = philox(stream, static_cast<std::uint32_t>(position));
  return {unit_interval(block.word[0], block.word[1]), unit_interval(block.word[2], block.word[3])};
}

/// The words of a stream one after another, many blocks drawn at a time: their rounds are independent, so a processor works
/// on several at once.
class Words {
 public:
  Words(const Stream& stream, DrawBlocks draw) : stream_(stream), draw_(draw) {}
  std::uint32_t next() {
    if (used_ == count) refill();
    return words_[used_++];
  }

 private:
  static constexpr std::size_t count = 4 * blocks_drawn;

  void refill() {
    draw_(stream_, position_, words_);
    position_ += blocks_drawn;
    used_ = 0;
  }

  Stream stream_;
  DrawBlocks draw_;
  std::uint32_t words_[count];
  std::uint32_t position_ = 0;
  std::size_t used_ = count;
};

/// Uniform in 0..range-1 without bias: Lemire, "Fast random integer generation in an interval", ACM TOMACS 29
/// (2019).
std::uint32_t draw_below(Words& words, std::uint32_t range) {
  std::uint64_t product = std::uint64_t{words.next()} * range;
  if (static_cast<std::uint32_t>(product) < range) {
    const std::uint32_t threshold = (0u - range) % range;
    while (static_cast<std::uint32_t>(product) < threshold) product = std::uint64_t{words.next()} * range;
  }
  return static_cast<std::uint32_t>(product >> 32);
}

}  // namespace

void fill_uniform(const Stream& stream, double low, double high, double* out, std::size_t count) {
  check_stream_length(count);
  for (std::size_t i = 0; i < count; i += 2) {
    const Pair u = uniforms(stream, i / 2);
    out[i] = low + (high - low) * u.first;
    if (i + 1 < count) out[i + 1] = low + (high - low) * u.second;
  }
}

void fill_normal_stretch(const Stream& stream, double mean, double deviation, std::size_t from, double* out,
                         std::size_t count) {
  constexpr double two_pi = 6.28318530717958647693;
  check_stream_length(from + count);
  for (std::size_t i = 0; i < count; i += 2) {
    const Pair u = uniforms(stream, (from + i) / 2);
    const double radius = std::sqrt(-2 * std::log(u.first));
    out[i] = mean + deviation * radius * std::cos(two_pi * u.second);
    if (i + 1 < count) out[i + 1] = mean + deviation * radius * std::sin(two_pi * u.second);
  }
}

void fill_normal(const Stream& stream, double mean, double deviation, double* out, std::size_t count) {
  fill_normal_stretch(stream, mean, deviation, 0, out, count);
}

void draw_blocks(const Stream& stream, std::uint32_t position, std::uint32_t* words) {
  for (std::uint32_t b = 0; b < blocks_drawn; ++b) {
    const PhiloxBlock block = philox(stream, position + b);
    for (std::uint32_t w = 0; w < 4; ++w) words[4 * b + w] = block.word[w];
  }
}

void fill_permutation(const Stream& stream, std::uint32_t* out, std::size_t count, DrawBlocks draw) {
  if (count > 0xffffffffu)
    throw Error("invalid_argument",
                "a permutation holds at most 2^32 - 1 entries, " + std::to_string(count) + " were asked for");
  for (std::size_t i = 0; i < count; ++i) out[i] = static_cast<std::uint32_t>(i);
  Words words(stream, draw);
  for (std::size_t left = count; left > 1; --left)
    std::swap(out[left - 1], out[draw_below(words, static_cast<std::uint32_t>(left))]);
}

}  // namespace eigenstudent
