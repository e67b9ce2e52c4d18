#include "cpu/fused/lanes.h"

#include "losses/cross_entropy.h"
#include "losses/mse.h"

namespace eigenstudent::cpu {
namespace {

/// c = W b, or W^T b, with W of layer l. The product holds the rest: b, c, width, the start of c, epilogue.
template <class T>
void multiply(const Context<T>& context, std::size_t l, bool transposed, OuterProduct<T> product) {
  const LayerPlan& plan = context.layer(l);
  const Panels& of_rows = transposed ? plan.in : plan.out;
  const Panels& of_inner = transposed ? plan.out : plan.in;
  T* c = product.c;
  const T* y = product.y;
  if (transposed ? plan.has_weights_over_out
                 : plan.has_weights_over_in) {  // rows of the matrix lie along panels
    const T* weights = transposed ? context.weights_over_out(plan) : context.weights_over_in(plan);
    std::vector<Segment<T>>& segments = context.scratch.segments;
    segments_of(of_inner, weights, of_rows.columns, segments);
    product.rows = of_rows.columns;
    product.segments = segments.data();
    product.segment_count = segments.size();
    context.kernels.outer_product(product);
    return;
  }
  const T* weights = transposed ? context.weights_over_in(plan) : context.weights_over_out(plan);
  for (const Panel& panel : of_rows.list) {  // columns of it do
    const Segment<T> inner{weights + panel.offset * of_inner.columns, 1,
                           static_cast<std::ptrdiff_t>(panel.width), of_inner.columns};
    product.rows = panel.columns;
    product.segments = &inner;
    product.segment_count = 1;
    product.c = c + panel.offset * product.width;
    if (y) product.y = y + panel.offset * product.width;
    context.kernels.outer_product(product);
  }
}

/// The outputs of layer l for one panel of the block's samples, [N_out][width] each.
template <class T>
Nodes<T> nodes_of(Activations<T>& activations, std::size_t l, const Panel& samples) {
  const std::size_t at = samples.offset * activations.plan->layers[l].spec->outputs;
  return {activations.z(l) + at, activations.y(l) + at, activations.delta(l) + at};
}

/// dL/dz of the layer below from that of layer l.
template <class T>
void input_gradient(const Context<T>& context, std::size_t l, const T* delta, const Nodes<T>& below,
                    std::size_t lanes) {
  const Activation activation = context.layer(l - 1).spec->activation;
  OuterProduct<T> product{};
  product.width = lanes;
  product.b = delta;
  product.c = below.delta;
  product.y = below.y;
  product.epilogue = mask_of(activation);
  multiply(context, l, true, product);
  if (product.epilogue == Epilogue::store && activation != Activation::linear)
    context.kernels.activation_backward(activation, below.z, below.y, below.delta,
                                        context.layer(l).spec->inputs * lanes);
}

/// Forward, loss and dL/dz of every layer from `lowest` up, for one panel of the block's samples. Returns the loss.
template <class T>
double pass_of_panel(const Context<T>& context, Activations<T>& activations, const Dataset& data, Batch group,
                     const Panel& samples, std::size_t total, std::size_t lowest) {
  const std::size_t lanes = samples.width, top = context.depth() - 1;
  T* targets = activations.targets.get() + samples.offset * context.network.outputs();
  T* x = activations.input(0) + samples.offset * context.network.inputs();
  gather_lanes(context, data, group, lanes, x, targets);
  for (std::size_t l = 0; l <= top; ++l) {
    const Nodes<T> nodes = nodes_of(activations, l, samples);
    forward_lanes(context, l, x, nodes.z, nodes.y, lanes);
    x = nodes.y;
  }
  const Nodes<T> last = nodes_of(activations, top, samples);
  const double loss = loss_of_lanes(context, data, group, last.y, targets, lanes, total, last.delta);
  if (lowest > top) return loss;
  const Activation activation = context.layer(top).spec->activation;
  if (activation != Activation::linear)
    context.kernels.activation_backward(activation, last.z, last.y, last.delta,
                                        context.network.outputs() * lanes);
  for (std::size_t l = top; l > lowest; --l)
    input_gradient(context, l, nodes_of(activations, l, samples).delta, nodes_of(activations, l - 1, samples),
                   lanes);
  return loss;
}

/// dL/dW and dL/dbias of layer l: products of rows of delta and of x along the samples.
template <class T>
void gradients_of_block(const Backward<T>& pass, std::size_t l, const Panels& samples) {
  const LayerPlan& plan = pass.context.layer(l);
  const T* x = pass.activations.input(l);
  const T* d = pass.activations.delta(l);
  DotProduct<T> product{};
  product.widths = samples.widths.data();
  product.panel_count = samples.widths.size();
  product.accumulate = !pass.first_block;
  if (plan.trains(TensorRole::bias, pass.mask)) {
    product.rows = plan.spec->outputs;
    product.outputs = product.w_rows = 1;
    product.a = d;
    product.w = pass.activations.ones.get();
    product.c = pass.gradients.bias(pass.context.plan, l);
    product.c_row = 1;
    pass.context.kernels.dot_product(product);
  }
  if (!plan.trains_weights(pass.mask)) return;
  product.rows = plan.rows();
  product.a = plan.wide_out ? x : d;
  product.w = plan.wide_out ? d : x;
  product.w_rows = plan.panels().columns;
  for (const Panel& panel : plan.panels().list) {
    product.first = panel.offset;
    product.outputs = panel.columns;
    product.c = pass.gradients.block.get() + plan.matrix + panel.offset * plan.rows();
    product.c_row = static_cast<std::ptrdiff_t>(panel.width);
    pass.context.kernels.dot_product(product);
  }
}

}  // namespace

template <class T>
void gather_lanes(const Context<T>& context, const Dataset& data, Batch group, std::size_t lanes, T* x,
                  T* targets) {
  const Samples<T>& samples = data.as<T>();
  const auto gather = [&](const std::vector<T>& values, std::size_t count, T* to) {
    context.kernels.gather_transposed(
        {values.data(), count, group.order, group.first, group.count, to, lanes});
  };
  gather(samples.inputs, data.input_count, x);
  if (!samples.targets.empty()) gather(samples.targets, data.target_count, targets);
}

template <class T>
void forward_lanes(const Context<T>& context, std::size_t l, const T* x, T* z, T* y, std::size_t lanes) {
  const ChainLayer& spec = *context.layer(l).spec;
  const bool relu = spec.activation == Activation::relu && z == y;
  OuterProduct<T> product{};
  product.width = lanes;
  product.b = x;
  product.c = z;
  product.accumulate = fill_bias(context, l, z, lanes);
  product.epilogue = relu ? Epilogue::relu : Epilogue::store;
  multiply(context, l, false, product);
  if (!relu && (spec.activation != Activation::linear || z != y))
    context.kernels.activate(spec.activation, z, y, spec.outputs * lanes);
}

template <class T>
double loss_of_lanes(const Context<T>& context, const Dataset& data, Batch group, const T* y,
                     const T* targets, std::size_t lanes, std::size_t total, T* delta) {
  const std::size_t outputs = context.network.outputs();
  if (delta && group.count < lanes) std::fill_n(delta, outputs * lanes, T(0));
  double loss = 0;
  if (context.network.loss == LossKind::mse) {
    const double scale = 1 / (static_cast<double>(total) * static_cast<double>(outputs));
    for (std::size_t i = 0; i < outputs; ++i)
      loss += context.kernels.squared_error(y + i * lanes, targets + i * lanes, group.count,
                                            static_cast<T>(scale), delta ? delta + i * lanes : nullptr);
    return loss * scale;
  }
  T *sample_y = context.scratch.sample_y.get(), *sample_delta = context.scratch.sample_delta.get();
  for (std::size_t r = 0; r < group.count; ++r) {
    for (std::size_t i = 0; i < outputs; ++i) sample_y[i] = y[i * lanes + r];
    loss += cross_entropy_sample<T>(sample_y, data.as<T>().classes[group.sample(r)], outputs, total,
                                    delta ? sample_delta : nullptr);
    for (std::size_t i = 0; delta && i < outputs; ++i) delta[i * lanes + r] = sample_delta[i];
  }
  return loss;
}

template <class T>
double accumulate_lanes(const Context<T>& context, Activations<T>& activations, Gradients<T>& gradients,
                        const Dataset& data, Batch batch, std::uint8_t mask) {
  const std::size_t lowest = context.plan.lowest_trained(mask);
  double loss = 0;
  for (std::size_t first = 0; first < batch.count; first += activations.rows_per_block) {
    if (context.parallel.stopped()) break;
    const Batch block = batch.part(first, activations.rows_per_block);
    const Panels& samples = activations.sample_panels(block.count, context.kernels);
    activations.rows = samples.padded;
    for (const Panel& panel : samples.list)
      loss += pass_of_panel(context, activations, data, block.part(panel.offset, panel.columns), panel,
                            batch.count, lowest);
    const Backward<T> pass{context, activations, gradients, mask, first == 0};
    for (std::size_t l = lowest; l < context.depth(); ++l) gradients_of_block(pass, l, samples);
  }
  return loss;
}

#define ES_INSTANTIATE(T)                                                                                    \
  template void gather_lanes(const Context<T>&, const Dataset&, Batch, std::size_t, T*, T*);                 \
  template void forward_lanes(const Context<T>&, std::size_t, const T*, T*, T*, std::size_t);                \
  template double loss_of_lanes(const Context<T>&, const Dataset&, Batch, const T*, const T*, std::size_t,   \
                                std::size_t, T*);                                                            \
  template double accumulate_lanes(const Context<T>&, Activations<T>&, Gradients<T>&, const Dataset&, Batch, \
                                   std::uint8_t);
ES_INSTANTIATE(float)
ES_INSTANTIATE(double)
#undef ES_INSTANTIATE

}  // namespace eigenstudent::cpu
