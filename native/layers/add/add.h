// The sum of layers of one shape.
#pragma once

#include <span>

#include "core/layer_description.h"

namespace eigenstudent {

struct Add {
  static constexpr const char* type_name = "add";

  LayerDescription describe(std::span<const Shape> reads) const;
  bool operator==(const Add&) const = default;
};
template <class Visitor, MaybeConst<Add> Layer>
void fields(Visitor&, Layer&) {}

}  // namespace eigenstudent
