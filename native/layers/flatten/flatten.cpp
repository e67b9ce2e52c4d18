#include "layers/flatten/flatten.h"

namespace eigenstudent {

LayerDescription Flatten::describe(std::span<const Shape> reads) const {
  check_read_count(1, reads.size());
  LayerDescription description;
  description.output = {size_of(reads[0])};
  description.units = Units::in_blocks;
  return description;
}

}  // namespace eigenstudent
