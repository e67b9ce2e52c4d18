// A dense layer: z = x W^T + bias, y = f(z).
#pragma once

#include <span>
#include <string_view>

#include "core/activations.h"
#include "core/layer_description.h"

namespace eigenstudent {

/// Common options of layers with a matrix, dense or spectral.
struct MatrixOptions {
  std::size_t width = 0;  // N_out
  ActivationFunction activation;

  bool operator==(const MatrixOptions&) const = default;
};

/// The tensors of dense and spectral layers. One role, one stream of first values: the dense and the spectral arm of a trial
/// start from the same matrix.
enum class TensorRole : std::uint8_t { matrix, eigenvalues_in, eigenvalues_out, bias };
inline constexpr std::size_t tensor_role_count = 4;

/// Output and saved pre-activations (where the derivative needs them) of either; throws
/// Error("invalid_network") for invalid sizes.
LayerDescription describe_matrix_layer(const MatrixOptions& options, std::span<const Shape> reads);

/// The tensors that both have: the matrix [N_out, N_in], and a bias [N_out] that may be left out.
TensorDescription describe_matrix(std::string_view name, std::size_t width, std::size_t inputs,
                                  std::uint8_t phase_bit);
TensorDescription describe_bias(std::size_t width);

struct Dense : MatrixOptions {
  static constexpr const char* type_name = "dense";

  LayerDescription describe(std::span<const Shape> reads) const;
  bool operator==(const Dense&) const = default;
};
template <class Visitor, MaybeConst<Dense> Layer>
void fields(Visitor& visit, Layer& layer) {
  visit("width", layer.width);
  visit("activation", layer.activation.kind);
  visit("slope", layer.activation.slope);
}

}  // namespace eigenstudent
