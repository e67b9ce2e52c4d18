// Batch normalisation (Ioffe and Szegedy, arXiv 1502.03167) per unit u, over the batch and all that follows the units in the
// shape: y = scale_u (x - mean_u) / sqrt(variance_u + epsilon) + shift_u, with PyTorch's conventions. The variance that
// normalises is biased (over n); the running one takes the unbiased (over n - 1):
// running = (1 - momentum) running + momentum new.
#pragma once

#include <span>

#include "core/layer_description.h"

namespace eigenstudent {

struct BatchNorm {
  static constexpr const char* type_name = "batchNorm";
  double momentum = 0.1;
  double epsilon = 1e-5;

  LayerDescription describe(std::span<const Shape> reads) const;
  bool operator==(const BatchNorm&) const = default;
};
template <class Visitor, MaybeConst<BatchNorm> Layer>
void fields(Visitor& visit, Layer& layer) {
  visit("momentum", layer.momentum);
  visit("epsilon", layer.epsilon);
}

}  // namespace eigenstudent
