// Outputs of a Workspace, for evaluations and predictions. Narrow students answer with the lanes along the samples
// (lanes.cpp), a group of `lanes` at a time, and a layer that widens is computed a few panels of its nodes at a time, which
// the layer above takes up at once (isa/layer_pair.h): h outputs of a sample never leave the first-level cache. Wide ones go through the layers of
// training, all threads together (forward.cpp).
#include <algorithm>

#include "cpu/workspace.h"

namespace eigenstudent::cpu {

/// The buffers of one group of samples, in `lanes_`.
template <class T>
struct Workspace<T>::EvaluationGroup {
  std::size_t lanes;
  T* inputs;            // [N_0][lanes]
  T* targets;           // [N_out][lanes]
  T* layer_outputs[2];  // [widest][lanes]: of the layer at hand and of the one below
  T* nodes;             // [2 panels][lanes]: of those that the layer above takes up at once
};

template <class T>
typename Workspace<T>::EvaluationGroup Workspace<T>::evaluation_group() {
  const std::size_t lanes = usual_width(kernels_);
  const std::size_t inputs = student_->network().inputs(), outputs = student_->network().outputs();
  T* next = lanes_.require((inputs + outputs + 2 * plan_->widest + 2 * usual_width(kernels_)) * lanes);
  const auto take_rows = [&](std::size_t rows) {
    T* at = next;
    next += rows * lanes;
    return at;
  };
  EvaluationGroup group{};
  group.lanes = lanes;
  group.inputs = take_rows(inputs);
  group.targets = take_rows(outputs);
  for (T*& layer_outputs : group.layer_outputs) layer_outputs = take_rows(plan_->widest);
  group.nodes = take_rows(2 * usual_width(kernels_));
  return group;
}

/// Whether layer l goes together with the one above it: its weights lie along its nodes, and there is one above.
template <class T>
bool Workspace<T>::outputs_in_panels(std::size_t l) const {
  return layer(l).wide_out && l + 1 < depth();
}

/// y of layer l + 1, [N_out][lanes], from the input x of layer l, [N_in][lanes].
template <class T>
void Workspace<T>::forward_two_layers(std::size_t l, const EvaluationGroup& group, const T* x, T* y) {
  const LayerPlan &plan = layer(l), &above = layer(l + 1);
  LayerPair<T> pair{};
  pair.inputs = plan.spec->inputs;
  pair.nodes = plan.spec->outputs;
  pair.outputs = above.spec->outputs;
  pair.widths = plan.out.widths.data();
  pair.panel_count = plan.out.widths.size();
  pair.x = x;
  pair.lower_weights = weights_over_out(plan);
  pair.bias = plan.bias == LayerPlan::npos ? nullptr : parameters() + plan.bias;
  pair.lower = plan.spec->activation;
  pair.upper_weights = weights_over_in(above);
  pair.y = group.nodes;
  pair.z = y;
  const std::size_t layer_outputs = pair.outputs * group.lanes;
  if (!fill_bias(l + 1, y, group.lanes)) std::fill_n(y, layer_outputs, T(0));
  kernels_.layer_pair(pair);
  if (above.spec->activation != Activation::linear)
    kernels_.activate(above.spec->activation, y, y, layer_outputs);
}

/// The network's outputs, [N_out][lanes], for the inputs of the group.
template <class T>
const T* Workspace<T>::forward_group(const EvaluationGroup& group) {
  const T* x = group.inputs;
  for (std::size_t l = 0, turn = 0; l < depth(); turn = 1 - turn) {
    T* y = group.layer_outputs[turn];
    if (outputs_in_panels(l)) {
      forward_two_layers(l, group, x, y);
      l += 2;
    } else {
      forward_lanes(l, x, y, y, group.lanes);
      l += 1;
    }
    x = y;
  }
  return x;
}

/// Samples whose largest output is the class; 0 without classes. y: [N_out][lanes].
template <class T>
std::size_t Workspace<T>::correct_of_lanes(const Dataset& data, Batch group, const T* y,
                                           std::size_t lanes) const {
  const std::vector<std::uint32_t>& classes = data.as<T>().classes;
  if (student_->network().loss == LossKind::mse) return 0;
  std::size_t correct = 0;
  for (std::size_t r = 0; r < group.count; ++r) {
    std::size_t largest = 0;
    for (std::size_t i = 1; i < student_->network().outputs(); ++i)
      if (y[largest * lanes + r] < y[i * lanes + r]) largest = i;
    correct += largest == classes[group.sample(r)];
  }
  return correct;
}

template <class T>
typename Workspace<T>::Score Workspace<T>::evaluate(const Dataset& data, Batch batch, std::size_t total) {
  if (plan_->wide) return evaluate_blocks(data, batch, total);
  const EvaluationGroup group = evaluation_group();
  Score score;
  for (std::size_t first = 0; first < batch.count; first += group.lanes) {
    const Batch samples{batch.order, batch.first + first, std::min(group.lanes, batch.count - first)};
    gather_lanes(data, samples, group.lanes, group.inputs, group.targets);
    const T* y = forward_group(group);
    score.loss += loss_of_lanes(data, samples, y, group.targets, group.lanes, total, nullptr);
    score.correct += correct_of_lanes(data, samples, y, group.lanes);
  }
  return score;
}

template <class T>
void Workspace<T>::predict(const Dataset& data, Batch batch, T* outputs) {
  if (plan_->wide) return predict_blocks(data, batch, outputs);
  const EvaluationGroup group = evaluation_group();
  const std::size_t count = student_->network().outputs();
  for (std::size_t first = 0; first < batch.count; first += group.lanes) {
    const Batch samples{batch.order, batch.first + first, std::min(group.lanes, batch.count - first)};
    gather_lanes(data, samples, group.lanes, group.inputs, group.targets);
    const T* y = forward_group(group);
    for (std::size_t r = 0; r < samples.count; ++r)
      for (std::size_t i = 0; i < count; ++i) outputs[(first + r) * count + i] = y[i * group.lanes + r];
  }
}

template <class T>
typename Workspace<T>::Score Workspace<T>::evaluate_blocks(const Dataset& data, Batch batch,
                                                           std::size_t total) {
  Score score;
  for (std::size_t first = 0; first < batch.count; first += rows_) {
    const std::size_t rows = std::min(rows_, batch.count - first);
    gather(data, batch, first, rows);
    forward_block(0, rows);
    const Score block = loss_of_block(data, batch, first, rows, total, false);
    score.loss += block.loss;
    score.correct += block.correct;
  }
  return score;
}

template <class T>
void Workspace<T>::predict_blocks(const Dataset& data, Batch batch, T* outputs) {
  const Panels& out = plan_->layers.back().out;
  for (std::size_t first = 0; first < batch.count; first += rows_) {
    const std::size_t rows = std::min(rows_, batch.count - first);
    gather(data, batch, first, rows);
    forward_block(0, rows);
    from_panels(out, rows, y(depth() - 1, rows), outputs + first * out.columns);
  }
}

#define ES_INSTANTIATE(T)                                                                                  \
  template Workspace<T>::EvaluationGroup Workspace<T>::evaluation_group();                                 \
  template bool Workspace<T>::outputs_in_panels(std::size_t) const;                                        \
  template void Workspace<T>::forward_two_layers(std::size_t, const EvaluationGroup&, const T*, T*);       \
  template const T* Workspace<T>::forward_group(const EvaluationGroup&);                                   \
  template std::size_t Workspace<T>::correct_of_lanes(const Dataset&, Batch, const T*, std::size_t) const; \
  template Workspace<T>::Score Workspace<T>::evaluate(const Dataset&, Batch, std::size_t);                 \
  template void Workspace<T>::predict(const Dataset&, Batch, T*);                                          \
  template Workspace<T>::Score Workspace<T>::evaluate_blocks(const Dataset&, Batch, std::size_t);          \
  template void Workspace<T>::predict_blocks(const Dataset&, Batch, T*);
ES_INSTANTIATE(float)
ES_INSTANTIATE(double)
#undef ES_INSTANTIATE

}  // namespace eigenstudent::cpu
