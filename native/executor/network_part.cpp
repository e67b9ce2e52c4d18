#include "executor/network_part.h"

#include <algorithm>
#include <utility>
#include <variant>

#include "core/chain.h"

namespace eigenstudent {

namespace {

void set_linear(LayerOptions& options) {
  std::visit(
      [](auto& layer) {
        if constexpr (requires { layer.activation; }) layer.activation = Activation::linear;
      },
      options);
}

bool carries(const GraphLayer& layer, std::size_t group) {
  return std::any_of(layer.units.begin(), layer.units.end(),
                     [&](const UnitSegment& segment) { return segment.group == group; });
}

/// Whether the layers from `first` on read only layer first - 1 and each other.
bool reads_nothing_before(const NetworkSpec& spec, std::size_t first) {
  for (std::size_t k = first; k < spec.layers.size(); ++k)
    for (const std::size_t read : spec.layers[k].reads)
      if (read < first) return false;
  return true;
}

/// Whether a layer below the reader reads silenced units, as one with a matrix inside a residual block does (see
/// executor/graph_pass.h).
bool is_read_below(const Graph& network, std::size_t reader, std::size_t group) {
  for (std::size_t k = 0; k < reader; ++k) {
    const bool keeps =
        network.layers()[k].description.units != Units::made && carries(network.layers()[k], group);
    for (const std::size_t read : network.spec().layers[k].reads)
      if (read > 0 && carries(network.layers()[read - 1], group) && !keeps) return true;
  }
  return false;
}

}  // namespace

NetworkSpec part_of(const Graph& network, std::size_t first, std::size_t end) {
  NetworkSpec part;
  part.input = first == 0 ? network.spec().input : network.layers()[first - 1].description.output;
  for (std::size_t k = first; k < end; ++k) {
    part.layers.push_back(network.spec().layers[k]);
    for (std::size_t& read : part.layers.back().reads) read -= first;
  }
  return part;
}

std::optional<OnlyReader> only_reader_of(const Graph& network, const Objective& objective,
                                         std::size_t group) {
  const std::vector<GraphLayer>& layers = network.layers();
  std::size_t reader = layers.size();
  while (reader > 0 && !carries(layers[reader - 1], group)) --reader;
  if (reader == 0 || reader == layers.size() || network.group_of(reader - 1) != group) return std::nullopt;
  const MatrixOptions* matrix = matrix_options_of(network.spec().layers[reader].options);
  const bool whole = layers[reader - 1].size == network.units_of(group);
  if (!matrix || !whole || is_read_below(network, reader, group) ||
      !reads_nothing_before(network.spec(), reader) || !reads_nothing_before(network.spec(), reader + 1))
    return std::nullopt;
  OnlyReader found{reader,
                   part_of(network, 0, reader),
                   part_of(network, reader, reader + 1),
                   {},
                   part_of(network, reader, layers.size()),
                   objective};
  set_linear(found.sums.layers[0].options);
  found.columns = found.sums;
  std::erase_if(found.columns.layers[0].tensors,
                [](const TensorSpec& tensor) { return tensor.name == "bias"; });
  found.above.input = layers[reader].description.output;
  found.above.layers[0] = {ActivationLayer{matrix->activation}, {0}, {}};
  for (Term& term : found.objective) {
    if (term.layer < reader) return std::nullopt;
    term.layer -= reader;
  }
  return found;
}

}  // namespace eigenstudent
