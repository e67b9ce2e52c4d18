// Which results belong together. Engine and version of the package do not tell: bits may change between two commits.
#pragma once

#include <cstdint>

namespace eigenstudent {

/// Raised by hand, by one, with every change after which any engine ends a training, an evaluation or a pruning curve with
/// other bits than before: an order of sums, a formula, a generator. Records carry it, checkpoints of another one are not
/// continued. test/golden/arithmetic.test.ts notices a change that forgot it.
inline constexpr std::uint32_t arithmetic_revision = 3;

}  // namespace eigenstudent
