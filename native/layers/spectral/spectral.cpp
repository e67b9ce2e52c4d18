#include "layers/spectral/spectral.h"

namespace eigenstudent {

TensorDescription describe_eigenvalues_in(std::size_t inputs) {
  return {.name = "eigenvaluesIn",
          .role = static_cast<std::uint8_t>(TensorRole::eigenvalues_in),
          .extents = {inputs},
          .input_axis = 0,
          .phase_bit = eigenvalues_in_bit};
}

TensorDescription describe_eigenvalues_out(std::size_t width) {
  return {.name = "eigenvaluesOut",
          .role = static_cast<std::uint8_t>(TensorRole::eigenvalues_out),
          .extents = {width},
          .output_axis = 0,
          .phase_bit = eigenvalues_out_bit};
}

LayerDescription Spectral::describe(std::span<const Shape> reads) const {
  LayerDescription description = describe_matrix_layer(*this, reads);
  const std::size_t inputs = reads[0][0];
  description.tensors = {describe_matrix("eigenvectors", width, inputs, eigenvectors_bit),
                         describe_eigenvalues_in(inputs), describe_eigenvalues_out(width),
                         describe_bias(width)};
  return description;
}

}  // namespace eigenstudent
