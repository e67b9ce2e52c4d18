// Revisions of the arithmetic. Engine and version of the package do not identify results: bits may change
// between two commits.
#pragma once

#include <cstdint>
#include <string_view>

namespace eigenstudent {

/// Developers raise it by one with every change after which any engine ends a training, an evaluation or a
/// pruning curve with other bits than before: an order of sums, a formula, a generator.
/// test/golden/arithmetic.test.ts fails after a change without it.
inline constexpr std::uint32_t arithmetic_revision = 3;

/// The last revision that changed an engine's bits. Records contain it, and checkpoints of another revision
/// are not continued. Changes of other engines do not invalidate an engine's results.
inline std::uint32_t arithmetic_revision_of(std::string_view engine) {
  return engine == "cpu-avx2" || engine == "cpu-avx512" ? 3 : 2;
}

}  // namespace eigenstudent
