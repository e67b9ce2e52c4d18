#include "layers/spectral/spectral.h"

namespace eigenstudent {

LayerDescription Spectral::describe(std::span<const Shape> reads) const {
  LayerDescription description = describe_matrix_layer(*this, reads);
  const std::size_t inputs = reads[0][0];
  description.tensors = {describe_matrix("eigenvectors", width, inputs, eigenvectors_bit),
                         {.name = "eigenvaluesIn",
                          .role = static_cast<std::uint8_t>(TensorRole::eigenvalues_in),
                          .extents = {inputs},
                          .input_axis = 0,
                          .phase_bit = eigenvalues_in_bit},
                         {.name = "eigenvaluesOut",
                          .role = static_cast<std::uint8_t>(TensorRole::eigenvalues_out),
                          .extents = {width},
                          .output_axis = 0,
                          .phase_bit = eigenvalues_out_bit},
                         describe_bias(width)};
  return description;
}

}  // namespace eigenstudent
