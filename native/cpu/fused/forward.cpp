#include "cpu/fused/forward.h"

#include "cpu/fused/pair.h"
#include "losses/cross_entropy.h"
#include "losses/mse.h"

namespace eigenstudent::cpu {
namespace {

/// Copies the block's samples into panels: [rows] rows of x.
template <class T>
void gather(const Context<T>& context, Activations<T>& activations, const Dataset& data, Batch block) {
  const T* inputs = data.as<T>().inputs.data();
  const std::size_t count = data.input_count;
  const std::uint32_t* order = block.order ? block.order + block.first : nullptr;
  if (!order) inputs += block.first * count;
  for (const Panel& panel : context.plan.input.list)
    context.kernels.copy_rows({block.count, panel.columns, inputs + panel.offset, count,
                               activations.input(0) + panel.offset * block.count, panel.width, order});
}

/// z, and y where f is relu: the lanes run along the outputs.
template <class T>
void forward_outer(const Context<T>& context, Activations<T>& activations, std::size_t l) {
  const LayerPlan& plan = context.layer(l);
  const std::size_t rows = activations.rows;
  const Epilogue last = plan.spec->activation == Activation::relu ? Epilogue::relu : Epilogue::store;
  std::vector<Segment<T>>& segments = context.scratch.segments;
  segments_of(plan.in, activations.input(l), rows, segments);
  for_ranges(segments.size(), plan.chunk, [&](Range chunk) {
    context.parallel.each_until_stopped(plan.out.list.size(), [&](std::size_t p, unsigned thread) {
      const Panel& panel = plan.out.list[p];
      OuterProduct<T> product{};
      product.rows = rows;
      product.width = panel.width;
      product.segments = segments.data() + chunk.first;
      product.segment_count = chunk.end - chunk.first;
      product.b = outer_weights(context, l, true, panel, chunk, thread);
      product.c = activations.z(l) + panel.offset * rows;
      product.bias = context.bias(l, panel.offset);
      product.accumulate = chunk.first > 0;
      product.epilogue = chunk.end == segments.size() ? last : Epilogue::store;
      context.kernels.outer_product(product);
    });
  });
}

/// z by sums along the lanes of x: few outputs, many inputs.
template <class T>
void forward_dot(const Context<T>& context, Activations<T>& activations, std::size_t l) {
  const LayerPlan& plan = context.layer(l);
  const std::size_t rows = activations.rows;
  context.parallel.each_until_stopped(plan.out.list.size(), [&](std::size_t p, unsigned thread) {
    const Panel& panel = plan.out.list[p];
    T* c = activations.z(l) + panel.offset * rows;
    for_ranges(plan.in.list.size(), plan.dot_chunk, [&](Range chunk) {
      const T* x = activations.input(l) + plan.in.list[chunk.first].offset * rows;
      const DotWeights<T> weights = dot_weights(context, l, panel, chunk, thread);
      context.kernels.dot_product({rows, weights.first, panel.columns, weights.rows, x, weights.w,
                                   plan.in.widths.data() + chunk.first, chunk.end - chunk.first, c,
                                   static_cast<std::ptrdiff_t>(panel.width), chunk.first > 0});
    });
    add_bias(context, l, panel, rows, c);
  });
}

template <class T>
void forward_layer(const Context<T>& context, Activations<T>& activations, std::size_t l) {
  const LayerPlan& plan = context.layer(l);
  if (plan.forward_by_dot)
    forward_dot(context, activations, l);
  else
    forward_outer(context, activations, l);
  const Activation activation = plan.spec->activation;
  const bool done =
      activation == Activation::linear || (activation == Activation::relu && !plan.forward_by_dot);
  if (done) return;
  context.parallel.each_until_stopped(plan.out.list.size(), [&](std::size_t p, unsigned) {
    const Panel& panel = plan.out.list[p];
    const std::size_t at = panel.offset * activations.rows;
    context.kernels.activate(activation, activations.z(l) + at, activations.y(l) + at,
                             activations.rows * panel.width);
  });
}

/// dL/dz of the last layer from dL/dy.
template <class T>
void differentiate_outputs(const Context<T>& context, Activations<T>& activations) {
  const std::size_t top = context.depth() - 1;
  const LayerPlan& last = context.layer(top);
  if (last.spec->activation != Activation::linear)
    context.kernels.activation_backward(last.spec->activation, activations.z(top), activations.y(top),
                                        activations.delta(top), activations.rows * last.out.padded);
}

}  // namespace

template <class T>
void add_bias(const Context<T>& context, std::size_t l, const Panel& panel, std::size_t rows, T* z) {
  const T* bias = context.bias(l, panel.offset);
  if (!bias) return;
  for (std::size_t r = 0; r < rows; ++r)
    for (std::size_t n = 0; n < panel.columns; ++n) z[r * panel.width + n] += bias[n];
}

template <class T>
void forward_block(const Context<T>& context, Activations<T>& activations, const Dataset& data, Batch block) {
  activations.rows = block.count;
  gather(context, activations, data, block);
  if (context.plan.paired) forward_pair(context, activations);
  for (std::size_t l = context.plan.paired ? 2 : 0; l < context.depth(); ++l)
    forward_layer(context, activations, l);
}

/// Sums run in the order of the samples.
template <class T>
Score loss_of_block(const Context<T>& context, Activations<T>& activations, const Dataset& data, Batch block,
                    std::size_t total, bool want_delta) {
  const LayerPlan& last = context.plan.layers.back();
  const std::size_t outputs = last.spec->outputs, rows = block.count;
  const Samples<T>& samples = data.as<T>();
  const bool contiguous = last.out.list.size() == 1;
  const std::size_t width = last.out.list.front().width;
  const T* y_block = activations.y(context.depth() - 1);
  T* delta_block = activations.delta(context.depth() - 1);
  T *sample_y = context.scratch.sample_y.get(), *sample_delta = context.scratch.sample_delta.get();
  const double scale = mse_scale(outputs, total);
  Score score;
  for (std::size_t r = 0; r < rows; ++r) {
    const std::size_t sample = block.sample(r);
    const T* prediction = contiguous ? y_block + r * width : sample_y;
    T* gradient = !want_delta ? nullptr : contiguous ? delta_block + r * width : sample_delta;
    if (!contiguous)
      for (const Panel& p : last.out.list)
        std::copy_n(y_block + p.offset * rows + r * p.width, p.columns, sample_y + p.offset);
    if (context.network.loss == LossKind::mse) {
      score.loss += scaled_squared_error(prediction, samples.targets.data() + sample * outputs, outputs,
                                         scale, gradient);
    } else {
      const std::uint32_t label = samples.classes[sample];
      score.loss += cross_entropy_sample(prediction, label, outputs, total, gradient);
      score.correct +=
          static_cast<std::size_t>(std::max_element(prediction, prediction + outputs) - prediction) == label;
    }
    if (want_delta && !contiguous)
      for (const Panel& p : last.out.list)
        std::copy_n(sample_delta + p.offset, p.columns, delta_block + p.offset * rows + r * p.width);
  }
  if (want_delta) differentiate_outputs(context, activations);
  return score;
}

#define ES_INSTANTIATE(T)                                                                              \
  template void forward_block(const Context<T>&, Activations<T>&, const Dataset&, Batch);              \
  template Score loss_of_block(const Context<T>&, Activations<T>&, const Dataset&, Batch, std::size_t, \
                               bool);                                                                  \
  template void add_bias(const Context<T>&, std::size_t, const Panel&, std::size_t, T*);
ES_INSTANTIATE(float)
ES_INSTANTIATE(double)
#undef ES_INSTANTIATE

}  // namespace eigenstudent::cpu
