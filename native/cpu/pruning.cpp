// The pruning curve of a Workspace: the error for every number of kept nodes in one sweep.
//
// A removed node outputs 0, so z of the layer above is its bias plus the contributions of the kept nodes. Starting from
// none kept, each node adds one rank-one term to z, [N_above][B], and the layers from there on are run again. Cost of
// the curve of h nodes on B samples: one forward pass up to the layer, then h (N_above + tail) multiply-adds per sample,
// where `tail` is what the layers behind the layer above cost: for h -> 20 -> 1 about as much as two forward passes, for
// a deep tail h tails.
//
// The tail is short and wide in samples, so the lanes run along the samples (lanes.cpp), a group of `lanes` at a time.
// Where the layer above is relu or linear and the tail is one output, as in the paper's student, one kernel keeps z in
// registers while node after node is added, and only the outputs go to memory.
#include <algorithm>

#include "cpu/workspace.h"

namespace eigenstudent::cpu {
namespace {

/// Nodes added in one call of the sweep: their outputs and losses stay in the first-level cache.
constexpr std::size_t nodes_together = 64;

}  // namespace

/// The buffers of one group of samples, in `lanes_`.
template <class T>
struct Workspace<T>::CurveGroup {
  std::vector<T*> layer_outputs;  // of layer l - 1: [N_out][lanes]; the inputs first
  T* z_above;                     // [N_above][lanes]
  T* targets;                     // [N_out][lanes]
  T* outputs;                     // [nodes_together][lanes], of the sweep
  std::size_t lanes;
};

template <class T>
typename Workspace<T>::CurveGroup Workspace<T>::curve_group(std::size_t above) {
  const std::size_t lanes = usual_width(kernels_);
  std::vector<std::size_t> place{0, student_->network().inputs()};  // in rows of `lanes`
  for (std::size_t l = 0; l < depth(); ++l) place.push_back(place.back() + layer(l).spec->outputs);
  place.push_back(place.back() + layer(above).spec->outputs);
  place.push_back(place.back() + student_->network().outputs());
  T* block = lanes_.require((place.back() + nodes_together) * lanes);
  CurveGroup group;
  for (std::size_t l = 0; l <= depth(); ++l) group.layer_outputs.push_back(block + place[l] * lanes);
  group.z_above = block + place[depth() + 1] * lanes;
  group.targets = block + place[depth() + 2] * lanes;
  group.outputs = block + place[depth() + 3] * lanes;
  group.lanes = lanes;
  return group;
}

/// z += W[:, node] y[node]: z of layer l, [N_out][lanes], y the node's outputs, [lanes].
template <class T>
void Workspace<T>::add_node(std::size_t l, std::size_t node, const T* y, T* z, std::size_t lanes) {
  const LayerPlan& plan = layer(l);
  const T* column = weights_over_in(plan) + panel_position(plan.in, plan.spec->outputs, 0, node);
  const Panel& panel = plan.in.list[panel_index(plan.in, node)];
  const Segment<T> weights{column, static_cast<std::ptrdiff_t>(panel.width), 1, 1};
  OuterProduct<T> product{};
  product.rows = plan.spec->outputs;
  product.width = lanes;
  product.segments = &weights;
  product.segment_count = 1;
  product.b = y;
  product.c = z;
  product.accumulate = true;
  product.epilogue = Epilogue::store;
  kernels_.outer_product(product);
}

/// The group's share of the loss with the z of the layer above at hand.
template <class T>
double Workspace<T>::curve_loss(std::size_t above, const CurveGroup& group, const Dataset& data,
                                Batch samples, std::size_t total) {
  const ChainLayer& spec = *layer(above).spec;
  kernels_.activate(spec.activation, group.z_above, group.layer_outputs[above + 1],
                    spec.outputs * group.lanes);
  for (std::size_t l = above + 1; l < depth(); ++l)
    forward_lanes(l, group.layer_outputs[l], group.layer_outputs[l + 1], group.layer_outputs[l + 1],
                  group.lanes);
  return loss_of_lanes(data, samples, group.layer_outputs[depth()], group.targets, group.lanes, total,
                       nullptr);
}

/// Whether one output behind a relu or linear layer is all there is above.
template <class T>
bool Workspace<T>::curve_sweeps(std::size_t above) const {
  const Activation f = layer(above).spec->activation;
  return above + 2 == depth() && student_->network().outputs() == 1 &&
         (f == Activation::relu || f == Activation::linear);
}

/// W of layer `above`, a row a node in the order in which nodes are added, and the one output's weights behind it.
template <class T>
void Workspace<T>::pack_sweep(std::size_t above, std::span<const std::uint32_t> removal_order) {
  const LayerPlan& plan = layer(above);
  const std::size_t rows = plan.spec->outputs, nodes = removal_order.size();
  T* to = curve_weights_.require((nodes + 1) * rows);
  for (std::size_t k = 0; k < nodes; ++k) {
    const std::size_t node = removal_order[nodes - 1 - k];
    for (std::size_t i = 0; i < rows; ++i)
      to[k * rows + i] = weights_over_in(plan)[panel_position(plan.in, rows, i, node)];
  }
  const LayerPlan& last = layer(above + 1);
  for (std::size_t i = 0; i < rows; ++i)
    to[nodes * rows + i] = last.has_weights_over_in
                               ? weights_over_in(last)[panel_position(last.in, 1, 0, i)]
                               : weights_over_out(last)[panel_position(last.out, rows, i, 0)];
}

/// losses[k] for k from 1 up, all nodes in one go.
template <class T>
void Workspace<T>::sweep_curve(std::size_t above, const CurveGroup& group,
                               std::span<const std::uint32_t> removal_order, const Dataset& data,
                               Batch samples, std::size_t total, std::span<double> losses) {
  const LayerPlan& last = layer(above + 1);
  const std::size_t rows = layer(above).spec->outputs, nodes = removal_order.size(), lanes = group.lanes;
  const T* y[nodes_together];
  for (std::size_t first = 0; first < nodes; first += nodes_together) {
    CurveSweep<T> sweep{};
    sweep.rows = rows;
    sweep.nodes = std::min(nodes_together, nodes - first);
    for (std::size_t k = 0; k < sweep.nodes; ++k)
      y[k] = group.layer_outputs[above] + removal_order[nodes - 1 - first - k] * lanes;
    sweep.y = y;
    sweep.weights = curve_weights_.get() + first * rows;
    sweep.next = curve_weights_.get() + nodes * rows;
    sweep.bias = last.bias == LayerPlan::npos ? T(0) : parameters()[last.bias];
    sweep.relu = layer(above).spec->activation == Activation::relu;
    sweep.z = group.z_above;
    sweep.out = group.outputs;
    kernels_.curve_sweep(sweep);
    kernels_.activate(last.spec->activation, sweep.out, sweep.out, sweep.nodes * lanes);
    for (std::size_t k = 0; k < sweep.nodes; ++k)
      losses[first + k + 1] +=
          loss_of_lanes(data, samples, sweep.out + k * lanes, group.targets, lanes, total, nullptr);
  }
}

template <class T>
void Workspace<T>::pruning_losses(std::size_t pruned, std::span<const std::uint32_t> removal_order,
                                  const Dataset& data, Batch batch, std::size_t total,
                                  std::span<double> losses) {
  const std::size_t above = pruned + 1, nodes = removal_order.size();
  if (plan_->wide) form_all_weights();
  const CurveGroup group = curve_group(above);
  const std::size_t lanes = group.lanes;
  if (curve_sweeps(above)) pack_sweep(above, removal_order);
  for (std::size_t first = 0; first < batch.count; first += lanes) {
    const Batch samples{batch.order, batch.first + first, std::min(lanes, batch.count - first)};
    gather_lanes(data, samples, lanes, group.layer_outputs[0], group.targets);
    for (std::size_t l = 0; l <= pruned; ++l)
      forward_lanes(l, group.layer_outputs[l], group.layer_outputs[l + 1], group.layer_outputs[l + 1], lanes);
    if (!fill_bias(above, group.z_above, lanes))
      std::fill_n(group.z_above, layer(above).spec->outputs * lanes, T(0));
    losses[0] += curve_loss(above, group, data, samples, total);
    if (curve_sweeps(above)) {
      sweep_curve(above, group, removal_order, data, samples, total, losses);
      continue;
    }
    for (std::size_t kept = 1; kept <= nodes; ++kept) {
      const std::size_t node = removal_order[nodes - kept];
      add_node(above, node, group.layer_outputs[above] + node * lanes, group.z_above, lanes);
      losses[kept] += curve_loss(above, group, data, samples, total);
    }
  }
}

#define ES_INSTANTIATE(T)                                                                                 \
  template Workspace<T>::CurveGroup Workspace<T>::curve_group(std::size_t);                               \
  template void Workspace<T>::add_node(std::size_t, std::size_t, const T*, T*, std::size_t);              \
  template double Workspace<T>::curve_loss(std::size_t, const CurveGroup&, const Dataset&, Batch,         \
                                           std::size_t);                                                  \
  template bool Workspace<T>::curve_sweeps(std::size_t) const;                                            \
  template void Workspace<T>::pack_sweep(std::size_t, std::span<const std::uint32_t>);                    \
  template void Workspace<T>::sweep_curve(std::size_t, const CurveGroup&, std::span<const std::uint32_t>, \
                                          const Dataset&, Batch, std::size_t, std::span<double>);         \
  template void Workspace<T>::pruning_losses(std::size_t, std::span<const std::uint32_t>, const Dataset&, \
                                             Batch, std::size_t, std::span<double>);
ES_INSTANTIATE(float)
ES_INSTANTIATE(double)
#undef ES_INSTANTIATE

}  // namespace eigenstudent::cpu
