// A transposed convolution over images, the adjoint of a convolution with the same kernel, stride and padding:
// z[o, row stride - padding + u, ...] = sum over i of weights[i, o, u, v] x[i, row, ...], + bias[o], y = f(z). PyTorch's
// conventions; `outputPadding` adds rows and columns at the end.
#pragma once

#include <span>

#include "core/activations.h"
#include "core/layer_description.h"
#include "core/window.h"

namespace eigenstudent {

struct ConvTranspose2d {
  static constexpr const char* type_name = "convTranspose2d";
  std::size_t width = 0;  // output channels
  ActivationFunction activation;
  Extents2d kernel, stride{1, 1}, padding, output_padding;

  Window window() const { return {kernel, stride, padding, {1, 1}}; }
  LayerDescription describe(std::span<const Shape> reads) const;
  bool operator==(const ConvTranspose2d&) const = default;
};
template <class Visitor, MaybeConst<ConvTranspose2d> Layer>
void fields(Visitor& visit, Layer& layer) {
  visit("width", layer.width);
  visit("activation", layer.activation.kind);
  visit("slope", layer.activation.slope);
  visit("kernel", layer.kernel);
  visit("stride", layer.stride);
  visit("padding", layer.padding);
  visit("outputPadding", layer.output_padding);
}

}  // namespace eigenstudent
