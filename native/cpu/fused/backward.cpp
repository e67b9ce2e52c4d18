#include "cpu/fused/backward.h"

#include "cpu/fused/pair.h"

namespace eigenstudent::cpu {
namespace {

/// dL/dW in one panel of lanes, for a range of strips.
template <class T>
void weight_gradients(const Backward<T>& pass, std::size_t l, std::size_t panel, Range strips) {
  const LayerPlan& plan = pass.context.layer(l);
  const Panel& lanes = plan.panels().list[panel];
  T* G = pass.gradients.block.get() + plan.matrix + lanes.offset * plan.rows();
  for (std::size_t s = strips.first; s < strips.end; ++s) {
    const Panel& strip = plan.strips().list[s];
    weight_gradient(pass, l, lanes, strip, along_lanes(pass.activations, l, lanes),
                    G + strip.offset * lanes.width);
  }
}

/// The gradients of layer 0 from one panel of its dL/dz, before the next panel overwrites it.
template <class T>
void first_layer_gradients(const Backward<T>& pass, std::size_t panel) {
  const LayerPlan& plan = pass.context.layer(0);
  const Panel& nodes = plan.out.list[panel];
  bias_gradient(pass, 0, nodes, pass.activations.delta(0, nodes));
  if (plan.trains_weights(pass.mask)) weight_gradients(pass, 0, panel, {0, plan.in.list.size()});
}

/// dL/dW of layer l and dL/dz of the layer below, shared by threads: range by range, so that the data that
/// all panels of a range read stay in the second-level cache.
template <class T>
void backward_wide(const Backward<T>& pass, std::size_t l, bool below) {
  const LayerPlan& plan = pass.context.layer(l);
  if (plan.trains_weights(pass.mask))
    for_ranges(plan.strips().list.size(), strips_together(pass), [&](Range range) {
      pass.context.parallel.each_until_stopped(
          plan.panels().list.size(), [&](std::size_t p, unsigned) { weight_gradients(pass, l, p, range); });
    });
  if (below) input_gradients(pass, l);
}

/// The same of a narrow layer: panel by panel through both, so that a panel of y and of delta is still in the first-level cache
/// when the next product reads it.
template <class T>
void backward_narrow(const Backward<T>& pass, std::size_t l, bool below) {
  const LayerPlan& plan = pass.context.layer(l);
  std::vector<Segment<T>>& segments = pass.context.scratch.segments;
  const std::size_t weight_panels = plan.trains_weights(pass.mask) ? plan.panels().list.size() : 0;
  const std::size_t input_panels = below ? plan.in.list.size() : 0;
  segments_of(plan.out, pass.activations.delta(l), pass.activations.rows, segments);
  for (std::size_t panel = 0; panel < std::max(weight_panels, input_panels); ++panel) {
    if (panel < weight_panels) weight_gradients(pass, l, panel, {0, plan.strips().list.size()});
    if (panel >= input_panels) continue;
    const Panel& lanes = plan.in.list[panel];
    input_gradient(pass, l, lanes, pass.activations.nodes(l - 1, lanes), {0, segments.size()}, 0);
    if (pass.context.layer(l - 1).delta_by_panel) first_layer_gradients(pass, panel);
  }
}

}  // namespace

template <class T>
void input_gradients(const Backward<T>& pass, std::size_t l) {
  const LayerPlan& plan = pass.context.layer(l);
  std::vector<Segment<T>>& segments = pass.context.scratch.segments;
  segments_of(plan.out, pass.activations.delta(l), pass.activations.rows, segments);
  for_ranges(segments.size(), plan.chunk, [&](Range range) {
    pass.context.parallel.each_until_stopped(plan.in.list.size(), [&](std::size_t p, unsigned thread) {
      const Panel& lanes = plan.in.list[p];
      input_gradient(pass, l, lanes, pass.activations.nodes(l - 1, lanes), range, thread);
    });
  });
}

template <class T>
void backward_block(const Backward<T>& pass) {
  const Plan& plan = pass.context.plan;
  const std::size_t lowest = plan.lowest_trained(pass.mask);
  if (lowest == plan.layers.size()) return;
  for (std::size_t l = plan.layers.size() - 1;; --l) {
    for (const Panel& panel : plan.layers[l].out.list)
      bias_gradient(pass, l, panel, pass.activations.delta(l, panel));
    if (plan.paired && l == 1) return backward_pair(pass);
    const bool below = l > lowest;
    plan.wide ? backward_wide(pass, l, below) : backward_narrow(pass, l, below);
    if (!below || plan.layers[l - 1].delta_by_panel) break;  // the first layer's gradients are complete
  }
}

#define ES_INSTANTIATE(T)                           \
  template void backward_block(const Backward<T>&); \
  template void input_gradients(const Backward<T>&, std::size_t);
ES_INSTANTIATE(float)
ES_INSTANTIATE(double)
#undef ES_INSTANTIATE

}  // namespace eigenstudent::cpu
