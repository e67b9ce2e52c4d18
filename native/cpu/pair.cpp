// Layers 0 and 1 of a wide student that is thin below and above the nodes between them (Plan::paired). Both pass together, a
// few panels of nodes at a time, so that a panel's outputs and their gradient stay in the caches of one thread: forward, rows
// of the batch are shared out among threads; backward, panels of nodes. The way back computes the outputs again. Every
// number comes from the same sums in the same order as without pairs.
#include <algorithm>

#include "cpu/workspace.h"

namespace eigenstudent::cpu {
namespace {

/// Samples that a thread takes forward at a time, at most, but for the rest of a tile: their panels of nodes stay in the
/// second-level cache.
constexpr std::size_t longest_piece = 160;

std::size_t whole_tiles(std::size_t rows, std::size_t tile) { return (rows + tile - 1) / tile * tile; }

}  // namespace

/// Forward, as many panels of nodes as a dot product takes; backward, z, y and delta of one panel.
template <class T>
void Workspace<T>::reserve_pair() {
  const std::size_t panels = std::max(layer(1).chunk, layer(1).dot_chunk);
  const std::size_t forward = whole_tiles(longest_piece, kernels_.row_tile) * panels;
  pair_scratch_size_ = std::max(forward, 3 * rows_) * usual_width(kernels_);
  pair_scratch_.require(parallel_.threads() * pair_scratch_size_);
}

/// Outputs of a panel of nodes to some samples of the block.
template <class T>
void Workspace<T>::nodes_of_pair(const Panel& panel, Range samples, std::size_t rows, const Nodes& nodes,
                                 unsigned thread) {
  const LayerPlan& plan = layer(0);
  Segments x;
  const std::vector<Panel>& inputs = plan.in.list;
  for (std::size_t i = 0; i < inputs.size(); ++i)
    x[i] = {input(0, rows) + inputs[i].offset * rows + samples.first * inputs[i].width,
            static_cast<std::ptrdiff_t>(inputs[i].width), 1, inputs[i].columns};
  const Activation activation = plan.spec->activation;
  OuterProduct<T> product{};
  product.rows = samples.end - samples.first;
  product.width = panel.width;
  product.segments = x.data();
  product.segment_count = inputs.size();
  product.b = outer_weights(0, true, panel, {0, inputs.size()}, thread);
  product.c = nodes.z;
  product.bias = plan.bias == LayerPlan::npos ? nullptr : parameters() + plan.bias + panel.offset;
  product.epilogue = activation == Activation::relu ? Epilogue::relu : Epilogue::store;
  kernels_.outer_product(product);
  if (activation != Activation::relu && activation != Activation::linear)
    kernels_.activate(activation, nodes.z, nodes.y, product.rows * panel.width);
}

/// Samples that a thread takes forward at a time, of `rows`: each thread has some. Weights are formed anew for each piece. Outputs do not depend on how samples are cut.
template <class T>
std::size_t Workspace<T>::rows_forward(std::size_t rows) const {
  constexpr std::size_t shortest = 32;
  const std::size_t shares = std::min<std::size_t>(parallel_.threads(), rows / shortest);
  const std::size_t pieces = std::max({(rows + longest_piece - 1) / longest_piece, shares, std::size_t{1}});
  return whole_tiles((rows + pieces - 1) / pieces, kernels_.row_tile);
}

template <class T>
void Workspace<T>::forward_pair(std::size_t rows) {
  const std::size_t most = rows_forward(rows);
  parallel_.each_until_stopped((rows + most - 1) / most, [&](std::size_t i, unsigned thread) {
    forward_pair({i * most, std::min(rows, (i + 1) * most)}, rows, thread);
  });
}

template <class T>
void Workspace<T>::forward_pair(Range samples, std::size_t rows, unsigned thread) {
  const LayerPlan& plan = layer(1);
  const std::size_t count = samples.end - samples.first;
  T* y = pair_scratch(thread);
  for_ranges(plan.in.list.size(), plan.forward_by_dot ? plan.dot_chunk : plan.chunk, [&](Range chunk) {
    const std::size_t from = plan.in.list[chunk.first].offset;
    for (std::size_t p = chunk.first; p < chunk.end; ++p) {
      const Panel& panel = plan.in.list[p];
      T* at = y + (panel.offset - from) * count;
      nodes_of_pair(panel, samples, rows, {at, at, nullptr}, thread);
    }
    for (const Panel& panel : plan.out.list) {
      T* z = this->z(1, rows) + panel.offset * rows + samples.first * panel.width;
      if (plan.forward_by_dot)
        dot_of_pair(panel, chunk, count, y, z, thread);
      else
        outer_of_pair(panel, chunk, count, y, z, thread);
    }
  });
  for (const Panel& panel : plan.out.list) {
    const std::size_t at = panel.offset * rows + samples.first * panel.width;
    if (plan.forward_by_dot) add_bias(1, panel, count, z(1, rows) + at);
    if (plan.spec->activation != Activation::linear)
      kernels_.activate(plan.spec->activation, z(1, rows) + at, this->y(1, rows) + at, count * panel.width);
  }
}

/// z += W y for a panel of layer 1 and a chunk of its inputs: y [count] rows each.
template <class T>
void Workspace<T>::dot_of_pair(const Panel& panel, Range chunk, std::size_t count, const T* y, T* z,
                               unsigned thread) {
  const DotWeights weights = dot_weights(1, panel, chunk, thread);
  kernels_.dot_product({count, weights.first, panel.columns, weights.rows, y, weights.w,
                        layer(1).in.widths.data() + chunk.first, chunk.end - chunk.first, z,
                        static_cast<std::ptrdiff_t>(panel.width), chunk.first > 0});
}

/// The same with the lanes along the outputs; z starts from the bias.
template <class T>
void Workspace<T>::outer_of_pair(const Panel& panel, Range chunk, std::size_t count, const T* y, T* z,
                                 unsigned thread) {
  const LayerPlan& plan = layer(1);
  const std::size_t from = plan.in.list[chunk.first].offset;
  Segments inner;
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
  product.b = outer_weights(1, true, panel, chunk, thread);
  product.c = z;
  product.bias = plan.bias == LayerPlan::npos ? nullptr : parameters() + plan.bias + panel.offset;
  product.accumulate = chunk.first > 0;
  product.epilogue = Epilogue::store;
  kernels_.outer_product(product);
}

/// From delta of layer 1 to the gradients of both layers; consumed by `passes` of the optimiser, or kept where these are null.
template <class T>
void Workspace<T>::backward_pair(std::size_t rows, bool first_block, std::uint8_t mask,
                                 const MatrixPass* passes) {
  const LayerPlan& plan = layer(1);
  const bool below = lowest_trained(mask) == 0;
  const bool needs_z = derivative_needs_z(layer(0).spec->activation);
  segments_of(plan.out, delta(1, rows), rows, segments_);
  parallel_.each_until_stopped(plan.in.list.size(), [&](std::size_t p, unsigned thread) {
    const Panel& panel = plan.in.list[p];
    T* y = pair_scratch(thread);
    const Nodes nodes{needs_z ? y + 2 * rows * panel.width : y, y, y + rows * panel.width};
    nodes_of_pair(panel, {0, rows}, rows, nodes, thread);
    if (below) {
      input_gradient(1, panel, nodes, {0, segments_.size()}, rows, thread);
      bias_gradient(0, panel, nodes.delta, rows, mask);
    }
    if (needs_weight_gradient(1, mask))
      gradient_of_pair(1, p, nodes.y, rows, first_block, passes ? passes + 1 : nullptr, thread);
    if (below && needs_weight_gradient(0, mask))
      gradient_of_pair(0, p, nodes.delta, rows, first_block, passes, thread);
  });
}

template <class T>
void Workspace<T>::gradient_of_pair(std::size_t l, std::size_t panel, const T* along, std::size_t rows,
                                    bool first_block, const MatrixPass* pass, unsigned thread) {
  const LayerPlan& plan = layer(l);
  const Panel& lanes = plan.panels().list[panel];
  for (const Panel& strip : (plan.wide_out ? plan.in : plan.out).list) {
    T* G = pass ? thread_scratch(thread)
                : gradients_.get() + plan.matrix + lanes.offset * plan.rows() + strip.offset * lanes.width;
    weight_gradient_strip(l, lanes, strip, along, rows, !pass && !first_block, G);
    if (pass) update_rows(l, panel, {strip.offset, strip.offset + strip.columns}, G, *pass);
  }
}

/// Backward and the optimiser for both layers; bias sums of layer 1 are at hand.
template <class T>
void Workspace<T>::update_pair(const Updating& updating) {
  const bool below = lowest_trained(updating.mask) == 0;
  if (below && layer(0).bias != LayerPlan::npos) std::fill_n(bias_sums(0), layer(0).out.padded, T(0));
  const MatrixPass passes[2] = {below ? begin_matrix(0, updating) : MatrixPass{}, begin_matrix(1, updating)};
  backward_pair(rows_at_hand_, true, updating.mask, passes);
  end_layer(1, updating, passes[1]);
  if (below) end_layer(0, updating, passes[0]);
}

#define ES_INSTANTIATE(T)                                                                              \
  template void Workspace<T>::reserve_pair();                                                          \
  template void Workspace<T>::nodes_of_pair(const Panel&, Range, std::size_t, const Nodes&, unsigned); \
  template std::size_t Workspace<T>::rows_forward(std::size_t) const;                                  \
  template void Workspace<T>::forward_pair(std::size_t);                                               \
  template void Workspace<T>::forward_pair(Range, std::size_t, unsigned);                              \
  template void Workspace<T>::dot_of_pair(const Panel&, Range, std::size_t, const T*, T*, unsigned);   \
  template void Workspace<T>::outer_of_pair(const Panel&, Range, std::size_t, const T*, T*, unsigned); \
  template void Workspace<T>::backward_pair(std::size_t, bool, std::uint8_t, const MatrixPass*);       \
  template void Workspace<T>::gradient_of_pair(std::size_t, std::size_t, const T*, std::size_t, bool,  \
                                               const MatrixPass*, unsigned);                           \
  template void Workspace<T>::update_pair(const Updating&);
ES_INSTANTIATE(float)
ES_INSTANTIATE(double)
#undef ES_INSTANTIATE

}  // namespace eigenstudent::cpu
