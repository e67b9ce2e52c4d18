// Pools over images, per channel, with PyTorch's conventions: the maximum (padding counts as minus infinity; of equal values the
// first in row-major order) and the mean of a window, and the mean of the whole image.
#pragma once

#include <span>

#include "core/layer_description.h"
#include "core/window.h"

namespace eigenstudent {

struct PoolOptions {
  Extents2d kernel, stride, padding;

  Window window() const { return {kernel, stride, padding, {1, 1}}; }
  bool operator==(const PoolOptions&) const = default;
};
template <class Visitor, MaybeConst<PoolOptions> Layer>
void fields(Visitor& visit, Layer& layer) {
  visit("kernel", layer.kernel);
  visit("stride", layer.stride);
  visit("padding", layer.padding);
}

struct MaxPool2d : PoolOptions {
  static constexpr const char* type_name = "maxPool2d";

  LayerDescription describe(std::span<const Shape> reads) const;
  bool operator==(const MaxPool2d&) const = default;
};
template <class Visitor, MaybeConst<MaxPool2d> Layer>
void fields(Visitor& visit, Layer& layer) {
  visit("kernel", layer.kernel);
  visit("stride", layer.stride);
  visit("padding", layer.padding);
}

struct AveragePool2d : PoolOptions {
  static constexpr const char* type_name = "averagePool2d";
  bool count_include_pad = true;  // whether the padding's zeros count

  LayerDescription describe(std::span<const Shape> reads) const;
  bool operator==(const AveragePool2d&) const = default;
};
template <class Visitor, MaybeConst<AveragePool2d> Layer>
void fields(Visitor& visit, Layer& layer) {
  visit("kernel", layer.kernel);
  visit("stride", layer.stride);
  visit("padding", layer.padding);
  visit("countIncludePad", layer.count_include_pad);
}

/// [channels, height, width] to [channels].
struct GlobalAveragePool {
  static constexpr const char* type_name = "globalAveragePool";

  LayerDescription describe(std::span<const Shape> reads) const;
  bool operator==(const GlobalAveragePool&) const = default;
};
template <class Visitor, MaybeConst<GlobalAveragePool> Layer>
void fields(Visitor&, Layer&) {}

}  // namespace eigenstudent
