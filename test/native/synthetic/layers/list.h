// In place of native/layers/list.h, for a test of what no layer of the package does yet: outputs with extents behind the units, and
// units that become blocks of features. (units_test.cpp is compiled with this folder before native/.)
#pragma once

#include <span>
#include <variant>

#include "layers/activation/activation.h"
#include "layers/add/add.h"
#include "layers/batch_norm/batch_norm.h"
#include "layers/concat/concat.h"
#include "layers/dense/dense.h"
#include "layers/spectral/spectral.h"

namespace eigenstudent {

/// Inputs to `channels` images of 2 x 3 pixels, each pixel a sum of its own over the inputs.
struct Images {
  static constexpr const char* type_name = "images";
  static constexpr std::size_t pixels = 6;
  std::size_t channels = 1;

  LayerDescription describe(std::span<const Shape> reads) const {
    check_read_count(1, reads.size());
    LayerDescription description;
    description.output = {channels, 2, 3};
    description.units = Units::made;
    description.tensors.push_back({.name = "weights",
                                   .extents = {channels, pixels, size_of(reads[0])},
                                   .output_axis = 0,
                                   .input_axis = 2,
                                   .phase_bit = weights_bit});
    return description;
  }
  bool operator==(const Images&) const = default;
};
template <class Visitor, MaybeConst<Images> Layer>
void fields(Visitor& visit, Layer& layer) {
  visit("channels", layer.channels);
}

/// All extents as one.
struct Flatten {
  static constexpr const char* type_name = "flatten";

  LayerDescription describe(std::span<const Shape> reads) const {
    check_read_count(1, reads.size());
    LayerDescription description;
    description.output = {size_of(reads[0])};
    description.units = Units::in_blocks;
    return description;
  }
  bool operator==(const Flatten&) const = default;
};
template <class Visitor, MaybeConst<Flatten> Layer>
void fields(Visitor&, Layer&) {}

using LayerOptions = std::variant<Spectral, Dense, BatchNorm, ActivationLayer, Add, Concat, Images, Flatten>;

inline const char* type_name_of(const LayerOptions& layer) {
  return std::visit([](const auto& options) { return options.type_name; }, layer);
}

}  // namespace eigenstudent
