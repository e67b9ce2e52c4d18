// Philox (core/philox.h) in vectors: a block in each lane of 64 bits.
#pragma once

#include "core/philox.h"
#include "cpu/isa/vector.h"

namespace eigenstudent::cpu::ES_ISA {

#if defined(__AVX512F__) || defined(__AVX2__)

using U64 [[gnu::vector_size(ES_VECTOR_BYTES)]] = std::uint64_t;

/// Products of the lower halves.
static inline U64 multiply_halves(U64 a, U64 b) {
#if defined(__AVX512F__)
  return reinterpret_cast<U64>(_mm512_mul_epu32(reinterpret_cast<__m512i>(a), reinterpret_cast<__m512i>(b)));
#else
  return reinterpret_cast<U64>(_mm256_mul_epu32(reinterpret_cast<__m256i>(a), reinterpret_cast<__m256i>(b)));
#endif
}

/// words: those of `blocks_drawn` blocks. The upper halves of lanes hold rests that no product and no word reads.
static void draw_blocks(const Stream& stream, std::uint32_t position, std::uint32_t* words) {
  constexpr int lanes = ES_VECTOR_BYTES / 8,
                vectors = 4;  // at once: a product takes five cycles, and two start in one
  constexpr int at_once = lanes * vectors;
  static_assert(blocks_drawn % at_once == 0);
  const U64 multiplier0 = U64{} + 0xD2511F53u, multiplier1 = U64{} + 0xCD9E8D57u, low = U64{} + 0xffffffffu;
  for (std::uint32_t first = 0; first < blocks_drawn; first += at_once) {
    U64 c0[vectors], c1[vectors], c2[vectors], c3[vectors];
    for (int v = 0; v < vectors; ++v) {
      for (int i = 0; i < lanes; ++i) c0[v][i] = position + first + static_cast<std::uint32_t>(v * lanes + i);
      c1[v] = U64{} + stream.part;
      c2[v] = U64{} + stream.trial;
      c3[v] = U64{} + static_cast<std::uint32_t>(stream.purpose);
    }
    std::uint32_t k0 = static_cast<std::uint32_t>(stream.seed);
    std::uint32_t k1 = static_cast<std::uint32_t>(stream.seed >> 32);
    for (int round = 0; round < 10; ++round) {
#pragma GCC unroll 4
      for (int v = 0; v < vectors; ++v) {
        const U64 product0 = multiply_halves(multiplier0, c0[v]),
                  product1 = multiply_halves(multiplier1, c2[v]);
        c0[v] = (product1 >> 32) ^ c1[v] ^ (U64{} + k0);
        c1[v] = product1;
        c2[v] = (product0 >> 32) ^ c3[v] ^ (U64{} + k1);
        c3[v] = product0;
      }
      k0 += 0x9E3779B9u;
      k1 += 0xBB67AE85u;
    }
    for (int v = 0; v < vectors; ++v) {
      const U64 pairs[2] = {(c0[v] & low) | (c1[v] << 32), (c2[v] & low) | (c3[v] << 32)};
      std::uint32_t* to = words + 4 * (first + static_cast<std::uint32_t>(v * lanes));
      for (int i = 0; i < lanes; ++i)
        for (int half = 0; half < 2; ++half) {
          const std::uint64_t pair = pairs[half][i];
          __builtin_memcpy(to + 4 * i + 2 * half, &pair, sizeof pair);
        }
    }
  }
}

#else

/// With vectors of two blocks the compiler's code is slower than one block at a time.
constexpr DrawBlocks draw_blocks = eigenstudent::draw_blocks;

#endif

}  // namespace eigenstudent::cpu::ES_ISA
