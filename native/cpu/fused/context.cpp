// Weights from phi and the eigenvalues. Those of a wide student would be as large as its parameters, so they are formed a few
// panels at a time where a product needs them: each once per step either way, with fewer cache misses.
#include "cpu/fused/context.h"

#include <algorithm>

namespace eigenstudent::cpu {
namespace {

/// W from rows of a panel of phi.
template <class T>
void form_block(const Context<T>& context, const LayerPlan& plan, const Panel& panel, Range rows, T* w) {
  const T* block = context.parameters();
  FormWeights<T> form{};
  form.rows = rows.end - rows.first;
  form.width = panel.width;
  form.phi = block + plan.matrix + panel.offset * plan.rows() + rows.first * panel.width;
  form.w = w;
  form.row_eigenvalues = block + plan.row_eigenvalues() + rows.first;
  form.column_eigenvalues = block + plan.column_eigenvalues() + panel.offset;
  form.sign = plan.gap_sign<T>();
  context.kernels.form_weights(form);
}

/// The weights along the other side of the layer, from those along the lanes of phi.
template <class T>
void transpose_weights(const Context<T>& context, const LayerPlan& plan) {
  const Panels& from = plan.panels();
  const Panels& to = plan.wide_out ? plan.in : plan.out;
  const std::size_t from_rows = plan.rows(), to_rows = from.columns;
  const T* source = plan.wide_out ? context.weights_over_out(plan) : context.weights_over_in(plan);
  T* target = context.weights.block.get() + (plan.wide_out ? plan.weights_over_in : plan.weights_over_out);
  context.parallel.each(to.list.size(), [&](std::size_t p, unsigned) {
    const Panel& t = to.list[p];
    T* block = target + t.offset * to_rows;
    for (const Panel& f : from.list) {
      const T* panel = source + f.offset * from_rows + t.offset * f.width;
      if (f.columns == f.width) {
        context.kernels.gather_transposed(
            {panel, f.width, nullptr, 0, t.columns, block + f.offset * t.width, t.width});
        continue;
      }
      for (std::size_t c = 0; c < f.columns; ++c)
        for (std::size_t r = 0; r < t.columns; ++r)
          block[(f.offset + c) * t.width + r] = panel[r * f.width + c];
    }
  });
}

}  // namespace

/// Along the lanes of phi; then the transpose where a product needs it.
template <class T>
void form_layer_weights(const Context<T>& context, std::size_t l) {
  const LayerPlan& plan = context.layer(l);
  const std::vector<Panel>& panels = plan.panels().list;
  T* w = context.weights.block.get() + (plan.wide_out ? plan.weights_over_out : plan.weights_over_in);
  if (plan.spectral())
    context.parallel.each(panels.size(), [&](std::size_t p, unsigned) {
      form_block(context, plan, panels[p], {0, plan.rows()}, w + panels[p].offset * plan.rows());
    });
  if (plan.wide_out ? plan.has_weights_over_in : plan.has_weights_over_out) transpose_weights(context, plan);
}

template <class T>
void form_weights(const Context<T>& context, std::uint64_t version) {
  Weights<T>& weights = context.weights;
  if (!weights.laid_out) {
    weights.block.require_zeros(context.plan.weights_size);
    weights.version = Weights<T>::no_version;
    weights.laid_out = true;
  }
  if (weights.version == version) return;
  for (std::size_t l = 0; l < context.depth(); ++l) form_layer_weights(context, l);
  weights.version = version;
}

template <class T>
std::size_t weights_scratch_size(const Context<T>& context) {
  const std::size_t width = usual_width(context.kernels);
  std::size_t panels = 1;
  for (const LayerPlan& plan : context.plan.layers) panels = std::max({panels, plan.chunk, plan.dot_chunk});
  return (panels + 1) * width * width;
}

template <class T>
const T* outer_weights(const Context<T>& context, std::size_t l, bool over_out, const Panel& lanes,
                       Range inner, unsigned thread) {
  const LayerPlan& plan = context.layer(l);
  const Panels& across = over_out ? plan.in : plan.out;
  const std::size_t from = across.list[inner.first].offset;
  const Panel& last = across.list[inner.end - 1];
  if (!context.plan.wide || plan.weights_are_matrix(over_out))
    return (over_out ? context.weights_over_out(plan) : context.weights_over_in(plan)) +
           lanes.offset * across.columns + from * lanes.width;
  ThreadBlocks<T>& scratch = context.scratch.weights;
  T* w = scratch.of(thread);
  if (over_out == plan.wide_out) {
    form_block(context, plan, lanes, {from, last.offset + last.columns}, w);
    return w;
  }
  T* block = w + scratch.size - usual_width(context.kernels) * usual_width(context.kernels);
  for (std::size_t i = inner.first; i < inner.end; ++i) {
    const Panel& panel = across.list[i];
    const T* rows =
        context.parameters() + plan.matrix + panel.offset * plan.rows() + lanes.offset * panel.width;
    if (plan.spectral()) {
      form_block(context, plan, panel, {lanes.offset, lanes.offset + lanes.columns}, block);
      rows = block;
    }
    context.kernels.gather_transposed(
        {rows, panel.width, nullptr, 0, lanes.columns, w + (panel.offset - from) * lanes.width, lanes.width});
  }
  return w;
}

template <class T>
DotWeights<T> dot_weights(const Context<T>& context, std::size_t l, const Panel& outputs, Range inner,
                          unsigned thread) {
  const LayerPlan& plan = context.layer(l);
  const std::size_t from = plan.in.list[inner.first].offset;
  if (!context.plan.wide || plan.weights_are_matrix(false))
    return {context.weights_over_in(plan) + from * plan.spec->outputs, outputs.offset, plan.spec->outputs};
  T* w = context.scratch.weights.of(thread);
  for (std::size_t i = inner.first; i < inner.end; ++i) {
    const Panel& panel = plan.in.list[i];
    form_block(context, plan, panel, {outputs.offset, outputs.offset + outputs.columns},
               w + (panel.offset - from) * outputs.columns);
  }
  return {w, 0, outputs.columns};
}

#define ES_INSTANTIATE(T)                                                                               \
  template void form_weights(const Context<T>&, std::uint64_t);                                         \
  template void form_layer_weights(const Context<T>&, std::size_t);                                     \
  template const T* outer_weights(const Context<T>&, std::size_t, bool, const Panel&, Range, unsigned); \
  template DotWeights<T> dot_weights(const Context<T>&, std::size_t, const Panel&, Range, unsigned);    \
  template std::size_t weights_scratch_size(const Context<T>&);
ES_INSTANTIATE(float)
ES_INSTANTIATE(double)
#undef ES_INSTANTIATE

}  // namespace eigenstudent::cpu
