#include "cpu/fused/pair.h"

#include <array>

namespace eigenstudent::cpu {
namespace {

/// Samples that a thread takes forward at a time, at most, but for the rest of a tile: their panels of nodes stay in the
/// second-level cache.
constexpr std::size_t longest_piece = 160;

std::size_t whole_tiles(std::size_t rows, std::size_t tile) { return (rows + tile - 1) / tile * tile; }

/// Of the panels of a thin layer's inputs, or of a chunk of its outputs: at most 384 scalars, panels of 6 at least.
template <class T>
using Segments = std::array<Segment<T>, 64>;

/// Outputs of a panel of nodes to some samples of the block.
template <class T>
void find_nodes(const Context<T>& context, Activations<T>& activations, const Panel& panel, Range samples,
                const Nodes<T>& nodes, unsigned thread) {
  const LayerPlan& plan = context.layer(0);
  const std::vector<Panel>& inputs = plan.in.list;
  Segments<T> x;
  for (std::size_t i = 0; i < inputs.size(); ++i)
    x[i] = {activations.input(0) + inputs[i].offset * activations.rows + samples.first * inputs[i].width,
            static_cast<std::ptrdiff_t>(inputs[i].width), 1, inputs[i].columns};
  const Activation activation = plan.spec->activation;
  OuterProduct<T> product{};
  product.rows = samples.end - samples.first;
  product.width = panel.width;
  product.segments = x.data();
  product.segment_count = inputs.size();
  product.b = outer_weights(context, 0, true, panel, {0, inputs.size()}, thread);
  product.c = nodes.z;
  product.bias = context.bias(0, panel.offset);
  product.epilogue = activation == Activation::relu ? Epilogue::relu : Epilogue::store;
  context.kernels.outer_product(product);
  if (activation != Activation::relu && activation != Activation::linear)
    context.kernels.activate(activation, nodes.z, nodes.y, product.rows * panel.width);
}

/// z += W y for a panel of layer 1 and a chunk of its inputs: y [count] rows each.
template <class T>
void add_by_dot(const Context<T>& context, const Panel& panel, Range chunk, std::size_t count, const T* y,
                T* z, unsigned thread) {
  const DotWeights<T> weights = dot_weights(context, 1, panel, chunk, thread);
  context.kernels.dot_product({count, weights.first, panel.columns, weights.rows, y, weights.w,
                               context.layer(1).in.widths.data() + chunk.first, chunk.end - chunk.first, z,
                               static_cast<std::ptrdiff_t>(panel.width), chunk.first > 0});
}

/// The same with the lanes along the outputs; z starts from the bias.
template <class T>
void add_by_outer(const Context<T>& context, const Panel& panel, Range chunk, std::size_t count, const T* y,
                  T* z, unsigned thread) {
  const LayerPlan& plan = context.layer(1);
  const std::size_t from = plan.in.list[chunk.first].offset;
  Segments<T> inner;
  for (std::size_t p = chunk.first; p < chunk.end; ++p) {
    const Panel& nodes = plan.in.list[p];
    inner[p - chunk.first] = {y + (nodes.offset - from) * count, static_cast<std::ptrdiff_t>(nodes.width), 1,
                              nodes.columns};
  }
  OuterProduct<T> product{};
  product.rows = count;
  product.width = panel.width;
  product.segments = inner.data();
  product.segment_count = chunk.end - chunk.first;
  product.b = outer_weights(context, 1, true, panel, chunk, thread);
  product.c = z;
  product.bias = context.bias(1, panel.offset);
  product.accumulate = chunk.first > 0;
  product.epilogue = Epilogue::store;
  context.kernels.outer_product(product);
}

/// Some samples of the block, on one thread.
template <class T>
void forward_samples(const Context<T>& context, Activations<T>& activations, Range samples, unsigned thread) {
  const LayerPlan& plan = context.layer(1);
  const std::size_t count = samples.end - samples.first;
  const auto place = [&](const Panel& panel) {
    return panel.offset * activations.rows + samples.first * panel.width;
  };
  T* y = context.scratch.nodes.of(thread);
  for_ranges(plan.in.list.size(), plan.forward_by_dot ? plan.dot_chunk : plan.chunk, [&](Range chunk) {
    const std::size_t from = plan.in.list[chunk.first].offset;
    for (std::size_t p = chunk.first; p < chunk.end; ++p) {
      const Panel& panel = plan.in.list[p];
      T* at = y + (panel.offset - from) * count;
      find_nodes(context, activations, panel, samples, {at, at, nullptr}, thread);
    }
    for (const Panel& panel : plan.out.list)
      (plan.forward_by_dot ? add_by_dot<T> : add_by_outer<T>)(context, panel, chunk, count, y,
                                                              activations.z(1) + place(panel), thread);
  });
  for (const Panel& panel : plan.out.list) {
    T* z = activations.z(1) + place(panel);
    if (plan.forward_by_dot) add_bias(context, 1, panel, count, z);
    if (plan.spec->activation != Activation::linear)
      context.kernels.activate(plan.spec->activation, z, activations.y(1) + place(panel),
                               count * panel.width);
  }
}

/// Samples that a thread takes forward at a time: each thread has some. Weights are formed anew for each piece. Outputs do not
/// depend on how samples are cut.
template <class T>
std::size_t samples_forward(const Context<T>& context, std::size_t rows) {
  constexpr std::size_t shortest = 32;
  const std::size_t shares = std::min<std::size_t>(context.parallel.threads(), rows / shortest);
  const std::size_t pieces = std::max({(rows + longest_piece - 1) / longest_piece, shares, std::size_t{1}});
  return whole_tiles((rows + pieces - 1) / pieces, context.kernels.row_tile);
}

/// G of layer l in a panel of the nodes, whose y or delta is `along`; `matrix` of the optimiser takes it, or it is kept.
template <class T>
void node_gradients(const Backward<T>& pass, std::size_t l, std::size_t panel, const T* along,
                    const MatrixPass<T>* matrix, unsigned thread) {
  const LayerPlan& plan = pass.context.layer(l);
  const Panel& lanes = plan.panels().list[panel];
  for (const Panel& strip : plan.strips().list) {
    T* G = matrix ? pass.context.scratch.weights.of(thread)
                  : pass.gradients.block.get() + plan.matrix + lanes.offset * plan.rows() +
                        strip.offset * lanes.width;
    weight_gradient(pass, l, lanes, strip, along, G);
    if (matrix) update_rows(pass.context, l, panel, {strip.offset, strip.offset + strip.columns}, G, *matrix);
  }
}

}  // namespace

/// Forward, as many panels of nodes as a product takes; backward, z, y and delta of one panel.
template <class T>
std::size_t pair_scratch_size(const Context<T>& context, std::size_t rows) {
  const std::size_t panels = std::max(context.layer(1).chunk, context.layer(1).dot_chunk);
  const std::size_t forward = whole_tiles(longest_piece, context.kernels.row_tile) * panels;
  return std::max(forward, 3 * rows) * usual_width(context.kernels);
}

template <class T>
void forward_pair(const Context<T>& context, Activations<T>& activations) {
  const std::size_t rows = activations.rows, most = samples_forward(context, rows);
  context.parallel.each_until_stopped((rows + most - 1) / most, [&](std::size_t i, unsigned thread) {
    forward_samples(context, activations, {i * most, std::min(rows, (i + 1) * most)}, thread);
  });
}

template <class T>
void backward_pair(const Backward<T>& pass, const MatrixPass<T>* passes) {
  const Context<T>& context = pass.context;
  const LayerPlan &lower = context.layer(0), &upper = context.layer(1);
  const std::size_t rows = pass.activations.rows;
  const bool below = context.plan.lowest_trained(pass.mask) == 0;
  const bool needs_z = derivative_needs_z(lower.spec->activation);
  std::vector<Segment<T>>& segments = context.scratch.segments;
  segments_of(upper.out, pass.activations.delta(1), rows, segments);
  context.parallel.each_until_stopped(upper.in.list.size(), [&](std::size_t p, unsigned thread) {
    const Panel& panel = upper.in.list[p];
    T* y = context.scratch.nodes.of(thread);
    const Nodes<T> nodes{needs_z ? y + 2 * rows * panel.width : y, y, y + rows * panel.width};
    find_nodes(context, pass.activations, panel, {0, rows}, nodes, thread);
    if (below) {
      input_gradient(pass, 1, panel, nodes, {0, segments.size()}, thread);
      bias_gradient(pass, 0, panel, nodes.delta);
    }
    if (upper.trains_weights(pass.mask))
      node_gradients(pass, 1, p, nodes.y, passes ? passes + 1 : nullptr, thread);
    if (below && lower.trains_weights(pass.mask)) node_gradients(pass, 0, p, nodes.delta, passes, thread);
  });
}

#define ES_INSTANTIATE(T)                                                 \
  template std::size_t pair_scratch_size(const Context<T>&, std::size_t); \
  template void forward_pair(const Context<T>&, Activations<T>&);         \
  template void backward_pair(const Backward<T>&, const MatrixPass<T>*);
ES_INSTANTIATE(float)
ES_INSTANTIATE(double)
#undef ES_INSTANTIATE

}  // namespace eigenstudent::cpu
