// Forward passes of a Workspace: gather, layers, loss.
#include <algorithm>
#include <cmath>

#include "cpu/workspace.h"
#include "losses/cross_entropy.h"
#include "losses/mse.h"

namespace eigenstudent::cpu {

/// Copies the block's samples into panels: [rows] rows of x.
template <class T>
void Workspace<T>::gather(const Dataset& data, Batch batch, std::size_t first, std::size_t rows) {
  const T* inputs = data.as<T>().inputs.data();
  const std::size_t count = data.input_count;
  const std::uint32_t* order = batch.order ? batch.order + batch.first + first : nullptr;
  if (!order) inputs += (batch.first + first) * count;
  for (const Panel& panel : plan_->input.list)
    kernels_.copy_rows({rows, panel.columns, inputs + panel.offset, count,
                        activations_.get() + panel.offset * rows, panel.width, order});
}

template <class T>
void Workspace<T>::forward_layer(std::size_t l, std::size_t rows) {
  const LayerPlan& plan = layer(l);
  if (plan.forward_by_dot)
    forward_dot(l, rows);
  else
    forward_outer(l, rows);
  const Activation activation = plan.spec->activation;
  const bool done =
      activation == Activation::linear || (activation == Activation::relu && !plan.forward_by_dot);
  if (done) return;
  parallel_.each_until_stopped(plan.out.list.size(), [&](std::size_t p, unsigned) {
    const Panel& panel = plan.out.list[p];
    const std::size_t at = panel.offset * rows;
    kernels_.activate(activation, z(l, rows) + at, y(l, rows) + at, rows * panel.width);
  });
}

/// z, and y where f is relu: the lanes run along the outputs.
template <class T>
void Workspace<T>::forward_outer(std::size_t l, std::size_t rows) {
  const LayerPlan& plan = layer(l);
  const T* bias = plan.bias == LayerPlan::npos ? nullptr : parameters() + plan.bias;
  const Epilogue last = plan.spec->activation == Activation::relu ? Epilogue::relu : Epilogue::store;
  segments_of(plan.in, input(l, rows), rows, segments_);
  for_ranges(segments_.size(), plan.chunk, [&](Range chunk) {
    parallel_.each_until_stopped(plan.out.list.size(), [&](std::size_t p, unsigned thread) {
      const Panel& panel = plan.out.list[p];
      OuterProduct<T> product{};
      product.rows = rows;
      product.width = panel.width;
      product.segments = segments_.data() + chunk.first;
      product.segment_count = chunk.end - chunk.first;
      product.b = outer_weights(l, true, panel, chunk, thread);
      product.c = z(l, rows) + panel.offset * rows;
      product.bias = bias ? bias + panel.offset : nullptr;
      product.accumulate = chunk.first > 0;
      product.epilogue = chunk.end == segments_.size() ? last : Epilogue::store;
      kernels_.outer_product(product);
    });
  });
}

/// z by sums along the lanes of x: few outputs, many inputs.
template <class T>
void Workspace<T>::forward_dot(std::size_t l, std::size_t rows) {
  const LayerPlan& plan = layer(l);
  parallel_.each_until_stopped(plan.out.list.size(), [&](std::size_t p, unsigned thread) {
    const Panel& panel = plan.out.list[p];
    T* c = z(l, rows) + panel.offset * rows;
    for_ranges(plan.in.list.size(), plan.dot_chunk, [&](Range chunk) {
      const T* x = input(l, rows) + plan.in.list[chunk.first].offset * rows;
      const DotWeights weights = dot_weights(l, panel, chunk, thread);
      kernels_.dot_product({rows, weights.first, panel.columns, weights.rows, x, weights.w,
                            plan.in.widths.data() + chunk.first, chunk.end - chunk.first, c,
                            static_cast<std::ptrdiff_t>(panel.width), chunk.first > 0});
    });
    add_bias(l, panel, rows, c);
  });
}

/// To rows of a panel.
template <class T>
void Workspace<T>::add_bias(std::size_t l, const Panel& panel, std::size_t rows, T* z) {
  if (layer(l).bias == LayerPlan::npos) return;
  const T* bias = parameters() + layer(l).bias + panel.offset;
  for (std::size_t r = 0; r < rows; ++r)
    for (std::size_t n = 0; n < panel.columns; ++n) z[r * panel.width + n] += bias[n];
}

template <class T>
void Workspace<T>::forward_block(std::size_t first_layer, std::size_t rows) {
  if (plan_->paired && first_layer == 0) {
    forward_pair(rows);
    first_layer = 2;
  }
  for (std::size_t l = first_layer; l < depth(); ++l) forward_layer(l, rows);
}

/// Loss of the block's outputs; with want_delta also dL/dy of the last layer. Sums run in the order of the
/// samples.
template <class T>
typename Workspace<T>::Score Workspace<T>::loss_of_block(const Dataset& data, Batch batch, std::size_t first,
                                                         std::size_t rows, std::size_t total,
                                                         bool want_delta) {
  const LayerPlan& last = plan_->layers.back();
  const std::size_t outputs = last.spec->outputs;
  const Samples<T>& samples = data.as<T>();
  const bool contiguous = last.out.list.size() == 1;
  const std::size_t width = last.out.list.front().width;
  const T* y_block = y(depth() - 1, rows);
  T* delta_block = delta(depth() - 1, rows);
  const double scale = mse_scale(outputs, total);
  Score score;
  for (std::size_t r = 0; r < rows; ++r) {
    const std::size_t sample = batch.sample(first + r);
    const T* prediction = contiguous ? y_block + r * width : sample_y_.get();
    T* gradient = !want_delta ? nullptr : contiguous ? delta_block + r * width : sample_delta_.get();
    if (!contiguous)
      for (const Panel& p : last.out.list)
        std::copy_n(y_block + p.offset * rows + r * p.width, p.columns, sample_y_.get() + p.offset);
    if (student_->network().loss == LossKind::mse) {
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
        std::copy_n(sample_delta_.get() + p.offset, p.columns, delta_block + p.offset * rows + r * p.width);
  }
  return score;
}

#define ES_INSTANTIATE(T)                                                                                   \
  template void Workspace<T>::gather(const Dataset&, Batch, std::size_t, std::size_t);                      \
  template void Workspace<T>::forward_outer(std::size_t, std::size_t);                                      \
  template void Workspace<T>::forward_dot(std::size_t, std::size_t);                                        \
  template void Workspace<T>::add_bias(std::size_t, const Panel&, std::size_t, T*);                         \
  template void Workspace<T>::forward_layer(std::size_t, std::size_t);                                      \
  template void Workspace<T>::forward_block(std::size_t, std::size_t);                                      \
  template Workspace<T>::Score Workspace<T>::loss_of_block(const Dataset&, Batch, std::size_t, std::size_t, \
                                                           std::size_t, bool);
ES_INSTANTIATE(float)
ES_INSTANTIATE(double)
#undef ES_INSTANTIATE

}  // namespace eigenstudent::cpu
