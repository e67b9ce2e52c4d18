// The pruning curve of a Workspace: the error for every number of kept nodes in one sweep.
//
// A removed node answers 0, so z of the layer above is its bias plus the contributions of the kept nodes. Starting from
// none kept, each node adds one rank-one term to z, [N_above][B], and the layers from there on are run again. Cost of
// the curve of h nodes on B samples: one forward pass up to the layer, then h (N_above + tail) multiply-adds a sample,
// where `tail` is what the layers behind the layer above cost: for h -> 20 -> 1 about as much as two forward passes, for
// a deep tail h tails.
//
// The tail is short and wide in samples, so here the lanes run along the samples: matrices are [nodes][lanes], a group
// of `lanes` samples at a time, and weights are the broadcast side of the product.
#include <algorithm>

#include "cpu/workspace.h"

namespace eigenstudent::cpu {

/// z += W[:, node] y[node]: z of layer l, [N_out][lanes], y the node's answers, [lanes].
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

template <class T>
void Workspace<T>::pruning_losses(std::size_t pruned, std::span<const std::uint32_t> removal_order,
                                  const Dataset& data, Batch batch, std::size_t total,
                                  std::span<double> losses) {
  const std::size_t lanes = usual_width(kernels_);
  const std::size_t above = pruned + 1, nodes = removal_order.size();
  // Where each layer's answers begin, in rows of `lanes`; then z of the layer above, then the targets.
  std::vector<std::size_t> place{network_->inputs()};
  for (std::size_t l = 0; l < depth(); ++l) place.push_back(place.back() + layer(l).spec->outputs);
  const std::size_t target_place = place.back() + layer(above).spec->outputs;
  T* block = lanes_.require((target_place + network_->outputs()) * lanes);
  const auto answers = [&](std::size_t l) { return block + place[l] * lanes; };
  T* z_above = block + place.back() * lanes;
  T* targets = block + target_place * lanes;
  for (std::size_t first = 0; first < batch.count; first += lanes) {
    const Batch group{batch.order, batch.first + first, std::min(lanes, batch.count - first)};
    gather_lanes(data, group, lanes, block, targets);
    for (std::size_t l = 0; l <= pruned; ++l)
      forward_lanes(l, l == 0 ? block : answers(l - 1), answers(l), answers(l), lanes);
    if (!fill_bias(above, z_above, lanes)) std::fill_n(z_above, layer(above).spec->outputs * lanes, T(0));
    for (std::size_t kept = 0; kept <= nodes; ++kept) {
      if (kept > 0) {
        const std::size_t node = removal_order[nodes - kept];
        add_node(above, node, answers(pruned) + node * lanes, z_above, lanes);
      }
      kernels_.activate(layer(above).spec->activation, z_above, answers(above),
                        layer(above).spec->outputs * lanes);
      for (std::size_t l = above + 1; l < depth(); ++l)
        forward_lanes(l, answers(l - 1), answers(l), answers(l), lanes);
      losses[kept] += loss_of_lanes(data, group, answers(depth() - 1), targets, lanes, total, nullptr);
    }
  }
}

#define ES_INSTANTIATE(T)                                                                                 \
  template void Workspace<T>::add_node(std::size_t, std::size_t, const T*, T*, std::size_t);              \
  template void Workspace<T>::pruning_losses(std::size_t, std::span<const std::uint32_t>, const Dataset&, \
                                             Batch, std::size_t, std::span<double>);
ES_INSTANTIATE(float)
ES_INSTANTIATE(double)
#undef ES_INSTANTIATE

}  // namespace eigenstudent::cpu
