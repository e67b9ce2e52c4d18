// Backward passes of a Workspace: from dL/dy of the last layer to dL/dW of every layer that trains.
#include <algorithm>

#include "cpu/workspace.h"

namespace eigenstudent::cpu {

template <class T>
double Workspace<T>::accumulate_gradients(const Dataset& data, Batch batch, std::uint8_t mask) {
  double loss = 0;
  for (std::size_t l = 0; l < depth(); ++l)
    if (layer(l).bias != LayerPlan::npos)
      std::fill_n(gradients_.get() + layer(l).bias, layer(l).out.padded, T(0));
  for (std::size_t first = 0; first < batch.count; first += rows_) {
    const std::size_t rows = std::min(rows_, batch.count - first);
    gather(data, batch, first, rows);
    forward_block(0, rows);
    loss += loss_of_block(data, batch, first, rows, batch.count, true).loss;
    backward_block(rows, first == 0, mask);
  }
  return loss;
}

/// One panel of dL/dW: the batch is the inner dimension, the lanes run along the layer's longer side.
template <class T>
void Workspace<T>::weight_gradient_panel(std::size_t l, std::size_t panel, std::size_t rows,
                                         bool first_block) {
  const LayerPlan& plan = layer(l);
  const Panel& lanes = plan.panels().list[panel];
  const Panels& short_side = plan.wide_out ? plan.in : plan.out;
  const T* along = (plan.wide_out ? delta(l, rows) : input(l, rows)) + lanes.offset * rows;
  const T* across = plan.wide_out ? input(l, rows) : delta(l, rows);
  T* G = gradients_.get() + plan.matrix + lanes.offset * plan.rows();
  for (const Panel& strip : short_side.list) {
    const Segment<T> batch{across + strip.offset * rows, 1, static_cast<std::ptrdiff_t>(strip.width), rows};
    kernels_.outer_product({strip.columns, lanes.width, &batch, 1, along, G + strip.offset * lanes.width,
                            nullptr, nullptr, first_block ? Epilogue::store : Epilogue::add});
  }
}

/// One panel of dL/dz of layer l - 1: delta_l W_l, times f' of layer l - 1.
template <class T>
void Workspace<T>::input_gradient_panel(std::size_t l, std::size_t panel, std::size_t rows) {
  const LayerPlan& plan = layer(l);
  const Panel& lanes = plan.in.list[panel];
  const Activation below = layer(l - 1).spec->activation;
  const std::size_t at = lanes.offset * rows;
  T* c = delta(l - 1, rows) + at;
  const T* y_below = y(l - 1, rows) + at;
  const Epilogue epilogue = below == Activation::relu         ? Epilogue::relu_mask
                            : below == Activation::leaky_relu ? Epilogue::leaky_mask
                                                              : Epilogue::store;
  segments_.clear();
  append_segments(plan.out, delta(l, rows), rows);
  kernels_.outer_product({rows, lanes.width, segments_.data(), segments_.size(),
                          weights_.get() + plan.weights_over_in + lanes.offset * plan.spec->outputs, c,
                          nullptr, y_below, epilogue});
  if (epilogue == Epilogue::store && below != Activation::linear)
    kernels_.activation_backward(below, z(l - 1, rows) + at, y_below, c, rows * lanes.width);
}

template <class T>
void Workspace<T>::backward_block(std::size_t rows, bool first_block, std::uint8_t mask) {
  const std::size_t lowest = lowest_trained(mask);
  if (lowest == depth()) return;
  const std::size_t top = depth() - 1;
  const LayerPlan& last = layer(top);
  if (last.spec->activation != Activation::linear)
    kernels_.activation_backward(last.spec->activation, z(top, rows), y(top, rows), delta(top, rows),
                                 rows * last.out.padded);
  for (std::size_t l = top;; --l) {
    const LayerPlan& plan = layer(l);
    if (trains(l, TensorRole::bias, mask))
      for (const Panel& panel : plan.out.list)
        kernels_.column_sums(delta(l, rows) + panel.offset * rows, rows, panel.width,
                             gradients_.get() + plan.bias + panel.offset);
    const bool weights = needs_weight_gradient(l, mask);
    const bool below = l > lowest;
    // Panel by panel, so that a panel of y and of delta is still in the first-level cache when the next
    // product reads it: dL/dW of this layer, then dL/dz of the layer below.
    const std::size_t panels =
        std::max(weights ? plan.panels().list.size() : 0, below ? plan.in.list.size() : 0);
    for (std::size_t panel = 0; panel < panels; ++panel) {
      if (weights && panel < plan.panels().list.size()) weight_gradient_panel(l, panel, rows, first_block);
      if (below && panel < plan.in.list.size()) input_gradient_panel(l, panel, rows);
    }
    if (!below) break;
  }
}

#define ES_INSTANTIATE(T)                                                                         \
  template double Workspace<T>::accumulate_gradients(const Dataset&, Batch, std::uint8_t);        \
  template void Workspace<T>::weight_gradient_panel(std::size_t, std::size_t, std::size_t, bool); \
  template void Workspace<T>::input_gradient_panel(std::size_t, std::size_t, std::size_t);        \
  template void Workspace<T>::backward_block(std::size_t, bool, std::uint8_t);
ES_INSTANTIATE(float)
ES_INSTANTIATE(double)
#undef ES_INSTANTIATE

}  // namespace eigenstudent::cpu
