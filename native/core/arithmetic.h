// Which results belong together. Engine and version of the package do not tell: bits may change between two commits.
#pragma once

#include <cstdint>
#include <string_view>

namespace eigenstudent {

/// Raised by hand, by one, with every change after which any engine ends a training, an evaluation or a pruning curve with
/// other bits than before: an order of sums, a formula, a generator. test/golden/arithmetic.test.ts notices a change that
/// forgot it.
inline constexpr std::uint32_t arithmetic_revision = 3;

/// The revision with which an engine's bits changed last. Records carry it, and checkpoints of another one are not continued:
/// what an engine made before others changed stays good.
inline std::uint32_t arithmetic_revision_of(std::string_view engine) {
  return engine == "cpu-avx2" || engine == "cpu-avx512" ? 3 : 2;
}

}  // namespace eigenstudent
