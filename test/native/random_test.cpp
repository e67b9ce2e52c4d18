#include <algorithm>
#include <array>
#include <cstdint>
#include <numeric>
#include <vector>

#include "check.h"
#include "core/philox.h"
#include "cpu/isa.h"

namespace eigenstudent::test {

namespace {

constexpr Stream stream{7, 3, Purpose::free_use, 11};

/// philox(counter, key) with the counter and the key in the order of Random123's kat_vectors.
std::array<std::uint32_t, 4> philox_of(std::array<std::uint32_t, 4> c, std::array<std::uint32_t, 2> k) {
  const Stream from{std::uint64_t{k[1]} << 32 | k[0], c[2], static_cast<Purpose>(c[3]), c[1]};
  const PhiloxBlock block = philox(from, c[0]);
  return {block.word[0], block.word[1], block.word[2], block.word[3]};
}

std::vector<std::uint32_t> permutation(const Stream& from, std::size_t count) {
  std::vector<std::uint32_t> order(count, 0xffffffffu);
  fill_permutation(from, order.data(), count);
  return order;
}

}  // namespace

// philox4x32-10 lines of kat_vectors, Random123 1.14.0 (D. E. Shaw Research).
TEST("philox gives the known answers of Random123") {
  using Words = std::array<std::uint32_t, 4>;
  REQUIRE((philox_of({0, 0, 0, 0}, {0, 0}) == Words{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}));
  REQUIRE((philox_of({0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff}, {0xffffffff, 0xffffffff}) ==
           Words{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}));
  REQUIRE((philox_of({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0}) ==
           Words{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}));
}

TEST("unit_interval stays inside (0, 1)") {
  REQUIRE(unit_interval(0, 0) > 0);
  REQUIRE(unit_interval(0xffffffff, 0xffffffff) < 1);
  REQUIRE_CLOSE(unit_interval(0x80000000, 0), 0.5, 1e-15);
}

TEST("uniforms lie in their range with the right moments") {
  std::vector<double> values(200'000);
  fill_uniform(stream, -2, 4, values.data(), values.size());
  double sum = 0, squares = 0;
  for (const double value : values) {
    sum += value;
    squares += (value - 1) * (value - 1);
  }
  REQUIRE(*std::min_element(values.begin(), values.end()) > -2);
  REQUIRE(*std::max_element(values.begin(), values.end()) < 4);
  // Four standard errors: sd of the mean sqrt(3 / n), of the variance sqrt((m4 - 9) / n) with m4 = 81/5.
  REQUIRE_CLOSE(sum / 200'000, 1, 4 * std::sqrt(3 / 200'000.));
  REQUIRE_CLOSE(squares / 200'000, 3, 4 * std::sqrt(7.2 / 200'000.));
}

TEST("normals have the moments of a normal, and pairs do not correlate") {
  constexpr std::size_t count = 200'000;
  std::vector<double> values(count);
  fill_normal(stream, 0.5, 2, values.data(), count);
  double moment[5] = {}, neighbours = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const double value = (values[i] - 0.5) / 2;
    for (int power = 1; power < 5; ++power) moment[power] += std::pow(value, power) / count;
    if (i + 1 < count) neighbours += value * (values[i + 1] - 0.5) / 2 / count;
  }
  // Four standard errors each: the variance of z^p is 1, 2, 15, 96.
  REQUIRE_CLOSE(moment[1], 0, 4 * std::sqrt(1. / count));
  REQUIRE_CLOSE(moment[2], 1, 4 * std::sqrt(2. / count));
  REQUIRE_CLOSE(moment[3], 0, 4 * std::sqrt(15. / count));
  REQUIRE_CLOSE(moment[4], 3, 4 * std::sqrt(96. / count));
  REQUIRE_CLOSE(neighbours, 0, 4 * std::sqrt(1. / count));
}

TEST("an odd count writes no more than that, and a longer fill starts with the same numbers") {
  std::vector<double> three(4, -1), eight(8);
  for (const auto fill : {fill_uniform, fill_normal}) {
    fill(stream, 0, 1, three.data(), 3);
    fill(stream, 0, 1, eight.data(), 8);
    REQUIRE(three[3] == -1);
    REQUIRE(std::equal(three.begin(), three.begin() + 3, eight.begin()));
  }
}

TEST("streams differ in seed, trial, purpose and part") {
  const Stream others[] = {{8, 3, Purpose::free_use, 11},
                           {7 + (std::uint64_t{1} << 32), 3, Purpose::free_use, 11},
                           {7, 4, Purpose::free_use, 11},
                           {7, 3, Purpose::shuffle, 11},
                           {7, 3, Purpose::free_use, 12}};
  const std::vector<std::uint32_t> order = permutation(stream, 50);
  REQUIRE(permutation(stream, 50) == order);
  for (const Stream& other : others) REQUIRE(permutation(other, 50) != order);
}

TEST("the instruction set in use draws the blocks that are drawn one by one") {
  for (const Stream& from :
       {stream, Stream{0, 0, Purpose::shuffle, 0}, Stream{~std::uint64_t{0}, ~0u, Purpose::ranking, ~0u}})
    for (const std::uint32_t position : {0u, 32u, 4000001u, ~0u - 5}) {  // the last wraps around
      std::vector<std::uint32_t> words(4 * blocks_drawn, 0);
      cpu::kernels<float>().draw_blocks(from, position, words.data());
      for (std::uint32_t b = 0; b < blocks_drawn; ++b) {
        const PhiloxBlock block = philox(from, position + b);
        REQUIRE(std::equal(block.word, block.word + 4, words.begin() + 4 * b));
      }
      REQUIRE(cpu::kernels<double>().draw_blocks == cpu::kernels<float>().draw_blocks);
    }
}

TEST("a permutation holds every number once, at every size") {
  for (const std::size_t count :
       {std::size_t{0}, std::size_t{1}, std::size_t{2}, std::size_t{33}, std::size_t{10'000}}) {
    std::vector<std::uint32_t> order = permutation(stream, count), expected(count);
    std::iota(expected.begin(), expected.end(), 0u);
    if (count > 2) REQUIRE(order != expected);
    std::sort(order.begin(), order.end());
    REQUIRE(order == expected);
  }
}

TEST("permutations are uniform: each of the 24 of four comes as often") {
  constexpr int draws = 48'000;
  std::vector<int> seen(256, 0);
  for (std::uint32_t part = 0; part < draws; ++part) {
    const std::vector<std::uint32_t> order = permutation({5, 0, Purpose::shuffle, part}, 4);
    ++seen[order[0] * 64 + order[1] * 16 + order[2] * 4 + order[3]];
  }
  double chi_squared = 0;
  int kinds = 0;
  for (const int count : seen) {
    if (count == 0) continue;
    ++kinds;
    chi_squared += (count - draws / 24.) * (count - draws / 24.) / (draws / 24.);
  }
  REQUIRE(kinds == 24);
  REQUIRE(chi_squared < 49.7);  // 0.999 quantile with 23 degrees of freedom
}

TEST("a stream refuses more numbers than it has") {
  REQUIRE_ERROR(fill_normal(stream, 0, 1, nullptr, (std::size_t{1} << 33) + 1),
                "invalid_argument: one stream gives 2^33 numbers, 8589934593 were asked for");
  REQUIRE_ERROR(fill_permutation(stream, nullptr, std::size_t{1} << 32),
                "invalid_argument: a permutation holds at most 2^32 - 1 entries, 4294967296 were asked for");
}

}  // namespace eigenstudent::test
