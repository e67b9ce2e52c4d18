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

#include "core/loss.h"
#include "cpu/workspace.h"

namespace eigenstudent::cpu {

/// x, and targets where there are any, of a group of samples: [N_0][lanes] and [N_out][lanes]. Lanes past the last
/// sample are zero.
template <class T>
void Workspace<T>::gather_lanes(const Dataset& data, Batch group, std::size_t lanes) {
  const Samples<T>& samples = data.as<T>();
  const auto transpose = [&](const std::vector<T>& values, std::size_t count, T* to) {
    std::fill_n(to, count * lanes, T(0));
    for (std::size_t r = 0; r < group.count; ++r)
      for (std::size_t j = 0; j < count; ++j) to[j * lanes + r] = values[group.sample(r) * count + j];
  };
  transpose(samples.inputs, data.input_count, lanes_.get());
  if (!samples.targets.empty())
    transpose(samples.targets, data.target_count, lanes_.get() + lanes * target_lanes_);
}

/// z of layer l, [N_out][lanes], from x, [N_in][lanes].
template <class T>
void Workspace<T>::forward_lanes(std::size_t l, const T* x, T* z, std::size_t lanes) {
  const LayerPlan& plan = layer(l);
  const std::size_t inputs = plan.spec->inputs, outputs = plan.spec->outputs;
  OuterProduct<T> product{};
  product.width = lanes;
  product.b = x;
  product.accumulate = fill_bias(l, z, lanes);
  product.epilogue = Epilogue::store;
  if (plan.has_weights_over_in) {
    segments_of(plan.in, weights_over_in(plan), outputs, segments_);
    product.rows = outputs;
    product.segments = segments_.data();
    product.segment_count = segments_.size();
    product.c = z;
    kernels_.outer_product(product);
    return;
  }
  for (const Panel& panel : plan.out.list) {  // a first layer that widens keeps W transposed only
    const Segment<T> weights{weights_over_out(plan) + panel.offset * inputs, 1,
                             static_cast<std::ptrdiff_t>(panel.width), inputs};
    product.rows = panel.columns;
    product.segments = &weights;
    product.segment_count = 1;
    product.c = z + panel.offset * lanes;
    kernels_.outer_product(product);
  }
}

/// Every lane of z starts from the bias; without one z is left alone. Returns whether there is one.
template <class T>
bool Workspace<T>::fill_bias(std::size_t l, T* z, std::size_t lanes) const {
  const LayerPlan& plan = layer(l);
  if (plan.bias == LayerPlan::npos) return false;
  for (std::size_t i = 0; i < plan.spec->outputs; ++i)
    std::fill_n(z + i * lanes, lanes, parameters_.get()[plan.bias + i]);
  return true;
}

/// z += W[:, node] y[node]: z of layer l, [N_out][lanes], y the node's answers, [lanes].
template <class T>
void Workspace<T>::add_node(std::size_t l, std::size_t node, const T* y, T* z, std::size_t lanes) {
  const LayerPlan& plan = layer(l);
  const T* column =
      weights_over_in(plan) + panel_position(plan.in, plan.spec->outputs, 0, node);
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

/// The group's share of the loss at the outputs y, [N_out][lanes].
template <class T>
double Workspace<T>::loss_of_lanes(const Dataset& data, Batch group, const T* y, std::size_t lanes,
                                   std::size_t total) {
  const std::size_t outputs = network_->outputs();
  double loss = 0;
  if (network_->loss == LossKind::mse) {
    const T* targets = lanes_.get() + lanes * target_lanes_;
    for (std::size_t i = 0; i < outputs; ++i)
      loss += kernels_.squared_error(y + i * lanes, targets + i * lanes, group.count);
    return loss / (static_cast<double>(total) * static_cast<double>(outputs));
  }
  for (std::size_t r = 0; r < group.count; ++r) {
    for (std::size_t i = 0; i < outputs; ++i) sample_y_.get()[i] = y[i * lanes + r];
    loss += cross_entropy_sample<T>(sample_y_.get(), data.as<T>().classes[group.sample(r)], outputs, total,
                                    nullptr);
  }
  return loss;
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
  target_lanes_ = place.back() + layer(above).spec->outputs;
  T* block = lanes_.require((target_lanes_ + network_->outputs()) * lanes);
  const auto answers = [&](std::size_t l) { return block + place[l] * lanes; };
  T* z_above = block + place.back() * lanes;
  const auto apply = [&](std::size_t l, const T* z) {
    kernels_.activate(layer(l).spec->activation, z, answers(l), layer(l).spec->outputs * lanes);
  };
  for (std::size_t first = 0; first < batch.count; first += lanes) {
    const Batch group{batch.order, batch.first + first, std::min(lanes, batch.count - first)};
    gather_lanes(data, group, lanes);
    for (std::size_t l = 0; l <= pruned; ++l) {
      forward_lanes(l, l == 0 ? block : answers(l - 1), answers(l), lanes);
      apply(l, answers(l));
    }
    if (!fill_bias(above, z_above, lanes)) std::fill_n(z_above, layer(above).spec->outputs * lanes, T(0));
    for (std::size_t kept = 0; kept <= nodes; ++kept) {
      if (kept > 0) {
        const std::size_t node = removal_order[nodes - kept];
        add_node(above, node, answers(pruned) + node * lanes, z_above, lanes);
      }
      apply(above, z_above);
      for (std::size_t l = above + 1; l < depth(); ++l) {
        forward_lanes(l, answers(l - 1), answers(l), lanes);
        if (layer(l).spec->activation != Activation::linear) apply(l, answers(l));
      }
      losses[kept] += loss_of_lanes(data, group, answers(depth() - 1), lanes, total);
    }
  }
}

#define ES_INSTANTIATE(T)                                                                                 \
  template void Workspace<T>::gather_lanes(const Dataset&, Batch, std::size_t);                           \
  template void Workspace<T>::forward_lanes(std::size_t, const T*, T*, std::size_t);                      \
  template bool Workspace<T>::fill_bias(std::size_t, T*, std::size_t) const;                              \
  template void Workspace<T>::add_node(std::size_t, std::size_t, const T*, T*, std::size_t);              \
  template double Workspace<T>::loss_of_lanes(const Dataset&, Batch, const T*, std::size_t, std::size_t); \
  template void Workspace<T>::pruning_losses(std::size_t, std::span<const std::uint32_t>, const Dataset&, \
                                             Batch, std::size_t, std::span<double>);
ES_INSTANTIATE(float)
ES_INSTANTIATE(double)
#undef ES_INSTANTIATE

}  // namespace eigenstudent::cpu
