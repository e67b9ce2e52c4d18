// Wide students in a Workspace: their weights and gradients would each be as large as their parameters, so the weights are
// formed a few panels at a time where a product wants them, and a gradient is consumed by the optimiser as soon as 48 x 48 of
// it are there. Each number is computed once per step either way, and leaves the caches less often.
#include <algorithm>

#include "cpu/workspace.h"

namespace eigenstudent::cpu {

/// Room for what a thread forms at a time: the weights of an outer or of a dot product, and a square block of them.
template <class T>
void Workspace<T>::reserve_threads() {
  const std::size_t width = usual_width(kernels_);
  std::size_t panels = 1;
  for (const LayerPlan& plan : plan_->layers) panels = std::max({panels, plan.chunk, plan.dot_chunk});
  thread_scratch_size_ = (panels + 1) * width * width;
  thread_scratch_.require(parallel_.threads() * thread_scratch_size_);
}

/// Weights for an OuterProduct: [inner][lanes.width] for the panels `inner` of the other side.
template <class T>
const T* Workspace<T>::outer_weights(std::size_t l, bool over_out, const Panel& lanes, Range inner,
                                     unsigned thread) {
  const LayerPlan& plan = layer(l);
  const Panels& across = over_out ? plan.in : plan.out;
  const std::size_t from = across.list[inner.first].offset;
  const Panel& last = across.list[inner.end - 1];
  if (!plan_->wide || plan.weights_are_matrix(over_out))
    return (over_out ? weights_over_out(plan) : weights_over_in(plan)) + lanes.offset * across.columns +
           from * lanes.width;
  T* w = thread_scratch(thread);
  if (over_out == plan.wide_out) {
    form_block(l, lanes, {from, last.offset + last.columns}, w);
    return w;
  }
  T* block = w + thread_scratch_size_ - usual_width(kernels_) * usual_width(kernels_);
  for (std::size_t i = inner.first; i < inner.end; ++i) {
    const Panel& panel = across.list[i];
    const T* rows = parameters() + plan.matrix + panel.offset * plan.rows() + lanes.offset * panel.width;
    if (plan.spectral()) {
      form_block(l, panel, {lanes.offset, lanes.offset + lanes.columns}, block);
      rows = block;
    }
    kernels_.gather_transposed(
        {rows, panel.width, nullptr, 0, lanes.columns, w + (panel.offset - from) * lanes.width, lanes.width});
  }
  return w;
}

/// Weights for a DotProduct with the outputs of a panel, and the panels `inner` of the inputs.
template <class T>
typename Workspace<T>::DotWeights Workspace<T>::dot_weights(std::size_t l, const Panel& outputs, Range inner,
                                                            unsigned thread) {
  const LayerPlan& plan = layer(l);
  const std::size_t from = plan.in.list[inner.first].offset;
  if (!plan_->wide || plan.weights_are_matrix(false))
    return {weights_over_in(plan) + from * plan.spec->outputs, outputs.offset, plan.spec->outputs};
  T* w = thread_scratch(thread);
  for (std::size_t i = inner.first; i < inner.end; ++i) {
    const Panel& panel = plan.in.list[i];
    form_block(l, panel, {outputs.offset, outputs.offset + outputs.columns},
               w + (panel.offset - from) * outputs.columns);
  }
  return {w, 0, outputs.columns};
}

/// Backward from the deltas of the last layer, with the optimiser on the way. dL/dx of a layer is computed before its
/// parameters change. A step that has begun to be applied is applied to its end.
template <class T>
void Workspace<T>::update_backward(const Updating& updating) {
  const std::size_t rows = rows_at_hand_, lowest = lowest_trained(updating.mask);
  if (lowest == depth()) return;
  const ParallelLoop stoppable = parallel_;
  parallel_ = parallel_.unstoppable();
  differentiate_outputs(rows);
  for (std::size_t l = depth(); l-- > lowest;) {
    if (layer(l).bias != LayerPlan::npos) std::fill_n(bias_sums(l), layer(l).out.padded, T(0));
    for (const Panel& panel : layer(l).out.list)
      bias_gradient(l, panel, delta(l, panel, rows), rows, updating.mask);
    if (plan_->paired && l == 1) {
      update_pair(updating);
      break;
    }
    if (l > lowest) input_gradients_of_wide(l, rows);
    update_layer(l, updating);
  }
  parallel_ = stoppable;
}

/// The optimiser pass over a matrix whose gradient is computed strip by strip on the way.
template <class T>
void Workspace<T>::update_by_strips(std::size_t l, const MatrixPass& pass) {
  const LayerPlan& plan = layer(l);
  const std::size_t rows = rows_at_hand_;
  const std::vector<Panel>& strips = (plan.wide_out ? plan.in : plan.out).list;
  for_ranges(strips.size(), strips_together(rows), [&](Range range) {
    parallel_.each(plan.panels().list.size(), [&](std::size_t p, unsigned thread) {
      T* G = thread_scratch(thread);
      for (std::size_t s = range.first; s < range.end; ++s) {
        const Panel& strip = strips[s];
        const Panel& lanes = plan.panels().list[p];
        weight_gradient_strip(l, lanes, strip, along_lanes(l, lanes, rows), rows, false, G);
        update_rows(l, p, {strip.offset, strip.offset + strip.columns}, G, pass);
      }
    });
  });
}

#define ES_INSTANTIATE(T)                                                                                  \
  template void Workspace<T>::reserve_threads();                                                           \
  template const T* Workspace<T>::outer_weights(std::size_t, bool, const Panel&, Range, unsigned);         \
  template Workspace<T>::DotWeights Workspace<T>::dot_weights(std::size_t, const Panel&, Range, unsigned); \
  template void Workspace<T>::update_backward(const Updating&);                                            \
  template void Workspace<T>::update_by_strips(std::size_t, const MatrixPass&);
ES_INSTANTIATE(float)
ES_INSTANTIATE(double)
#undef ES_INSTANTIATE

}  // namespace eigenstudent::cpu
