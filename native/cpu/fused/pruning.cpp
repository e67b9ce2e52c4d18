// The pruning curve: the error for every number of kept nodes in one sweep.
//
// A removed node outputs 0, so z of the layer above is its bias plus the contributions of the kept nodes.
// Starting from none kept, each node adds one rank-one term to z, [N_above][B], and the layers from there on
// are run again. Cost of the curve of h nodes on B samples: one forward pass up to the layer, then h (N_above
// + tail) multiply-adds per sample, where `tail` is the cost of the layers after the layer above: for h -> 20
// -> 1 about as much as two forward passes, for a deep tail h tails.
//
// The tail is short and wide in samples, so the lanes run along the samples (lanes.h), a group of `lanes` at a time.
// Where the layer above is relu or linear and the tail is one output, as in the paper's student, one kernel keeps z in
// registers while node after node is added, and only the outputs go to memory.
#include "cpu/fused/evaluation.h"
#include "cpu/fused/lanes.h"

namespace eigenstudent::cpu {
namespace {

/// Nodes added in one call of the sweep: their outputs and losses stay in the first-level cache.
constexpr std::size_t nodes_together = 64;

/// The arguments of a curve, and the matrices of one group of samples, in scratch.lanes.
template <class T>
struct Curve {
  const Context<T>& context;
  std::size_t above;  // the layer above the pruned one
  std::span<const std::uint32_t> removal_order;
  const Dataset& data;
  std::size_t total;
  std::span<double> losses;

  std::size_t lanes = 0;
  std::vector<T*> layer_outputs = {};  // of layer l - 1: [N_out][lanes]; the inputs first
  T* z_above = nullptr;                // [N_above][lanes]
  T* targets = nullptr;                // [N_out][lanes]
  T* outputs = nullptr;                // [nodes_together][lanes], of the sweep

  /// Of the k-th node that is added.
  std::size_t node(std::size_t k) const { return removal_order[removal_order.size() - 1 - k]; }
};

template <class T>
void lay_out(Curve<T>& curve) {
  const Context<T>& context = curve.context;
  const std::size_t lanes = usual_width(context.kernels), depth = context.depth();
  std::vector<std::size_t> place{0, context.network.inputs()};  // in rows of `lanes`
  for (std::size_t l = 0; l < depth; ++l) place.push_back(place.back() + context.layer(l).spec->outputs);
  place.push_back(place.back() + context.layer(curve.above).spec->outputs);
  place.push_back(place.back() + context.network.outputs());
  T* block = context.scratch.lanes.require((place.back() + nodes_together) * lanes);
  for (std::size_t l = 0; l <= depth; ++l) curve.layer_outputs.push_back(block + place[l] * lanes);
  curve.z_above = block + place[depth + 1] * lanes;
  curve.targets = block + place[depth + 2] * lanes;
  curve.outputs = block + place[depth + 3] * lanes;
  curve.lanes = lanes;
}

/// z += W[:, node] y[node] of the layer above.
template <class T>
void add_node(const Curve<T>& curve, std::size_t node) {
  const LayerPlan& plan = curve.context.layer(curve.above);
  const T* column =
      curve.context.weights_over_in(plan) + panel_position(plan.in, plan.spec->outputs, 0, node);
  const Panel& panel = plan.in.list[panel_index(plan.in, node)];
  const Segment<T> weights{column, static_cast<std::ptrdiff_t>(panel.width), 1, 1};
  OuterProduct<T> product{};
  product.rows = plan.spec->outputs;
  product.width = curve.lanes;
  product.segments = &weights;
  product.segment_count = 1;
  product.b = curve.layer_outputs[curve.above] + node * curve.lanes;
  product.c = curve.z_above;
  product.accumulate = true;
  product.epilogue = Epilogue::store;
  curve.context.kernels.outer_product(product);
}

/// The group's share of the loss for the present z of the layer above.
template <class T>
double loss_of_kept(const Curve<T>& curve, Batch samples) {
  const Context<T>& context = curve.context;
  const std::vector<T*>& y = curve.layer_outputs;
  const ChainLayer& spec = *context.layer(curve.above).spec;
  context.kernels.activate(spec.activation, curve.z_above, y[curve.above + 1], spec.outputs * curve.lanes);
  for (std::size_t l = curve.above + 1; l < context.depth(); ++l)
    forward_lanes(context, l, y[l], y[l + 1], y[l + 1], curve.lanes);
  return loss_of_lanes<T>(context, curve.data, samples, y[context.depth()], curve.targets, curve.lanes,
                          curve.total, nullptr);
}

/// Whether one output behind a relu or linear layer is all there is above.
template <class T>
bool can_sweep(const Curve<T>& curve) {
  const Activation f = curve.context.layer(curve.above).spec->activation;
  return curve.above + 2 == curve.context.depth() && curve.context.network.outputs() == 1 &&
         (f == Activation::relu || f == Activation::linear);
}

/// W of layer `above`, a row per node in the order in which nodes are added, and the one output's weights behind it.
template <class T>
void pack_sweep(const Curve<T>& curve) {
  const Context<T>& context = curve.context;
  const LayerPlan &plan = context.layer(curve.above), &last = context.layer(curve.above + 1);
  const std::size_t rows = plan.spec->outputs, nodes = curve.removal_order.size();
  T* to = context.scratch.curve_weights.require((nodes + 1) * rows);
  for (std::size_t k = 0; k < nodes; ++k)
    for (std::size_t i = 0; i < rows; ++i)
      to[k * rows + i] = context.weights_over_in(plan)[panel_position(plan.in, rows, i, curve.node(k))];
  for (std::size_t i = 0; i < rows; ++i)
    to[nodes * rows + i] = last.has_weights_over_in
                               ? context.weights_over_in(last)[panel_position(last.in, 1, 0, i)]
                               : context.weights_over_out(last)[panel_position(last.out, rows, i, 0)];
}

/// losses[k] for k from 1 up, all nodes in one call of the kernel.
template <class T>
void sweep(const Curve<T>& curve, Batch samples) {
  const Context<T>& context = curve.context;
  const LayerPlan& last = context.layer(curve.above + 1);
  const std::size_t rows = context.layer(curve.above).spec->outputs, nodes = curve.removal_order.size();
  const T* weights = context.scratch.curve_weights.get();
  const T* bias = context.bias(curve.above + 1);
  const T* y[nodes_together];
  for (std::size_t first = 0; first < nodes; first += nodes_together) {
    CurveSweep<T> sweep{};
    sweep.rows = rows;
    sweep.nodes = std::min(nodes_together, nodes - first);
    for (std::size_t k = 0; k < sweep.nodes; ++k)
      y[k] = curve.layer_outputs[curve.above] + curve.node(first + k) * curve.lanes;
    sweep.y = y;
    sweep.weights = weights + first * rows;
    sweep.next = weights + nodes * rows;
    sweep.bias = bias ? *bias : T(0);
    sweep.relu = context.layer(curve.above).spec->activation == Activation::relu;
    sweep.z = curve.z_above;
    sweep.out = curve.outputs;
    context.kernels.curve_sweep(sweep);
    context.kernels.activate(last.spec->activation, sweep.out, sweep.out, sweep.nodes * curve.lanes);
    for (std::size_t k = 0; k < sweep.nodes; ++k)
      curve.losses[first + k + 1] +=
          loss_of_lanes<T>(context, curve.data, samples, sweep.out + k * curve.lanes, curve.targets,
                           curve.lanes, curve.total, nullptr);
  }
}

}  // namespace

template <class T>
void pruning_losses(const Context<T>& context, std::size_t pruned,
                    std::span<const std::uint32_t> removal_order, const Dataset& data, Batch batch,
                    std::size_t total, std::span<double> losses) {
  Curve<T> curve{context, pruned + 1, removal_order, data, total, losses};
  lay_out(curve);
  const bool sweeps = can_sweep(curve);
  if (sweeps) pack_sweep(curve);
  const std::vector<T*>& y = curve.layer_outputs;
  const std::size_t above = curve.above, lanes = curve.lanes;
  for (std::size_t first = 0; first < batch.count; first += lanes) {
    const Batch samples = batch.part(first, lanes);
    gather_lanes(context, data, samples, lanes, y[0], curve.targets);
    for (std::size_t l = 0; l <= pruned; ++l) forward_lanes(context, l, y[l], y[l + 1], y[l + 1], lanes);
    if (!fill_bias(context, above, curve.z_above, lanes))
      std::fill_n(curve.z_above, context.layer(above).spec->outputs * lanes, T(0));
    losses[0] += loss_of_kept(curve, samples);
    if (sweeps) {
      sweep(curve, samples);
      continue;
    }
    for (std::size_t k = 0; k < removal_order.size(); ++k) {
      add_node(curve, curve.node(k));
      losses[k + 1] += loss_of_kept(curve, samples);
    }
  }
}

template void pruning_losses(const Context<float>&, std::size_t, std::span<const std::uint32_t>,
                             const Dataset&, Batch, std::size_t, std::span<double>);
template void pruning_losses(const Context<double>&, std::size_t, std::span<const std::uint32_t>,
                             const Dataset&, Batch, std::size_t, std::span<double>);

}  // namespace eigenstudent::cpu
