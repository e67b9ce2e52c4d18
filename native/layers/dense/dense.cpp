#include "layers/dense/dense.h"

namespace eigenstudent {

LayerDescription describe_matrix_layer(const MatrixOptions& options, std::span<const Shape> reads) {
  check_read_count(1, reads.size());
  if (reads[0].size() != 1) refuse_layer("features to read, as flatten gives", text_of(reads[0]));
  if (options.width == 0) refuse_layer("at least one output", "0");
  LayerDescription description;
  description.output = {options.width};
  description.units = Units::made;
  description.saved = derivative_needs_z(options.activation) ? options.width : 0;  // z
  return description;
}

LayerDescription Dense::describe(std::span<const Shape> reads) const {
  LayerDescription description = describe_matrix_layer(*this, reads);
  const auto role = [](TensorRole one) { return static_cast<std::uint8_t>(one); };
  description.tensors = {{.name = "weights",
                          .role = role(TensorRole::matrix),
                          .extents = {width, reads[0][0]},
                          .output_axis = 0,
                          .input_axis = 1,
                          .phase_bit = weights_bit},
                         {.name = "bias",
                          .role = role(TensorRole::bias),
                          .extents = {width},
                          .output_axis = 0,
                          .required = false,
                          .phase_bit = bias_bit}};
  return description;
}

}  // namespace eigenstudent
