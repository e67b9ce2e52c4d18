// The specification of a network without parameters: a graph of layers in the order in which they are computed.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "core/fields.h"
#include "layers/list.h"

namespace eigenstudent {

/// float32 for training, float64 for comparisons.
enum class DType : std::uint8_t { float32, float64 };
template <>
struct EnumNames<DType> {
  static constexpr std::array values{"float32", "float64"};
};

/// How one tensor is trained. A frozen tensor has no gradient and no penalty. penalty = l2 * sum(K^2) + l1 *
/// sum(|K|) + group_lasso * sum_i ||K_i||, where K_i, a row, holds the incoming weights of unit i; note that
/// the gradient of the l2 part is 2 * l2 * K. group_lasso is 0 where the tensor has no rows.
struct TensorOptions {
  bool trainable = false;
  double l1 = 0;
  double l2 = 0;
  double group_lasso = 0;

  bool operator==(const TensorOptions&) const = default;
};

/// A tensor of a layer, by its name in the layer's type.
struct TensorSpec : TensorOptions {
  std::string name;

  bool operator==(const TensorSpec&) const = default;
};
template <class Visitor, MaybeConst<TensorSpec> Spec>
void fields(Visitor& visit, Spec& tensor) {
  visit("name", tensor.name);
  visit("trainable", tensor.trainable);
  visit("l1", tensor.l1);
  visit("l2", tensor.l2);
  visit("groupLasso", tensor.group_lasso);
}

struct LayerSpec {
  LayerOptions options;
  /// Its inputs, in order: 0 is the network's input, k + 1 the output of layer k, which precedes this one.
  std::vector<std::size_t> reads;
  std::vector<TensorSpec> tensors;

  bool operator==(const LayerSpec&) const = default;
};
template <class Visitor, MaybeConst<LayerSpec> Spec>
void fields(Visitor& visit, Spec& layer) {
  visit("options", layer.options);
  visit("reads", layer.reads);
  visit("tensors", layer.tensors);
}

struct NetworkSpec {
  Shape input;  // of one sample
  std::vector<LayerSpec> layers;

  std::size_t inputs() const { return size_of(input); }
  bool operator==(const NetworkSpec&) const = default;
};
template <class Visitor, MaybeConst<NetworkSpec> Spec>
void fields(Visitor& visit, Spec& network) {
  visit("input", network.input);
  visit("layers", network.layers);
}

}  // namespace eigenstudent
