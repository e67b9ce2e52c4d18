// Losses and outputs. Narrow students are evaluated with the lanes along the samples (lanes.h), a group of
// `lanes` at a time, and a layer that widens is computed a few panels of its nodes at a time, which the layer
// above reads at once (isa/layer_pair.h): h outputs of a sample never leave the first-level cache. Wide ones
// go through the layers of training, all threads together (forward.h).
#include "cpu/fused/evaluation.h"

#include "cpu/fused/lanes.h"

namespace eigenstudent::cpu {
namespace {

/// The matrices of one group of samples, in scratch.lanes.
template <class T>
struct Group {
  std::size_t lanes;
  T* inputs;            // [N_0][lanes]
  T* targets;           // [N_out][lanes]
  T* layer_outputs[2];  // [widest][lanes]: of the current layer and of the one below
  T* nodes;             // [2 panels][lanes]: of those that the layer above reads at once
};

template <class T>
Group<T> make_group(const Context<T>& context) {
  const std::size_t lanes = usual_width(context.kernels), widest = context.plan.widest;
  const std::size_t inputs = context.network.inputs(), outputs = context.network.outputs();
  T* next = context.scratch.lanes.require((inputs + outputs + 2 * widest + 2 * lanes) * lanes);
  const auto take_rows = [&](std::size_t rows) {
    T* at = next;
    next += rows * lanes;
    return at;
  };
  Group<T> group{};
  group.lanes = lanes;
  group.inputs = take_rows(inputs);
  group.targets = take_rows(outputs);
  for (T*& layer_outputs : group.layer_outputs) layer_outputs = take_rows(widest);
  group.nodes = take_rows(2 * lanes);
  return group;
}

/// y of layer l + 1, [N_out][lanes], from the input x of layer l, [N_in][lanes].
template <class T>
void forward_two_layers(const Context<T>& context, std::size_t l, const Group<T>& group, const T* x, T* y) {
  const LayerPlan &plan = context.layer(l), &above = context.layer(l + 1);
  LayerPair<T> pair{};
  pair.inputs = plan.spec->inputs;
  pair.nodes = plan.spec->outputs;
  pair.outputs = above.spec->outputs;
  pair.widths = plan.out.widths.data();
  pair.panel_count = plan.out.widths.size();
  pair.x = x;
  pair.lower_weights = context.weights_over_out(plan);
  pair.bias = context.bias(l);
  pair.lower = plan.spec->activation;
  pair.upper_weights = context.weights_over_in(above);
  pair.y = group.nodes;
  pair.z = y;
  const std::size_t layer_outputs = pair.outputs * group.lanes;
  if (!fill_bias(context, l + 1, y, group.lanes)) std::fill_n(y, layer_outputs, T(0));
  context.kernels.layer_pair(pair);
  if (above.spec->activation != Activation::linear)
    context.kernels.activate(above.spec->activation, y, y, layer_outputs);
}

/// The network's outputs, [N_out][lanes], for the inputs of the group. A layer whose weights lie along its
/// nodes is computed together with the one above it.
template <class T>
const T* forward_group(const Context<T>& context, const Group<T>& group) {
  const T* x = group.inputs;
  for (std::size_t l = 0, turn = 0; l < context.depth(); turn = 1 - turn) {
    T* y = group.layer_outputs[turn];
    if (context.layer(l).wide_out && l + 1 < context.depth()) {
      forward_two_layers(context, l, group, x, y);
      l += 2;
    } else {
      forward_lanes(context, l, x, y, y, group.lanes);
      l += 1;
    }
    x = y;
  }
  return x;
}

/// Group by group of a narrow student: take(samples, where the group's samples begin in the batch, outputs [N_out][lanes], group).
template <class T, class Take>
void for_groups(const Context<T>& context, const Dataset& data, Batch batch, const Take& take) {
  const Group<T> group = make_group(context);
  for (std::size_t first = 0; first < batch.count; first += group.lanes) {
    const Batch samples = batch.part(first, group.lanes);
    gather_lanes(context, data, samples, group.lanes, group.inputs, group.targets);
    take(samples, first, forward_group(context, group), group);
  }
}

/// Samples whose largest output is the class; 0 without classes. y: [N_out][lanes].
template <class T>
std::size_t correct_of_lanes(const Context<T>& context, const Dataset& data, Batch group, const T* y,
                             std::size_t lanes) {
  const std::vector<std::uint32_t>& classes = data.as<T>().classes;
  if (context.network.loss == LossKind::mse) return 0;
  std::size_t correct = 0;
  for (std::size_t r = 0; r < group.count; ++r) {
    std::size_t largest = 0;
    for (std::size_t i = 1; i < context.network.outputs(); ++i)
      if (y[largest * lanes + r] < y[i * lanes + r]) largest = i;
    correct += largest == classes[group.sample(r)];
  }
  return correct;
}

/// Block by block of a wide student, whose outputs are then computed: take(block, where it begins in the batch).
template <class T, class Take>
void for_blocks(const Context<T>& context, Activations<T>& activations, const Dataset& data, Batch batch,
                const Take& take) {
  for (std::size_t first = 0; first < batch.count; first += activations.rows_per_block) {
    const Batch block = batch.part(first, activations.rows_per_block);
    forward_block(context, activations, data, block);
    take(block, first);
  }
}

}  // namespace

template <class T>
Score evaluate(const Context<T>& context, Activations<T>& activations, const Dataset& data, Batch batch,
               std::size_t total) {
  Score score;
  if (context.plan.wide)
    for_blocks(context, activations, data, batch, [&](Batch block, std::size_t) {
      const Score of_block = loss_of_block(context, activations, data, block, total, false);
      score.loss += of_block.loss;
      score.correct += of_block.correct;
    });
  else
    for_groups(context, data, batch, [&](Batch samples, std::size_t, const T* y, const Group<T>& group) {
      score.loss += loss_of_lanes<T>(context, data, samples, y, group.targets, group.lanes, total, nullptr);
      score.correct += correct_of_lanes(context, data, samples, y, group.lanes);
    });
  return score;
}

template <class T>
void predict(const Context<T>& context, Activations<T>& activations, const Dataset& data, Batch batch,
             T* outputs) {
  const Panels& out = context.plan.layers.back().out;
  if (context.plan.wide)
    for_blocks(context, activations, data, batch, [&](Batch block, std::size_t first) {
      from_panels(out, block.count, activations.y(context.depth() - 1), outputs + first * out.columns);
    });
  else
    for_groups(context, data, batch,
               [&](Batch samples, std::size_t first, const T* y, const Group<T>& group) {
                 for (std::size_t r = 0; r < samples.count; ++r)
                   for (std::size_t i = 0; i < out.columns; ++i)
                     outputs[(first + r) * out.columns + i] = y[i * group.lanes + r];
               });
}

#define ES_INSTANTIATE(T)                                                                          \
  template Score evaluate(const Context<T>&, Activations<T>&, const Dataset&, Batch, std::size_t); \
  template void predict(const Context<T>&, Activations<T>&, const Dataset&, Batch, T*);
ES_INSTANTIATE(float)
ES_INSTANTIATE(double)
#undef ES_INSTANTIATE

}  // namespace eigenstudent::cpu
