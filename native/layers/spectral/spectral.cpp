#include "layers/spectral/spectral.h"

namespace eigenstudent {

LayerDescription Spectral::describe(std::span<const Shape> reads) const {
  LayerDescription description = describe_matrix_layer(*this, reads);
  const std::size_t inputs = reads[0][0];
  const auto role = [](TensorRole one) { return static_cast<std::uint8_t>(one); };
  description.tensors = {{.name = "eigenvectors",
                          .role = role(TensorRole::matrix),
                          .extents = {width, inputs},
                          .output_axis = 0,
                          .input_axis = 1,
                          .phase_bit = eigenvectors_bit},
                         {.name = "eigenvaluesIn",
                          .role = role(TensorRole::eigenvalues_in),
                          .extents = {inputs},
                          .input_axis = 0,
                          .phase_bit = eigenvalues_in_bit},
                         {.name = "eigenvaluesOut",
                          .role = role(TensorRole::eigenvalues_out),
                          .extents = {width},
                          .output_axis = 0,
                          .phase_bit = eigenvalues_out_bit},
                         {.name = "bias",
                          .role = role(TensorRole::bias),
                          .extents = {width},
                          .output_axis = 0,
                          .required = false,
                          .phase_bit = bias_bit}};
  return description;
}

}  // namespace eigenstudent
