// A layer in the spectral parametrisation: a dense one with W_ij = (lambda_in_j - lambda_out_i) phi_ij.
#pragma once

#include "layers/dense/dense.h"

namespace eigenstudent {

struct Spectral : MatrixOptions {
  static constexpr const char* type_name = "spectral";

  LayerDescription describe(std::span<const Shape> reads) const;
  bool operator==(const Spectral&) const = default;
};
template <class Visitor, MaybeConst<Spectral> Layer>
void fields(Visitor& visit, Layer& layer) {
  visit("width", layer.width);
  visit("activation", layer.activation);
}

}  // namespace eigenstudent
