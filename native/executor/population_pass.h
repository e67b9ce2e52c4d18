// The population loss of a network with one hidden layer (objectives/gaussian) and its gradient by the network's tensors.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "core/chain.h"
#include "core/dataset.h"
#include "core/errors.h"
#include "core/graph.h"
#include "core/spectral_math.h"
#include "objectives/gaussian/population_loss.h"

namespace eigenstudent {

/// Computes in float64 whatever T.
template <class T>
class PopulationPass {
 public:
  /// The samples of `teacher` are its neurons: inputs [k][d] incoming weights, targets [k][1] outgoing ones. Throws
  /// Error("invalid_network") unless the network has two layers, dense or spectral, without biases, the last linear
  /// with one unit. `network` must outlive the pass.
  PopulationPass(const Graph& network, const Dataset& teacher)
      : network_(network),
        sizes_{checked(network, teacher).layers()[0].size, teacher.samples, teacher.input_count},
        loss_(activation_of(network, 0), sizes_, doubles(teacher.as<T>().inputs),
              doubles(teacher.as<T>().targets)),
        workspace_(sizes_),
        plain_(sizes_.parameters()),
        plain_gradient_(sizes_.parameters()) {}

  /// parameters: the block of the network. kept: which hidden units do not output 0; all of them without it.
  double value(const T* parameters, const std::vector<bool>* kept = nullptr) {
    form(parameters);
    for (std::size_t i = 0; kept && i < sizes_.neurons; ++i)
      if (!(*kept)[i]) plain_[place(1) + i] = 0;
    return loss_.value(plain_.data(), workspace_);
  }
  /// gradient: of every tensor, [parameters of the network].
  double gradient(const T* parameters, T* gradient) {
    form(parameters);
    const double loss = loss_.value_and_gradient(plain_.data(), plain_gradient_.data(), workspace_);
    for (std::size_t layer = 0; layer < 2; ++layer) pull(parameters, layer, gradient);
    return loss;
  }

 private:
  static ActivationFunction activation_of(const Graph& network, std::size_t layer) {
    return matrix_options_of(network.spec().layers[layer].options)->activation;
  }

  static std::string unfit(const Graph& network) {
    const std::vector<LayerSpec>& layers = network.spec().layers;
    if (layers.size() != 2) return std::to_string(layers.size()) + " layers";
    for (std::size_t k = 0; k < 2; ++k) {
      if (!matrix_options_of(layers[k].options)) return "one whose layers are not dense or spectral";
      if (layers[k].reads != std::vector<std::size_t>{k}) return "one whose layers do not form a chain";
      if (network.layout().index_of(k, TensorRole::bias) >= 0) return "a bias";
    }
    if (activation_of(network, 1).kind != Activation::linear) return "an output that is not linear";
    return network.outputs() == 1 ? "" : std::to_string(network.outputs()) + " outputs";
  }

  static const Graph& checked(const Graph& network, const Dataset& teacher) {
    std::string received = unfit(network);
    if (received.empty() && (teacher.input_count != network.inputs() || teacher.target_count != 1))
      received = "a teacher of another shape";
    if (!received.empty())
      throw Error(
          "invalid_network",
          "expected a network of one hidden layer and one linear output, dense or spectral, without biases, "
          "for a population loss, received " +
              received);
    return network;
  }

  static std::vector<double> doubles(const std::vector<T>& values) { return {values.begin(), values.end()}; }

  std::size_t columns(std::size_t layer) const { return layer == 0 ? sizes_.inputs : sizes_.neurons; }
  std::size_t rows(std::size_t layer) const { return layer == 0 ? sizes_.neurons : 1; }
  /// Place of a layer's weights in W row-major, then a.
  std::size_t place(std::size_t layer) const { return layer * sizes_.neurons * sizes_.inputs; }

  /// The weights of both layers, into plain_.
  void form(const T* parameters) {
    const ParameterLayout& layout = network_.layout();
    for (std::size_t layer = 0; layer < 2; ++layer) {
      const T* matrix = layout.find(parameters, layer, TensorRole::matrix);
      const T* values_in = layout.find(parameters, layer, TensorRole::eigenvalues_in);
      const T* values_out = layout.find(parameters, layer, TensorRole::eigenvalues_out);
      double* weights = plain_.data() + place(layer);
      for (std::size_t i = 0; i < rows(layer); ++i)
        for (std::size_t j = 0; j < columns(layer); ++j) {
          const double entry = matrix[i * columns(layer) + j];
          weights[i * columns(layer) + j] =
              values_in ? spectral_weight<double>(entry, values_in[j], values_out[i]) : entry;
        }
    }
  }

  /// From plain_gradient_ to the layer's tensors.
  void pull(const T* parameters, std::size_t layer, T* gradient) const {
    const ParameterLayout& layout = network_.layout();
    const double* by_weights = plain_gradient_.data() + place(layer);
    const T* matrix = layout.find(parameters, layer, TensorRole::matrix);
    const T* values_in = layout.find(parameters, layer, TensorRole::eigenvalues_in);
    const T* values_out = layout.find(parameters, layer, TensorRole::eigenvalues_out);
    T* by_matrix = layout.find(gradient, layer, TensorRole::matrix);
    std::vector<double> by_in(columns(layer));
    for (std::size_t i = 0; i < rows(layer); ++i) {
      double by_out = 0;
      for (std::size_t j = 0; j < columns(layer); ++j) {
        const std::size_t at = i * columns(layer) + j;
        by_matrix[at] = static_cast<T>(
            values_in ? eigenvector_gradient<double>(by_weights[at], values_in[j], values_out[i])
                      : by_weights[at]);
        const double term = eigenvalue_gradient_term<double>(by_weights[at], matrix[at]);
        by_in[j] += term;
        by_out -= term;
      }
      if (values_out) layout.find(gradient, layer, TensorRole::eigenvalues_out)[i] = static_cast<T>(by_out);
    }
    if (!values_in) return;
    T* of_values = layout.find(gradient, layer, TensorRole::eigenvalues_in);
    for (std::size_t j = 0; j < columns(layer); ++j) of_values[j] = static_cast<T>(by_in[j]);
  }

  const Graph& network_;
  PopulationSizes sizes_;
  PopulationLoss loss_;
  PopulationWorkspace workspace_;
  std::vector<double> plain_, plain_gradient_;  // W row-major, then a
};

}  // namespace eigenstudent
