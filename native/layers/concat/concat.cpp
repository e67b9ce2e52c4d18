#include "layers/concat/concat.h"

#include <algorithm>

namespace eigenstudent {

LayerDescription Concat::describe(std::span<const Shape> reads) const {
  if (reads.size() < 2) refuse_layer("at least two layers to put together", std::to_string(reads.size()));
  Shape together = reads[0];
  for (const Shape& shape : reads.subspan(1)) {
    if (shape.size() != together.size() || !std::equal(shape.begin() + 1, shape.end(), together.begin() + 1))
      refuse_layer("layers that differ in their first extent only",
                   text_of(reads[0]) + " and " + text_of(shape));
    together[0] += shape[0];
  }
  LayerDescription description;
  description.output = together;
  description.units = Units::in_a_row;
  return description;
}

}  // namespace eigenstudent
