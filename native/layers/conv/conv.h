// Convolutions over images, z[o] = sum over i, u, v of weights[o, i, u, v] x[i] under the window, + bias[o], y = f(z): cross-
// correlation with PyTorch's conventions (the kernel is not flipped; output channel o reads the channels of its group alone).
// Spectral: weights[o, i, u, v] = (eigenvaluesIn[i] - eigenvaluesOut[o]) eigenvectors[o, i, u, v].
#pragma once

#include <span>
#include <string_view>

#include "core/activations.h"
#include "core/layer_description.h"
#include "core/window.h"

namespace eigenstudent {

struct ConvOptions {
  std::size_t width = 0;  // output channels
  ActivationFunction activation;
  Extents2d kernel, stride{1, 1}, padding, dilation{1, 1};
  std::size_t groups = 1;

  Window window() const { return {kernel, stride, padding, dilation}; }
  bool operator==(const ConvOptions&) const = default;
};
template <class Visitor, class Layer>
void conv_fields(Visitor& visit, Layer& layer) {
  visit("width", layer.width);
  visit("activation", layer.activation.kind);
  visit("slope", layer.activation.slope);
  visit("kernel", layer.kernel);
  visit("stride", layer.stride);
  visit("padding", layer.padding);
  visit("dilation", layer.dilation);
  visit("groups", layer.groups);
}

struct Conv2d : ConvOptions {
  static constexpr const char* type_name = "conv2d";

  LayerDescription describe(std::span<const Shape> reads) const;
  bool operator==(const Conv2d&) const = default;
};
template <class Visitor, MaybeConst<Conv2d> Layer>
void fields(Visitor& visit, Layer& layer) {
  conv_fields(visit, layer);
}

struct SpectralConv2d : ConvOptions {
  static constexpr const char* type_name = "spectralConv2d";

  LayerDescription describe(std::span<const Shape> reads) const;
  bool operator==(const SpectralConv2d&) const = default;
};
template <class Visitor, MaybeConst<SpectralConv2d> Layer>
void fields(Visitor& visit, Layer& layer) {
  conv_fields(visit, layer);
}

}  // namespace eigenstudent
