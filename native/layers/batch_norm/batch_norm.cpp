#include "layers/batch_norm/batch_norm.h"

#include <cmath>

namespace eigenstudent {

LayerDescription BatchNorm::describe(std::span<const Shape> reads) const {
  check_read_count(1, reads.size());
  if (!(momentum >= 0 && momentum <= 1)) refuse_layer("a momentum from 0 to 1", std::to_string(momentum));
  if (!(epsilon > 0) || !std::isfinite(epsilon))
    refuse_layer("an epsilon that is finite and above 0", std::to_string(epsilon));
  const Shape per_unit = {reads[0][0]};
  LayerDescription description;
  description.output = reads[0];
  description.tensors = {
      {.name = "scale", .role = 0, .extents = per_unit, .output_axis = 0, .phase_bit = scale_bit},
      {.name = "shift", .role = 1, .extents = per_unit, .output_axis = 0, .phase_bit = shift_bit}};
  description.buffers = {{.name = "runningMean", .extents = per_unit},
                         {.name = "runningVariance", .extents = per_unit, .initial = 1}};
  description.saved_batch = 2 * per_unit[0];  // mean and 1 / sqrt(variance + epsilon)
  description.values_per_unit = size_of(reads[0]) / per_unit[0];
  return description;
}

}  // namespace eigenstudent
