#include "core/chain.h"

#include <sstream>

namespace eigenstudent {

namespace {

constexpr const char* role_names[][tensor_role_count] = {
    {"eigenvectors", "eigenvaluesIn", "eigenvaluesOut", "bias"}, {"weights", nullptr, nullptr, "bias"}};

LayerSpec layer_of(const ChainLayer& layer, std::size_t read) {
  LayerSpec spec;
  if (layer.kind == LayerKind::spectral)
    spec.options = Spectral{{layer.outputs, layer.activation}};
  else
    spec.options = Dense{{layer.outputs, layer.activation}};
  spec.reads = {read};
  for (std::size_t r = 0; r < tensor_role_count; ++r)
    if (const char* name = role_names[static_cast<std::size_t>(layer.kind)][r];
        name && layer.tensors[r].present)
      spec.tensors.push_back({layer.tensors[r], name});
  return spec;
}

/// Of a dense or spectral layer.
ChainLayer chain_layer_of(const LayerSpec& layer, std::size_t inputs) {
  ChainLayer found;
  if (std::holds_alternative<Spectral>(layer.options)) found.kind = LayerKind::spectral;
  const MatrixOptions* options = matrix_options_of(layer.options);
  found.inputs = inputs;
  found.outputs = options->width;
  found.activation = options->activation.kind;
  for (const TensorSpec& tensor : layer.tensors)
    for (std::size_t r = 0; r < tensor_role_count; ++r)
      if (const char* name = role_names[static_cast<std::size_t>(found.kind)][r]; name && tensor.name == name)
        found.tensors[r] = {tensor, true};
  return found;
}

/// Empty for the slope that the fused paths have.
std::string other_slope(const ActivationFunction& activation) {
  if (activation.kind != Activation::leaky_relu || activation.slope == leaky_relu_slope) return "";
  std::ostringstream text;
  text << "has leakyRelu of slope " << activation.slope << ", not " << leaky_relu_slope;
  return text.str();
}

}  // namespace

const MatrixOptions* matrix_options_of(const LayerOptions& options) {
  if (const auto* spectral = std::get_if<Spectral>(&options)) return spectral;
  return std::get_if<Dense>(&options);
}

Chain::operator NetworkSpec() const {
  NetworkSpec network;
  network.input = {layers.empty() ? 0 : layers.front().inputs};
  for (std::size_t k = 0; k < layers.size(); ++k) network.layers.push_back(layer_of(layers[k], k));
  return network;
}

Objective Chain::objective() const {
  if (loss == LossKind::mse) return {{MeanSquaredError{}, layers.size() - 1, "", 1}};
  return {{CrossEntropy{}, layers.size() - 1, "", 1}};
}

std::string why_no_chain(const NetworkSpec& network, const Objective& objective) {
  if (network.input.size() != 1) return "its input is no list of features but " + text_of(network.input);
  for (std::size_t k = 0; k < network.layers.size(); ++k) {
    const LayerSpec& layer = network.layers[k];
    const std::string which = "layer " + std::to_string(k) + " (" + type_name_of(layer.options) + ") ";
    const MatrixOptions* options = matrix_options_of(layer.options);
    if (!options) return which + "is neither dense nor spectral";
    if (const std::string other = other_slope(options->activation); !other.empty()) return which + other;
    if (layer.reads != std::vector<std::size_t>{k}) return which + "does not read the layer before it";
  }
  if (objective.size() != 1) return "its loss has " + std::to_string(objective.size()) + " terms";
  const Term& term = objective[0];
  if (!std::holds_alternative<MeanSquaredError>(term.loss) &&
      !std::holds_alternative<CrossEntropy>(term.loss))
    return std::string("its loss is ") + type_name_of(term.loss);
  if (term.layer + 1 != network.layers.size() || !term.target.empty() || term.weight != 1)
    return "its loss is not that of the last layer and the data's own targets, with weight 1";
  return "";
}

std::optional<Chain> chain_of(const NetworkSpec& network, const Objective& objective) {
  if (!why_no_chain(network, objective).empty()) return std::nullopt;
  Chain chain;
  chain.loss = std::holds_alternative<CrossEntropy>(objective[0].loss) ? LossKind::softmax_cross_entropy
                                                                       : LossKind::mse;
  std::size_t inputs = network.input[0];
  for (const LayerSpec& layer : network.layers) {
    chain.layers.push_back(chain_layer_of(layer, inputs));
    inputs = chain.layers.back().outputs;
  }
  return chain;
}

std::string why_no_chain(const StudentSpec& student) {
  const std::string reason = why_no_chain(student.network, student.objective);
  if (!reason.empty() || !student.trainer) return reason;
  if (student.trainer->population) return "its loss is a population loss";
  return student.trainer->augment ? "it is trained with augment" : "";
}

std::optional<Chain> chain_of(const StudentSpec& student) {
  if (!why_no_chain(student).empty()) return std::nullopt;
  return chain_of(student.network, student.objective);
}

}  // namespace eigenstudent
