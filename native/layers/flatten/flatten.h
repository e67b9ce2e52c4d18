// The numbers of a sample as features, in the order in which they lie: channels, rows, columns.
#pragma once

#include <span>

#include "core/layer_description.h"

namespace eigenstudent {

struct Flatten {
  static constexpr const char* type_name = "flatten";

  LayerDescription describe(std::span<const Shape> reads) const;
  bool operator==(const Flatten&) const = default;
};
template <class Visitor, MaybeConst<Flatten> Layer>
void fields(Visitor&, Layer&) {}

}  // namespace eigenstudent
