#include "cpu/fused/plan.h"

#include <algorithm>

namespace eigenstudent::cpu {
namespace {

// Costs of one sample, in vector FMAs (of the narrowest panel) at full speed. Measured on Zen 4.
/// A horizontal sum (isa/vector.h, sums_of_each).
constexpr double horizontal_cost = 3;
/// A sample's loss, one by one and not in vectors.
constexpr double loss_cost = 30;

template <class T>
double outer_cost(const Panels& panels, std::size_t inner, const Kernels<T>& kernels) {
  double cost = 0;
  for (const Panel& panel : panels.list) cost += panel_cost[panel.width / kernels.lanes];
  return cost * static_cast<double>(inner);
}

template <class T>
double dot_cost(std::size_t outputs, double vectors, const Kernels<T>& kernels) {
  return kernels.dot_cost * static_cast<double>(outputs) * (vectors + horizontal_cost);
}

template <class T>
double forward_dot_cost(const LayerPlan& plan, const Kernels<T>& kernels) {
  const std::size_t vectors = plan.in.padded / kernels.lanes;
  return dot_cost(plan.out.columns, static_cast<double>(vectors), kernels);
}

/// Panels of the inner dimension that a wide layer's product takes at once, measured: short enough for the weights
/// that it reads to stay in the caches, long enough not to write its results too often.
template <class T>
std::size_t wide_chunk(const Kernels<T>& kernels) {
  return std::max<std::size_t>(1, 384 / usual_width(kernels));
}

/// Panels of the inner dimension that a DotProduct takes at once.
template <class T>
std::size_t dot_chunk(const Kernels<T>& kernels) {
  return std::max<std::size_t>(1, kernels.dot_stretch / (usual_width(kernels) * sizeof(T)));
}

/// Assigns consecutive offsets on cache-line boundaries.
class Offsets {
 public:
  explicit Offsets(std::size_t scalar_bytes) : line_(64 / scalar_bytes) {}
  std::size_t take(std::size_t count) {
    const std::size_t at = next_;
    next_ += (count + line_ - 1) / line_ * line_;
    return at;
  }
  std::size_t total() const { return next_; }

 private:
  std::size_t line_;
  std::size_t next_ = 0;
};

/// How a layer is cut, and which kernels its products use.
template <class T>
LayerPlan cut_layer(const ChainLayer& spec, bool wide, const Kernels<T>& kernels) {
  LayerPlan layer{};
  layer.spec = &spec;
  layer.in = cut_panels(spec.inputs, kernels);
  layer.out = cut_panels(spec.outputs, kernels);
  layer.wide_out = spec.outputs > spec.inputs;
  layer.forward_by_dot =
      !layer.wide_out && forward_dot_cost(layer, kernels) < outer_cost(layer.out, spec.inputs, kernels);
  layer.chunk = wide ? wide_chunk(kernels) : layer.in.list.size() + layer.out.list.size();
  layer.dot_chunk = dot_chunk(kernels);
  return layer;
}

/// Assigns the offsets of the parameters and the packed weights of layer l.
void place_parameters(LayerPlan& layer, std::size_t l, Offsets& block, Offsets& weights) {
  const ChainLayer& spec = *layer.spec;
  const auto vector_offset = [&](TensorRole role, std::size_t padded) {
    return spec.tensor(role).present ? block.take(padded) : LayerPlan::npos;
  };
  layer.matrix = block.take(layer.panels().size(layer.rows()));
  layer.eigenvalues_in = vector_offset(TensorRole::eigenvalues_in, layer.in.padded);
  layer.eigenvalues_out = vector_offset(TensorRole::eigenvalues_out, layer.out.padded);
  layer.bias = vector_offset(TensorRole::bias, layer.out.padded);
  layer.has_weights_over_out = layer.wide_out || !layer.forward_by_dot;
  layer.has_weights_over_in = !layer.wide_out || l > 0;  // the first layer sends no gradient down
  if (layer.has_weights_over_out && !layer.weights_are_matrix(true))
    layer.weights_over_out = weights.take(layer.out.size(spec.inputs));
  if (layer.has_weights_over_in && !layer.weights_are_matrix(false))
    layer.weights_over_in = weights.take(layer.in.size(spec.outputs));
}

/// Whether a second forward pass to the nodes between two layers costs less than reading their outputs back from memory: 64
/// inputs are 128 operations, some 0.7 ns on a core, where 16 to 24 bytes of outputs and gradients take 2 ns.
bool is_thin_pair(const LayerPlan& lower, const LayerPlan& upper) {
  constexpr std::size_t thin = 64;
  return lower.wide_out && !upper.wide_out && lower.spec->inputs <= thin && upper.spec->outputs <= thin;
}

/// Assigns the offsets of the activations of a row of the batch.
void place_activations(Plan& plan) {
  plan.row_size = plan.input.padded;
  for (std::size_t l = plan.paired ? 1 : 0; l < plan.layers.size(); ++l) {
    LayerPlan& layer = plan.layers[l];
    const auto place = [&] {
      const std::size_t at = plan.row_size;
      plan.row_size += layer.out.padded;
      return at;
    };
    layer.y = place();
    layer.z = derivative_needs_z(layer.spec->activation) ? place() : LayerPlan::npos;
    layer.delta_by_panel = l == 0 && layer.wide_out && !plan.wide && plan.layers.size() > 1;
    if (!layer.delta_by_panel) layer.delta = place();
  }
  plan.whole_row_size = plan.row_size;
  if (LayerPlan& first = plan.layers.front(); first.delta_by_panel) {
    first.delta = plan.row_size;
    plan.row_size += first.out.list.front().width;
    plan.whole_row_size += first.out.padded;
  }
}

}  // namespace

bool LayerPlan::trains(TensorRole role, std::uint8_t mask) const {
  const ChainTensor& tensor = spec->tensor(role);
  return tensor.present && tensor.trainable && in_phase(mask, phase_bit_of(spec->kind, role));
}

bool LayerPlan::trains_weights(std::uint8_t mask) const {
  return trains(TensorRole::matrix, mask) || trains(TensorRole::eigenvalues_in, mask) ||
         trains(TensorRole::eigenvalues_out, mask);
}

std::size_t Plan::lowest_trained(std::uint8_t mask) const {
  std::size_t l = 0;
  while (l < layers.size() && !layers[l].trains_weights(mask) && !layers[l].trains(TensorRole::bias, mask))
    ++l;
  return l;
}

template <class T>
Plan Plan::make(const Chain& network, const Kernels<T>& kernels) {
  Plan plan;
  plan.wide = is_wide(network);
  plan.input = cut_panels(network.inputs(), kernels);
  Offsets block(sizeof(T)), weights(sizeof(T));
  for (std::size_t l = 0; l < network.layers.size(); ++l) {
    LayerPlan layer = cut_layer(network.layers[l], plan.wide, kernels);
    place_parameters(layer, l, block, weights);
    plan.row_sums = std::max(plan.row_sums, layer.rows() * layer.panels().list.size());
    plan.widest = std::max({plan.widest, layer.in.padded, layer.out.padded});
    plan.layers.push_back(std::move(layer));
  }
  plan.block_size = block.total();
  plan.weights_size = weights.total();
  plan.paired = plan.wide && plan.layers.size() > 1 && is_thin_pair(plan.layers[0], plan.layers[1]);
  place_activations(plan);
  return plan;
}

template <class T>
bool Plan::lanes_along_samples(const Kernels<T>& kernels, std::size_t rows) const {
  if (wide) return false;
  const auto count = static_cast<double>(rows);
  const std::size_t whole_vectors = (rows + kernels.lanes - 1) / kernels.lanes;
  const auto vectors = static_cast<double>(whole_vectors);
  double nodes = loss_cost, samples = 0;
  for (const LayerPlan& layer : layers) {
    const std::size_t inputs = layer.spec->inputs, outputs = layer.spec->outputs;
    const bool below = &layer != &layers.front();
    const Panels& longer = layer.panels();
    nodes += layer.forward_by_dot ? forward_dot_cost(layer, kernels) : outer_cost(layer.out, inputs, kernels);
    nodes += outer_cost(longer, layer.rows(), kernels) + (below ? outer_cost(layer.in, outputs, kernels) : 0);
    const auto weights = static_cast<double>(inputs * outputs);
    samples +=
        (below ? 2 : 1) * weights * vectors / count + dot_cost(inputs * outputs, vectors, kernels) / count;
  }
  return samples < nodes;
}

template bool Plan::lanes_along_samples(const Kernels<float>&, std::size_t) const;
template bool Plan::lanes_along_samples(const Kernels<double>&, std::size_t) const;
template Plan Plan::make(const Chain&, const Kernels<float>&);
template Plan Plan::make(const Chain&, const Kernels<double>&);

bool is_wide(const Chain& network) {
  constexpr std::size_t weights = 1 << 18;  // 1 MiB of float32: the second-level cache
  std::size_t count = 0;
  for (const ChainLayer& layer : network.layers) count += layer.inputs * layer.outputs;
  return count >= weights;
}

template <class T>
std::size_t rows_per_block(const Plan& plan, std::size_t batch, const Kernels<T>& kernels) {
  // Against the second-level cache (512 KiB on Zen 3, 1 MiB and more later), delta of layer 0 counted in full; fewer than 48
  // rows would make the products' inner dimension too short.
  constexpr std::size_t budget = 384 * 1024, fewest = 48, longest = 1020;
  const std::size_t tile = kernels.row_tile;
  const std::size_t fitting = std::max(budget / (plan.whole_row_size * sizeof(T)), fewest);
  const std::size_t most = plan.wide ? longest / tile * tile : fitting;
  const std::size_t blocks = (batch + most - 1) / most;
  const std::size_t rows = (batch + blocks - 1) / blocks;
  return std::min(batch, (rows + tile - 1) / tile * tile);
}

template std::size_t rows_per_block(const Plan&, std::size_t, const Kernels<float>&);
template std::size_t rows_per_block(const Plan&, std::size_t, const Kernels<double>&);

}  // namespace eigenstudent::cpu
