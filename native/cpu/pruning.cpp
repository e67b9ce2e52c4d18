// The pruning curve of a Workspace: the error for every number of kept nodes in one sweep.
//
// A removed node answers 0, so z of the layer above is its bias plus the contributions of the kept nodes.
// Starting from none kept, each node adds one rank-one term to z, [B][N_above], and the layers from there on
// are run again. Cost of the curve of h nodes on B samples: one forward pass up to the layer, then h (N_above
// + tail) multiply-adds a sample, where `tail` is what the layers behind the layer above cost: for h -> 20 ->
// 1 about as much as two forward passes, for a deep tail h tails.
#include <algorithm>

#include "cpu/workspace.h"

namespace eigenstudent::cpu {

/// partial_z += y[:, node] W[:, node] for every output of layer l.
template <class T>
void Workspace<T>::add_node(std::size_t l, std::size_t node, std::size_t rows) {
  const LayerPlan& plan = layer(l);
  const Panel& source = plan.in.list[std::min(node / plan.in.list.front().width, plan.in.list.size() - 1)];
  const Segment<T> answers{input(l, rows) + source.offset * rows + (node - source.offset),
                           static_cast<std::ptrdiff_t>(source.width), 1, 1};
  T* column = sums_out_.get();  // W[:, node]; lanes past the last output stay zero
  for (std::size_t i = 0; i < plan.spec->outputs; ++i)
    column[i] = weights_.get()[plan.weights_over_in + panel_position(plan.in, plan.spec->outputs, i, node)];
  for (const Panel& panel : plan.out.list)
    kernels_.outer_product({rows, panel.width, &answers, 1, column + panel.offset,
                            partial_z_.get() + panel.offset * rows, nullptr, nullptr, true, Epilogue::store});
}

template <class T>
void Workspace<T>::pruning_losses(std::size_t pruned, std::span<const std::uint32_t> removal_order,
                                  const Dataset& data, Batch batch, std::size_t total,
                                  std::span<double> losses) {
  const std::size_t above = pruned + 1;
  const LayerPlan& plan = layer(above);
  const std::size_t nodes = removal_order.size();
  partial_z_.require(rows_ * plan.out.padded);
  for (std::size_t first = 0; first < batch.count; first += rows_) {
    const std::size_t rows = std::min(rows_, batch.count - first);
    gather(data, batch, first, rows);
    for (std::size_t l = 0; l <= pruned; ++l) forward_layer(l, rows);
    const std::size_t count = rows * plan.out.padded;
    std::fill_n(partial_z_.get(), count, T(0));
    if (plan.bias != LayerPlan::npos)
      for (const Panel& panel : plan.out.list)
        for (std::size_t r = 0; r < rows; ++r)
          std::copy_n(parameters_.get() + plan.bias + panel.offset, panel.width,
                      partial_z_.get() + panel.offset * rows + r * panel.width);
    for (std::size_t kept = 0; kept <= nodes; ++kept) {
      if (kept > 0) add_node(above, removal_order[nodes - kept], rows);
      kernels_.activate(plan.spec->activation, partial_z_.get(), y(above, rows), count);
      forward_block(above + 1, rows);
      losses[kept] += loss_of_block(data, batch, first, rows, total, false).loss;
    }
  }
}

#define ES_INSTANTIATE(T)                                                                                 \
  template void Workspace<T>::add_node(std::size_t, std::size_t, std::size_t);                            \
  template void Workspace<T>::pruning_losses(std::size_t, std::span<const std::uint32_t>, const Dataset&, \
                                             Batch, std::size_t, std::span<double>);
ES_INSTANTIATE(float)
ES_INSTANTIATE(double)
#undef ES_INSTANTIATE

}  // namespace eigenstudent::cpu
