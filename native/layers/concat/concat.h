// Layers one after the other along the axis of their units: features, or channels.
#pragma once

#include <span>

#include "core/layer_description.h"

namespace eigenstudent {

struct Concat {
  static constexpr const char* type_name = "concat";

  LayerDescription describe(std::span<const Shape> reads) const;
  bool operator==(const Concat&) const = default;
};
template <class Visitor, MaybeConst<Concat> Layer>
void fields(Visitor&, Layer&) {}

}  // namespace eigenstudent
