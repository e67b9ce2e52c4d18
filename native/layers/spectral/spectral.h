// A layer in the spectral parametrisation: a dense one with W_ij = (lambda_in_j - lambda_out_i) phi_ij.
#pragma once

#include "layers/dense/dense.h"

namespace eigenstudent {

/// One eigenvalue per unit that is read, and one per unit that is made: of spectral convolutions too.
TensorDescription describe_eigenvalues_in(std::size_t inputs);
TensorDescription describe_eigenvalues_out(std::size_t width);

struct Spectral : MatrixOptions {
  static constexpr const char* type_name = "spectral";

  LayerDescription describe(std::span<const Shape> reads) const;
  bool operator==(const Spectral&) const = default;
};
template <class Visitor, MaybeConst<Spectral> Layer>
void fields(Visitor& visit, Layer& layer) {
  visit("width", layer.width);
  visit("activation", layer.activation.kind);
  visit("slope", layer.activation.slope);
}

}  // namespace eigenstudent
