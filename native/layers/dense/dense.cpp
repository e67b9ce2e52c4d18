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

TensorDescription describe_matrix(std::string_view name, std::size_t width, std::size_t inputs,
                                  std::uint8_t phase_bit) {
  return {.name = std::string(name),
          .role = static_cast<std::uint8_t>(TensorRole::matrix),
          .extents = {width, inputs},
          .output_axis = 0,
          .input_axis = 1,
          .phase_bit = phase_bit};
}

TensorDescription describe_bias(std::size_t width) {
  return {.name = "bias",
          .role = static_cast<std::uint8_t>(TensorRole::bias),
          .extents = {width},
          .output_axis = 0,
          .required = false,
          .phase_bit = bias_bit};
}

LayerDescription Dense::describe(std::span<const Shape> reads) const {
  LayerDescription description = describe_matrix_layer(*this, reads);
  description.tensors = {describe_matrix("weights", width, reads[0][0], weights_bit), describe_bias(width)};
  return description;
}

}  // namespace eigenstudent
