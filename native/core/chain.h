// A chain of dense and spectral layers, each reading the one before, with one loss: what the fused paths train.
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "core/host_device.h"
#include "core/network_spec.h"
#include "core/objective.h"
#include "core/student.h"

namespace eigenstudent {

enum class LayerKind : std::uint8_t { spectral, dense };
enum class LossKind : std::uint8_t {
  mse,                   // mean over batch and outputs of (y - t)^2
  softmax_cross_entropy  // mean over batch of -log softmax(y)[class]
};

/// The PhaseBit of a tensor (core/layer_description.h).
ES_HOST_DEVICE std::uint8_t phase_bit_of(LayerKind kind, TensorRole role) {
  switch (role) {
    case TensorRole::matrix:
      return kind == LayerKind::spectral ? eigenvectors_bit : weights_bit;
    case TensorRole::eigenvalues_in:
      return eigenvalues_in_bit;
    case TensorRole::eigenvalues_out:
      return eigenvalues_out_bit;
    case TensorRole::bias:
      break;
  }
  return bias_bit;
}

struct ChainTensor : TensorOptions {
  bool present = false;

  bool operator==(const ChainTensor&) const = default;
};

struct ChainLayer {
  LayerKind kind = LayerKind::dense;
  std::size_t inputs = 0;   // N_in
  std::size_t outputs = 0;  // N_out
  Activation activation = Activation::linear;
  std::array<ChainTensor, tensor_role_count> tensors;

  const ChainTensor& tensor(TensorRole role) const { return tensors[static_cast<std::size_t>(role)]; }
  ChainTensor& tensor(TensorRole role) { return tensors[static_cast<std::size_t>(role)]; }
  bool operator==(const ChainLayer&) const = default;
};

struct Chain {
  std::vector<ChainLayer> layers;
  LossKind loss = LossKind::mse;

  std::size_t inputs() const { return layers.front().inputs; }
  std::size_t outputs() const { return layers.back().outputs; }
  bool operator==(const Chain&) const = default;
  /// The same as a graph, and its loss as an objective. Implicit, as a chain is valid wherever a network is.
  operator NetworkSpec() const;  // NOLINT(google-explicit-constructor)
  Objective objective() const;
};

/// The options of a dense or spectral layer; null for another.
const MatrixOptions* matrix_options_of(const LayerOptions& options);

/// Network and objective as a chain, layer by layer, or nothing where they are not one. Both have been
/// checked (core/graph.h, core/objective.h).
std::optional<Chain> chain_of(const NetworkSpec& network, const Objective& objective);

/// Why they are not a chain: "layer 1 (batchNorm) is neither dense nor spectral", or empty where they are one.
std::string why_no_chain(const NetworkSpec& network, const Objective& objective);

/// As above for a student: the fused paths do not train on augmented images.
std::optional<Chain> chain_of(const StudentSpec& student);
std::string why_no_chain(const StudentSpec& student);

}  // namespace eigenstudent
