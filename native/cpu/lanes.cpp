// The lanes along the samples: matrices are [nodes][lanes], one panel of samples after the other, and the weights are the
// broadcast side of every product. For narrow students, whose layers would fill their last vector badly (20 nodes take
// 24 lanes of AVX2; 300 samples take 304), and for the pruning curve, whose tail is narrow.
#include <algorithm>

#include "cpu/workspace.h"
#include "losses/cross_entropy.h"
#include "losses/mse.h"

namespace eigenstudent::cpu {

/// x, and targets where there are any, of a group of samples: [N_0][lanes] and [N_out][lanes]. Lanes past the last
/// sample are zero.
template <class T>
void Workspace<T>::gather_lanes(const Dataset& data, Batch group, std::size_t lanes, T* x, T* targets) {
  const Samples<T>& samples = data.as<T>();
  const auto gather = [&](const std::vector<T>& values, std::size_t count, T* to) {
    kernels_.gather_transposed({values.data(), count, group.order, group.first, group.count, to, lanes});
  };
  gather(samples.inputs, data.input_count, x);
  if (!samples.targets.empty()) gather(samples.targets, data.target_count, targets);
}

/// c = W b, or W^T b, with W of layer l. The product says the rest: b, c, width, what c starts from, epilogue.
template <class T>
void Workspace<T>::multiply_lanes(std::size_t l, bool transposed, OuterProduct<T> product) {
  const LayerPlan& plan = layer(l);
  const Panels& of_rows = transposed ? plan.in : plan.out;
  const Panels& of_inner = transposed ? plan.out : plan.in;
  T* c = product.c;
  const T* y = product.y;
  if (transposed ? plan.has_weights_over_out
                 : plan.has_weights_over_in) {  // rows of the matrix lie along panels
    const T* weights = transposed ? weights_over_out(plan) : weights_over_in(plan);
    segments_of(of_inner, weights, of_rows.columns, segments_);
    product.rows = of_rows.columns;
    product.segments = segments_.data();
    product.segment_count = segments_.size();
    kernels_.outer_product(product);
    return;
  }
  const T* weights = transposed ? weights_over_in(plan) : weights_over_out(plan);
  for (const Panel& panel : of_rows.list) {  // columns of it do
    const Segment<T> inner{weights + panel.offset * of_inner.columns, 1,
                           static_cast<std::ptrdiff_t>(panel.width), of_inner.columns};
    product.rows = panel.columns;
    product.segments = &inner;
    product.segment_count = 1;
    product.c = c + panel.offset * product.width;
    if (y) product.y = y + panel.offset * product.width;
    kernels_.outer_product(product);
  }
}

/// z and y of layer l, [N_out][lanes], from x, [N_in][lanes]; z may be y where f' does not need it.
template <class T>
void Workspace<T>::forward_lanes(std::size_t l, const T* x, T* z, T* y, std::size_t lanes) {
  const ChainLayer& spec = *layer(l).spec;
  const bool relu = spec.activation == Activation::relu && z == y;
  OuterProduct<T> product{};
  product.width = lanes;
  product.b = x;
  product.c = z;
  product.accumulate = fill_bias(l, z, lanes);
  product.epilogue = relu ? Epilogue::relu : Epilogue::store;
  multiply_lanes(l, false, product);
  if (!relu && (spec.activation != Activation::linear || z != y))
    kernels_.activate(spec.activation, z, y, spec.outputs * lanes);
}

/// Every lane of z starts from the bias; without one z is left alone. Returns whether there is one.
template <class T>
bool Workspace<T>::fill_bias(std::size_t l, T* z, std::size_t lanes) const {
  const LayerPlan& plan = layer(l);
  if (plan.bias == LayerPlan::npos) return false;
  for (std::size_t i = 0; i < plan.spec->outputs; ++i)
    std::fill_n(z + i * lanes, lanes, parameters()[plan.bias + i]);
  return true;
}

/// The group's share of the loss at the outputs y, [N_out][lanes], and dL/dy where wanted (zero in lanes without a
/// sample).
template <class T>
double Workspace<T>::loss_of_lanes(const Dataset& data, Batch group, const T* y, const T* targets,
                                   std::size_t lanes, std::size_t total, T* delta) {
  const std::size_t outputs = student_->network().outputs();
  if (delta && group.count < lanes) std::fill_n(delta, outputs * lanes, T(0));
  double loss = 0;
  if (student_->network().loss == LossKind::mse) {
    const double scale = 1 / (static_cast<double>(total) * static_cast<double>(outputs));
    for (std::size_t i = 0; i < outputs; ++i)
      loss += kernels_.squared_error(y + i * lanes, targets + i * lanes, group.count, static_cast<T>(scale),
                                     delta ? delta + i * lanes : nullptr);
    return loss * scale;
  }
  for (std::size_t r = 0; r < group.count; ++r) {
    for (std::size_t i = 0; i < outputs; ++i) sample_y_.get()[i] = y[i * lanes + r];
    loss += cross_entropy_sample<T>(sample_y_.get(), data.as<T>().classes[group.sample(r)], outputs, total,
                                    delta ? sample_delta_.get() : nullptr);
    for (std::size_t i = 0; delta && i < outputs; ++i) delta[i * lanes + r] = sample_delta_.get()[i];
  }
  return loss;
}

/// dL/dz of the layer below from that of layer l, [N_out][lanes]; y and z are the outputs of the layer below.
template <class T>
void Workspace<T>::input_gradient_lanes(std::size_t l, const T* delta, const T* z, const T* y, T* delta_below,
                                        std::size_t lanes) {
  const Activation below = layer(l - 1).spec->activation;
  OuterProduct<T> product{};
  product.width = lanes;
  product.b = delta;
  product.c = delta_below;
  product.y = y;
  product.epilogue = mask_of(below);
  multiply_lanes(l, true, product);
  if (product.epilogue == Epilogue::store && below != Activation::linear)
    kernels_.activation_backward(below, z, y, delta_below, layer(l).spec->inputs * lanes);
}

/// Forward, loss and dL/dz of every layer from `lowest` up, for one panel of the block's samples. Returns the loss.
template <class T>
double Workspace<T>::pass_of_lanes(const Dataset& data, Batch group, const Panel& panel, std::size_t padded,
                                   std::size_t total, std::size_t lowest) {
  const std::size_t lanes = panel.width, top = depth() - 1;
  const auto place = [&](T* matrix, std::size_t nodes) { return matrix + panel.offset * nodes; };
  const auto outputs = [&](std::size_t l) { return layer(l).spec->outputs; };
  T* targets = place(targets_.get(), student_->network().outputs());
  gather_lanes(data, group, lanes, place(input(0, padded), student_->network().inputs()), targets);
  for (std::size_t l = 0; l < depth(); ++l)
    forward_lanes(l, place(input(l, padded), layer(l).spec->inputs), place(z(l, padded), outputs(l)),
                  place(y(l, padded), outputs(l)), lanes);
  T* layer_outputs = place(y(top, padded), outputs(top));
  T* delta_top = place(delta(top, padded), outputs(top));
  const double loss = loss_of_lanes(data, group, layer_outputs, targets, lanes, total, delta_top);
  if (lowest == depth()) return loss;
  if (layer(top).spec->activation != Activation::linear)
    kernels_.activation_backward(layer(top).spec->activation, place(z(top, padded), outputs(top)),
                                 layer_outputs, delta_top, outputs(top) * lanes);
  for (std::size_t l = top; l > lowest; --l)
    input_gradient_lanes(l, place(delta(l, padded), outputs(l)), place(z(l - 1, padded), outputs(l - 1)),
                         place(y(l - 1, padded), outputs(l - 1)), place(delta(l - 1, padded), outputs(l - 1)),
                         lanes);
  return loss;
}

/// dL/dW and dL/dbias of layer l: products of rows of delta and of x along the samples.
template <class T>
void Workspace<T>::gradients_over_lanes(std::size_t l, const Panels& samples, bool accumulate,
                                        std::uint8_t mask) {
  const LayerPlan& plan = layer(l);
  const T* x = input(l, samples.padded);
  const T* d = delta(l, samples.padded);
  DotProduct<T> product{};
  product.widths = samples.widths.data();
  product.panel_count = samples.widths.size();
  product.accumulate = accumulate;
  if (trains(l, TensorRole::bias, mask)) {
    product.rows = plan.spec->outputs;
    product.outputs = product.w_rows = 1;
    product.a = d;
    product.w = ones_.get();
    product.c = gradients_.get() + plan.bias;
    product.c_row = 1;
    kernels_.dot_product(product);
  }
  if (!needs_weight_gradient(l, mask)) return;
  const bool wide_out = plan.wide_out;
  product.rows = plan.rows();
  product.a = wide_out ? x : d;
  product.w = wide_out ? d : x;
  product.w_rows = plan.panels().columns;
  for (const Panel& panel : plan.panels().list) {
    product.first = panel.offset;
    product.outputs = panel.columns;
    product.c = gradients_.get() + plan.matrix + panel.offset * plan.rows();
    product.c_row = static_cast<std::ptrdiff_t>(panel.width);
    kernels_.dot_product(product);
  }
}

/// How so many samples are cut into panels. Kept, because a training step may not allocate.
template <class T>
const Panels& Workspace<T>::sample_panels(std::size_t count) {
  const auto known = std::find_if(sample_panels_.begin(), sample_panels_.end(),
                                  [&](const Panels& panels) { return panels.columns == count; });
  return known != sample_panels_.end() ? *known : sample_panels_.emplace_back(cut_panels(count, kernels_));
}

/// What accumulate_gradients does, with the lanes along the samples.
template <class T>
double Workspace<T>::accumulate_lanes(const Dataset& data, Batch batch, std::uint8_t mask) {
  const std::size_t lowest = lowest_trained(mask);
  double loss = 0;
  for (std::size_t first = 0; first < batch.count; first += rows_) {
    if (parallel_.stopped()) break;
    const Panels& samples = sample_panels(std::min(rows_, batch.count - first));
    for (const Panel& panel : samples.list)
      loss += pass_of_lanes(data, {batch.order, batch.first + first + panel.offset, panel.columns}, panel,
                            samples.padded, batch.count, lowest);
    for (std::size_t l = lowest; l < depth(); ++l) gradients_over_lanes(l, samples, first > 0, mask);
  }
  return loss;
}

#define ES_INSTANTIATE(T)                                                                                    \
  template void Workspace<T>::gather_lanes(const Dataset&, Batch, std::size_t, T*, T*);                      \
  template void Workspace<T>::multiply_lanes(std::size_t, bool, OuterProduct<T>);                            \
  template void Workspace<T>::forward_lanes(std::size_t, const T*, T*, T*, std::size_t);                     \
  template bool Workspace<T>::fill_bias(std::size_t, T*, std::size_t) const;                                 \
  template double Workspace<T>::loss_of_lanes(const Dataset&, Batch, const T*, const T*, std::size_t,        \
                                              std::size_t, T*);                                              \
  template void Workspace<T>::input_gradient_lanes(std::size_t, const T*, const T*, const T*, T*,            \
                                                   std::size_t);                                             \
  template double Workspace<T>::pass_of_lanes(const Dataset&, Batch, const Panel&, std::size_t, std::size_t, \
                                              std::size_t);                                                  \
  template void Workspace<T>::gradients_over_lanes(std::size_t, const Panels&, bool, std::uint8_t);          \
  template const Panels& Workspace<T>::sample_panels(std::size_t);                                           \
  template double Workspace<T>::accumulate_lanes(const Dataset&, Batch, std::uint8_t);
ES_INSTANTIATE(float)
ES_INSTANTIATE(double)
#undef ES_INSTANTIATE

}  // namespace eigenstudent::cpu
