// What a network is, before it has numbers: layers, tensors, penalties, loss.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "core/activations.h"
#include "core/fields.h"

namespace eigenstudent {

/// float32 trains, float64 proves.
enum class DType : std::uint8_t { float32, float64 };
template <>
struct EnumNames<DType> {
  static constexpr std::array values{"float32", "float64"};
};

enum class LossKind : std::uint8_t {
  mse,                   // mean over batch and outputs of (y - t)^2
  softmax_cross_entropy  // mean over batch of -log softmax(y)[class]
};
template <>
struct EnumNames<LossKind> {
  static constexpr std::array values{"mse", "crossEntropy"};
};

enum class LayerKind : std::uint8_t { spectral, dense };
template <>
struct EnumNames<LayerKind> {
  static constexpr std::array values{"spectral", "dense"};
};

/// The tensors that a layer may have. `matrix` is phi (eigenvectors) of a spectral layer and W of a dense
/// one.
enum class TensorRole : std::uint8_t { matrix, eigenvalues_in, eigenvalues_out, bias };
inline constexpr std::size_t tensor_role_count = 4;

/// One tensor of a layer: is it there, is it trained, how is it penalised. A frozen tensor has no gradient
/// and no penalty. penalty = l2 * sum(K^2) + l1 * sum(|K|) + group_lasso * sum_i ||K_i||, where K_i, a row, is what
/// enters node i; note that the gradient of the l2 part is 2 * l2 * K. Only a matrix has rows: elsewhere group_lasso
/// is 0.
struct TensorSpec {
  bool present = false;
  bool trainable = false;
  double l1 = 0;
  double l2 = 0;
  double group_lasso = 0;

  bool operator==(const TensorSpec&) const = default;
};
template <class Visitor, MaybeConst<TensorSpec> Spec>
void fields(Visitor& visit, Spec& tensor) {
  visit.presence(tensor.present);
  visit("trainable", tensor.trainable);
  visit("l1", tensor.l1);
  visit("l2", tensor.l2);
  visit("groupLasso", tensor.group_lasso);
}

struct LayerSpec {
  LayerKind kind = LayerKind::dense;
  std::size_t inputs = 0;   // N_in
  std::size_t outputs = 0;  // N_out
  Activation activation = Activation::linear;
  std::array<TensorSpec, tensor_role_count> tensors;

  const TensorSpec& tensor(TensorRole role) const { return tensors[static_cast<std::size_t>(role)]; }
  TensorSpec& tensor(TensorRole role) { return tensors[static_cast<std::size_t>(role)]; }
  bool operator==(const LayerSpec&) const = default;
};
template <class Visitor, MaybeConst<LayerSpec> Spec>
void fields(Visitor& visit, Spec& layer) {
  visit("kind", layer.kind);
  visit("inputs", layer.inputs);
  visit("outputs", layer.outputs);
  visit("activation", layer.activation);
  visit("matrix", layer.tensor(TensorRole::matrix));
  visit("eigenvaluesIn", layer.tensor(TensorRole::eigenvalues_in));
  visit("eigenvaluesOut", layer.tensor(TensorRole::eigenvalues_out));
  visit("bias", layer.tensor(TensorRole::bias));
}

struct NetworkSpec {
  std::vector<LayerSpec> layers;
  LossKind loss = LossKind::mse;

  std::size_t inputs() const { return layers.front().inputs; }
  std::size_t outputs() const { return layers.back().outputs; }
  bool operator==(const NetworkSpec&) const = default;
};
template <class Visitor, MaybeConst<NetworkSpec> Spec>
void fields(Visitor& visit, Spec& network) {
  visit("layers", network.layers);
  visit("loss", network.loss);
}

/// The public name of a tensor inside its layer: "eigenvectors", "weights", "eigenvaluesIn",
/// "eigenvaluesOut", "bias".
const char* name_of(LayerKind kind, TensorRole role);

/// Throws Error("invalid_network") naming the layer when sizes do not chain, a size is zero, the parameter
/// count overflows, or a tensor is missing that the layer's kind needs. TypeScript has checked all this
/// before, with better words; this is the last line of defence.
void validate(const NetworkSpec& network);

}  // namespace eigenstudent
