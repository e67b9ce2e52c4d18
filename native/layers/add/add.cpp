#include "layers/add/add.h"

namespace eigenstudent {

LayerDescription Add::describe(std::span<const Shape> reads) const {
  if (reads.size() < 2) refuse_layer("at least two layers to add", std::to_string(reads.size()));
  for (const Shape& shape : reads)
    if (shape != reads[0])
      refuse_layer("layers of one shape to add", text_of(reads[0]) + " and " + text_of(shape));
  LayerDescription description;
  description.output = reads[0];
  return description;
}

}  // namespace eigenstudent
