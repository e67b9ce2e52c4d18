// Backward passes of a Workspace: from dL/dy of the last layer to dL/dW of every layer that trains.
#include <algorithm>

#include "cpu/workspace.h"

namespace eigenstudent::cpu {

template <class T>
double Workspace<T>::accumulate_gradients(const Dataset& data, Batch batch, std::uint8_t mask) {
  double loss = 0;
  if (updates_backward_) {
    rows_at_hand_ = batch.count;
    gather(data, batch, 0, batch.count);
    forward_block(0, batch.count);
    return loss_of_block(data, batch, 0, batch.count, batch.count, true).loss;
  }
  for (std::size_t l = 0; l < depth(); ++l)
    if (layer(l).bias != LayerPlan::npos)
      std::fill_n(gradients_.get() + layer(l).bias, layer(l).out.padded, T(0));
  if (along_samples_) return accumulate_lanes(data, batch, mask);
  for (std::size_t first = 0; first < batch.count; first += rows_) {
    if (parallel_.stopped()) break;  // a full batch of 10 000 samples is 0.1 s of a narrow student
    const std::size_t rows = std::min(rows_, batch.count - first);
    gather(data, batch, first, rows);
    forward_block(0, rows);
    loss += loss_of_block(data, batch, first, rows, batch.count, true).loss;
    backward_block(rows, first == 0, mask);
  }
  return loss;
}

/// dL/dW in one panel of lanes, for a range of strips of the layer's shorter side.
template <class T>
void Workspace<T>::weight_gradient(std::size_t l, std::size_t panel, Range strips, std::size_t rows,
                                   bool first_block) {
  const LayerPlan& plan = layer(l);
  const Panel& lanes = plan.panels().list[panel];
  T* G = gradients_.get() + plan.matrix + lanes.offset * plan.rows();
  for (std::size_t s = strips.first; s < strips.end; ++s) {
    const Panel& strip = (plan.wide_out ? plan.in : plan.out).list[s];
    weight_gradient_strip(l, lanes, strip, along_lanes(l, lanes, rows), rows, !first_block,
                          G + strip.offset * lanes.width);
  }
}

/// G: [strip.columns][lanes.width]. The batch is the inner dimension.
template <class T>
void Workspace<T>::weight_gradient_strip(std::size_t l, const Panel& lanes, const Panel& strip,
                                         const T* along, std::size_t rows, bool accumulate, T* G) {
  const LayerPlan& plan = layer(l);
  const T* across = plan.wide_out ? input(l, rows) : delta(l, rows);
  const Segment<T> batch{across + strip.offset * rows, 1, static_cast<std::ptrdiff_t>(strip.width), rows};
  OuterProduct<T> product{};
  product.rows = strip.columns;
  product.width = lanes.width;
  product.segments = &batch;
  product.segment_count = 1;
  product.b = along;
  product.c = G;
  product.accumulate = accumulate;
  product.epilogue = Epilogue::store;
  kernels_.outer_product(product);
}

/// delta_l W_l in one panel, for a range of the inner dimension (segments_ holds delta_l); times f' after the
/// last one.
template <class T>
void Workspace<T>::input_gradient(std::size_t l, const Panel& lanes, const Nodes& below, Range chunk,
                                  std::size_t rows, unsigned thread) {
  const Activation activation = layer(l - 1).spec->activation;
  const bool last = chunk.end == segments_.size();
  OuterProduct<T> product{};
  product.rows = rows;
  product.width = lanes.width;
  product.segments = segments_.data() + chunk.first;
  product.segment_count = chunk.end - chunk.first;
  product.b = outer_weights(l, false, lanes, chunk, thread);
  product.c = below.delta;
  product.y = below.y;
  product.accumulate = chunk.first > 0;
  product.epilogue = last ? mask_of(activation) : Epilogue::store;
  kernels_.outer_product(product);
  if (last && product.epilogue == Epilogue::store && activation != Activation::linear)
    kernels_.activation_backward(activation, below.z, below.y, below.delta, rows * lanes.width);
}

template <class T>
void Workspace<T>::bias_gradient(std::size_t l, const Panel& panel, const T* delta, std::size_t rows,
                                 std::uint8_t mask) {
  if (!trains(l, TensorRole::bias, mask)) return;
  kernels_.column_sums(delta, rows, panel.width, bias_sums(l) + panel.offset);
}

/// What layer 0 needs of one panel of its dL/dz, before the next panel takes its place.
template <class T>
void Workspace<T>::first_layer_gradients(std::size_t panel, std::size_t rows, bool first_block,
                                         std::uint8_t mask) {
  const LayerPlan& plan = layer(0);
  bias_gradient(0, plan.out.list[panel], delta(0, plan.out.list[panel], rows), rows, mask);
  if (needs_weight_gradient(0, mask)) weight_gradient(0, panel, {0, plan.in.list.size()}, rows, first_block);
}

/// dL/dW of layer l and dL/dz of the layer below. A narrow layer goes panel by panel through both, so that a
/// panel of y and of delta is still in the first-level cache when the next product reads it. A wide one,
/// shared by threads, goes range by range, so that what all its panels read stays in the second-level cache.
template <class T>
void Workspace<T>::backward_layer(std::size_t l, std::uint8_t mask, bool below, std::size_t rows,
                                  bool first_block) {
  const LayerPlan& plan = layer(l);
  const bool weights = needs_weight_gradient(l, mask);
  const std::size_t strips = (plan.wide_out ? plan.in : plan.out).list.size();
  const std::size_t weight_panels = weights ? plan.panels().list.size() : 0;
  const std::size_t input_panels = below ? plan.in.list.size() : 0;
  if (plan_->wide) {
    if (weights)
      for_ranges(strips, strips_together(rows), [&](Range range) {
        parallel_.each_until_stopped(
            weight_panels, [&](std::size_t p, unsigned) { weight_gradient(l, p, range, rows, first_block); });
      });
    if (below) input_gradients_of_wide(l, rows);
    return;
  }
  segments_of(plan.out, delta(l, rows), rows, segments_);
  for (std::size_t panel = 0; panel < std::max(weight_panels, input_panels); ++panel) {
    if (panel < weight_panels) weight_gradient(l, panel, {0, strips}, rows, first_block);
    if (panel >= input_panels) continue;
    const Panel& lanes = plan.in.list[panel];
    input_gradient(l, lanes, nodes(l - 1, lanes, rows), {0, segments_.size()}, rows, 0);
    if (layer(l - 1).delta_by_panel) first_layer_gradients(panel, rows, first_block, mask);
  }
}

/// As many as the second-level cache holds of what all panels read.
template <class T>
std::size_t Workspace<T>::strips_together(std::size_t rows) const {
  return std::max<std::size_t>(1, 400 * 1024 / (usual_width(kernels_) * rows * sizeof(T)));
}

/// dL/dz of the layer below, range by range of the inner dimension.
template <class T>
void Workspace<T>::input_gradients_of_wide(std::size_t l, std::size_t rows) {
  const LayerPlan& plan = layer(l);
  segments_of(plan.out, delta(l, rows), rows, segments_);
  for_ranges(segments_.size(), plan.chunk, [&](Range range) {
    parallel_.each_until_stopped(plan.in.list.size(), [&](std::size_t p, unsigned thread) {
      const Panel& lanes = plan.in.list[p];
      input_gradient(l, lanes, nodes(l - 1, lanes, rows), range, rows, thread);
    });
  });
}

/// dL/dz of the last layer from dL/dy.
template <class T>
void Workspace<T>::differentiate_outputs(std::size_t rows) {
  const std::size_t top = depth() - 1;
  const LayerPlan& last = layer(top);
  if (last.spec->activation != Activation::linear)
    kernels_.activation_backward(last.spec->activation, z(top, rows), y(top, rows), delta(top, rows),
                                 rows * last.out.padded);
}

template <class T>
void Workspace<T>::backward_block(std::size_t rows, bool first_block, std::uint8_t mask) {
  const std::size_t lowest = lowest_trained(mask);
  if (lowest == depth()) return;
  differentiate_outputs(rows);
  for (std::size_t l = depth() - 1;; --l) {
    for (const Panel& panel : layer(l).out.list) bias_gradient(l, panel, delta(l, panel, rows), rows, mask);
    if (plan_->paired && l == 1) return backward_pair(rows, first_block, mask, nullptr);
    const bool below = l > lowest;
    backward_layer(l, mask, below, rows, first_block);
    if (!below || layer(l - 1).delta_by_panel) break;  // the first layer's gradients are complete
  }
}

#define ES_INSTANTIATE(T)                                                                                    \
  template double Workspace<T>::accumulate_gradients(const Dataset&, Batch, std::uint8_t);                   \
  template void Workspace<T>::weight_gradient(std::size_t, std::size_t, Range, std::size_t, bool);           \
  template void Workspace<T>::weight_gradient_strip(std::size_t, const Panel&, const Panel&, const T*,       \
                                                    std::size_t, bool, T*);                                  \
  template void Workspace<T>::input_gradient(std::size_t, const Panel&, const Nodes&, Range, std::size_t,    \
                                             unsigned);                                                      \
  template void Workspace<T>::input_gradients_of_wide(std::size_t, std::size_t);                             \
  template std::size_t Workspace<T>::strips_together(std::size_t) const;                                     \
  template void Workspace<T>::differentiate_outputs(std::size_t);                                            \
  template void Workspace<T>::bias_gradient(std::size_t, const Panel&, const T*, std::size_t, std::uint8_t); \
  template void Workspace<T>::first_layer_gradients(std::size_t, std::size_t, bool, std::uint8_t);           \
  template void Workspace<T>::backward_layer(std::size_t, std::uint8_t, bool, std::size_t, bool);            \
  template void Workspace<T>::backward_block(std::size_t, bool, std::uint8_t);
ES_INSTANTIATE(float)
ES_INSTANTIATE(double)
#undef ES_INSTANTIATE

}  // namespace eigenstudent::cpu
