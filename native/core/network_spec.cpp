#include "core/network_spec.h"

#include <cmath>

#include "core/errors.h"

namespace eigenstudent {

namespace {

constexpr TensorRole all_roles[] = {TensorRole::matrix, TensorRole::eigenvalues_in,
                                    TensorRole::eigenvalues_out, TensorRole::bias};

[[noreturn]] void refuse(std::size_t layer, const std::string& message) {
  throw Error("invalid_network", "layer " + std::to_string(layer) + ": " + message);
}

void check_sizes(const NetworkSpec& network, std::size_t k) {
  const LayerSpec& layer = network.layers[k];
  if (layer.inputs == 0 || layer.outputs == 0)
    refuse(k, "expected at least one input and one output, got " + std::to_string(layer.inputs) +
                  " inputs and " + std::to_string(layer.outputs) + " outputs");
  if (k > 0 && layer.inputs != network.layers[k - 1].outputs)
    refuse(k, "expected " + std::to_string(network.layers[k - 1].outputs) +
                  " inputs, the outputs of the layer before, got " + std::to_string(layer.inputs));
}

void check_tensors(const LayerSpec& layer, std::size_t k) {
  const bool spectral = layer.kind == LayerKind::spectral;
  for (const TensorRole role : all_roles) {
    const TensorSpec& tensor = layer.tensor(role);
    const std::string name = name_of(layer.kind, role);
    const bool eigenvalues = role == TensorRole::eigenvalues_in || role == TensorRole::eigenvalues_out;
    const bool needed = role == TensorRole::matrix || (spectral && eigenvalues);
    const char* kind = spectral ? "spectral" : "dense";
    if (needed && !tensor.present) refuse(k, std::string("a ") + kind + " layer needs the tensor " + name);
    if (tensor.present && eigenvalues && !spectral)
      refuse(k, std::string("a ") + kind + " layer has no tensor " + name);
    for (const double penalty : {tensor.l1, tensor.l2, tensor.group_lasso})
      if (!(penalty >= 0) || !std::isfinite(penalty))
        refuse(k,
               name + ": expected a penalty that is finite and at least 0, got " + std::to_string(penalty));
    if (tensor.group_lasso != 0 && role != TensorRole::matrix)
      refuse(k, name + ": expected no group lasso on a vector, which has no rows, got " +
                    std::to_string(tensor.group_lasso));
  }
}

/// Roughly the scalars of one layer, as a double that cannot wrap around.
double approximate_parameters(const LayerSpec& layer) {
  const double inputs = static_cast<double>(layer.inputs), outputs = static_cast<double>(layer.outputs);
  return inputs * outputs + inputs + 2 * outputs;
}

}  // namespace

const char* name_of(LayerKind kind, TensorRole role) {
  switch (role) {
    case TensorRole::matrix:
      return kind == LayerKind::spectral ? "eigenvectors" : "weights";
    case TensorRole::eigenvalues_in:
      return "eigenvaluesIn";
    case TensorRole::eigenvalues_out:
      return "eigenvaluesOut";
    case TensorRole::bias:
      return "bias";
  }
  return "unknown";
}

void validate(const NetworkSpec& network) {
  if (network.layers.empty()) throw Error("invalid_network", "expected at least one layer, got none");
  constexpr double most = 0x1p48;  // arbitrary: far above any memory, and byte counts stay far below 2^64
  double parameters = 0;
  for (std::size_t k = 0; k < network.layers.size(); ++k) {
    check_sizes(network, k);
    check_tensors(network.layers[k], k);
    parameters += approximate_parameters(network.layers[k]);
    if (parameters > most)
      refuse(k, std::to_string(network.layers[k].inputs) + " inputs and " +
                    std::to_string(network.layers[k].outputs) +
                    " outputs are more parameters than can be counted");
  }
}

}  // namespace eigenstudent
