// A layer that applies f to every number: y = f(x).
#pragma once

#include <span>

#include "core/activations.h"
#include "core/layer_description.h"

namespace eigenstudent {

struct ActivationLayer {
  static constexpr const char* type_name = "activation";
  ActivationFunction activation;

  LayerDescription describe(std::span<const Shape> reads) const;
  bool operator==(const ActivationLayer&) const = default;
};
template <class Visitor, MaybeConst<ActivationLayer> Layer>
void fields(Visitor& visit, Layer& layer) {
  visit("activation", layer.activation.kind);
  visit("slope", layer.activation.slope);
}

}  // namespace eigenstudent
