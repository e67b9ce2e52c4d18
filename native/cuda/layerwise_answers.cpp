#include "cuda/layerwise_answers.h"

#include <algorithm>
#include <limits>
#include <vector>

namespace eigenstudent::cuda {

namespace {

constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();
/// Rows of a stretch where memory allows: enough to fill a GPU with one layer's tiles. A multiple of the samples that a
/// block of the loss kernel takes, so that the shares of a set are the same in any stretch.
constexpr std::uint32_t rows_at_once = 1u << 14;
constexpr std::uint32_t least_rows = 1u << 8;

/// Calls make(arena, rows) with an arena that has room for the largest stretch that fits.
template <class Make>
auto fit_rows(const DeviceStudent& student, std::size_t samples, const Make& make) {
  const std::size_t free_bytes = student.device.memory().free_bytes + student.scratch.bytes();
  for (std::uint32_t rows = rows_at_once;; rows /= 2) {
    const auto taken = static_cast<std::uint32_t>(std::min<std::size_t>(rows, samples));
    Arena counting;
    make(counting, taken);
    if (rows > least_rows && counting.bytes() > free_bytes / 2) continue;
    Arena arena(student.scratch.require(student.device, counting.bytes()));
    return make(arena, taken);
  }
}

template <class Stretch>
void for_stretches(std::size_t samples, std::uint32_t rows, const Stretch& stretch) {
  for (std::size_t first = 0; first < samples; first += rows)
    stretch(static_cast<std::uint32_t>(first),
            static_cast<std::uint32_t>(std::min<std::size_t>(rows, samples - first)));
}

/// A network with the rows that its buffers are for.
struct Fitted {
  LayerwiseNetwork network;
  std::uint32_t rows;
};
Fitted fit(const DeviceStudent& student, std::size_t samples) {
  Fitted fitted = fit_rows(student, samples, [&](Arena& arena, std::uint32_t rows) {
    return Fitted{LayerwiseNetwork(arena, student.network, student.layout, rows, false), rows};
  });
  fitted.network.set_parameters(student.parameters);
  return fitted;
}

PassRows stretch_of(const DeviceData& data, const NetworkSpec& network, std::uint32_t first,
                    std::uint32_t rows) {
  return {data.inputs + first * network.inputs(), rows, first, nullptr, nullptr};
}

double sum_of_shares(const DeviceStudent& student, const LayerwiseNetwork& network, std::uint32_t rows,
                     double sum) {
  std::vector<double> shares(loss_blocks(rows));
  student.device.copy_out(shares.data(), network.shares(), shares.size() * sizeof(double));
  for (const double share : shares) sum += share;
  return sum;
}

}  // namespace

Evaluation evaluate(const DeviceStudent& student, const DeviceData& data, const StopFlag& stop) {
  const Fitted fitted = fit(student, data.samples);
  double loss = 0;
  std::size_t right = 0;
  for_stretches(data.samples, fitted.rows, [&](std::uint32_t first, std::uint32_t rows) {
    if (stop.load(std::memory_order_relaxed)) return;
    const PassRows pass = stretch_of(data, student.network, first, rows);
    fitted.network.forward(student.device, pass, student.network.layers.size());
    fitted.network.loss(student.device, pass, data, data.samples);
    loss = sum_of_shares(student, fitted.network, rows, loss);
    if (!data.classes) return;
    std::vector<std::uint32_t> counts(loss_blocks(rows));
    student.device.copy_out(counts.data(), fitted.network.right(), counts.size() * sizeof(std::uint32_t));
    for (const std::uint32_t count : counts) right += count;
  });
  if (stop.load(std::memory_order_relaxed)) return {not_a_number, not_a_number};
  const double accuracy = static_cast<double>(right) / static_cast<double>(data.samples);
  return {loss, data.classes ? accuracy : not_a_number};
}

void predict(const DeviceStudent& student, const DeviceData& data, float* outputs) {
  const Fitted fitted = fit(student, data.samples);
  const std::size_t layers = student.network.layers.size(), width = student.network.outputs();
  for_stretches(data.samples, fitted.rows, [&](std::uint32_t first, std::uint32_t rows) {
    fitted.network.forward(student.device, stretch_of(data, student.network, first, rows), layers);
    student.device.copy_out(outputs + first * width, fitted.network.answers(layers - 1),
                            rows * width * sizeof(float));
  });
}

double gradient(const DeviceStudent& student, const DeviceData& data, float* gradient) {
  struct Scratch {
    Scratch(Arena& arena, const DeviceStudent& of, std::uint32_t rows)
        : network(arena, of.network, of.layout, rows, true),
          tensors(arena.take<TensorPlace>(of.layout.tensors().size())),
          collected(arena.take<float>(of.layout.size())) {}
    LayerwiseNetwork network;
    TensorPlace* tensors;
    float* collected;
  };
  const auto rows = static_cast<std::uint32_t>(data.samples);
  Device& device = student.device;
  Arena counting;
  const Scratch counted(counting, student, rows);
  Arena arena(student.scratch.require(device, counting.bytes()));
  Scratch scratch(arena, student, rows);
  scratch.network.set_parameters(student.parameters);
  const std::vector<TensorPlace> places = scratch.network.tensor_places();
  device.copy_in(scratch.tensors, places.data(), places.size() * sizeof(TensorPlace));
  const PassRows pass = stretch_of(data, student.network, 0, rows);
  scratch.network.forward(device, pass, student.network.layers.size());
  scratch.network.loss(device, pass, data, data.samples);
  scratch.network.backward(device, pass);
  Update update{};
  update.tensors = scratch.tensors;
  update.tensor_count = static_cast<std::uint32_t>(places.size());
  update.parameters = const_cast<float*>(student.parameters);  // not written where gradients are collected
  update.collected = scratch.collected;
  device.kernels().update(device, update, scratch.network.largest_tensor());
  device.copy_out(gradient, scratch.collected, student.layout.size() * sizeof(float));
  return sum_of_shares(student, scratch.network, rows, 0);
}

namespace {

/// Device memory of a pruning curve.
struct PruningScratch {
  PruningScratch(Arena& arena, const DeviceStudent& student, std::size_t pruned, std::uint32_t rows_,
                 std::uint32_t stride, bool columns_in_memory)
      : network(arena, student.network, student.layout, rows_, false), rows(rows_) {
    const std::vector<LayerSpec>& layers = student.network.layers;
    const std::size_t nodes = layers[pruned].outputs, above = pruned + 1;
    order = arena.take<std::uint32_t>(nodes);
    answers = arena.take<float>(nodes * rows);
    columns = arena.take<float>(nodes * layers[above].outputs);
    for (std::size_t l = above + 1; l < layers.size(); ++l)
      formed.push_back(arena.take<float>(layers[l].inputs * layers[l].outputs));
    tail = arena.take<TailLayer>(formed.size());
    shares = arena.take<double>(pruning_groups(rows) * (nodes + 1));
    sums = arena.take<double>(nodes + 1);
    const std::size_t samples = static_cast<std::size_t>(pruning_groups(rows)) * pruning_group_samples();
    scratch = arena.take<float>(columns_in_memory ? samples * stride : 0);
  }
  LayerwiseNetwork network;
  std::uint32_t rows;
  std::uint32_t* order;
  float* answers;
  float* columns;
  std::vector<float*> formed;
  TailLayer* tail;
  double* shares;
  double* sums;
  float* scratch;
};

/// Floats of a sample's column: z of the layer above, and the answers from there on. Odd.
std::uint32_t column_stride(const NetworkSpec& network, std::size_t pruned) {
  std::size_t floats = network.layers[pruned + 1].outputs;
  for (std::size_t l = pruned + 1; l < network.layers.size(); ++l) floats += network.layers[l].outputs;
  return static_cast<std::uint32_t>(floats | 1);
}

/// Forms what every stretch uses: the order of adding, the columns of the layer above in it, the weights behind.
void prepare(const DeviceStudent& student, std::size_t pruned, std::span<const std::uint32_t> removal_order,
             const PruningScratch& scratch) {
  Device& device = student.device;
  const std::vector<std::uint32_t> order(removal_order.rbegin(), removal_order.rend());
  device.copy_in(scratch.order, order.data(), order.size() * sizeof(std::uint32_t));
  const std::size_t above = pruned + 1;
  device.kernels().form_weights(device,
                                {scratch.network.weights(above), scratch.order, true, scratch.columns});
  std::vector<TailLayer> tail;
  for (std::size_t l = above + 1; l < student.network.layers.size(); ++l) {
    float* formed = scratch.formed[l - above - 1];
    const Weights weights = scratch.network.weights(l);
    device.kernels().form_weights(device, {weights, nullptr, false, formed});
    tail.push_back({formed, scratch.network.bias(l), weights.inputs, weights.outputs,
                    student.network.layers[l].activation});
  }
  if (!tail.empty()) device.copy_in(scratch.tail, tail.data(), tail.size() * sizeof(TailLayer));
}

PruningLosses losses_of(const DeviceStudent& student, std::size_t pruned, const PruningScratch& scratch,
                        const DeviceData& data, const PassRows& pass) {
  const LayerSpec& above = student.network.layers[pruned + 1];
  PruningLosses losses{};
  losses.rows = pass.rows;
  losses.nodes = static_cast<std::uint32_t>(student.network.layers[pruned].outputs);
  losses.first = pass.first;
  losses.mean_over = data.samples;
  losses.answers = scratch.answers;
  losses.columns = scratch.columns;
  losses.bias = scratch.network.bias(pruned + 1);
  losses.activation = above.activation;
  losses.outputs = static_cast<std::uint32_t>(above.outputs);
  losses.tail = scratch.tail;
  losses.tail_count = static_cast<std::uint32_t>(scratch.formed.size());
  losses.loss = student.network.loss;
  losses.targets = data.targets;
  losses.classes = data.classes;
  losses.stride = column_stride(student.network, pruned);
  losses.scratch = scratch.scratch;
  losses.shares = scratch.shares;
  return losses;
}

/// The pruned layer's answers, a row a node in the order of adding.
void answer_in_order(const DeviceStudent& student, std::size_t pruned, const PruningScratch& scratch,
                     const PassRows& pass) {
  scratch.network.forward(student.device, pass, pruned);
  ForwardProduct product{};
  product.rows = pass.rows;
  product.activation = student.network.layers[pruned].activation;
  product.weights = scratch.network.weights(pruned);
  product.bias = scratch.network.bias(pruned);
  product.x = pruned == 0 ? pass.x : scratch.network.answers(pruned - 1);
  product.y = scratch.answers;
  product.order = scratch.order;
  product.transposed = true;
  student.device.kernels().forward_product(student.device, product);
}

}  // namespace

void pruning_curve(const DeviceStudent& student, std::size_t layer,
                   std::span<const std::uint32_t> removal_order, const DeviceData& data,
                   std::span<double> losses, const StopFlag& stop) {
  Device& device = student.device;
  const std::uint32_t stride = column_stride(student.network, layer);
  const bool in_memory = pruning_shared_bytes(stride) > device.limits().shared_bytes_per_block;
  PruningScratch scratch = fit_rows(student, data.samples, [&](Arena& arena, std::uint32_t rows) {
    return PruningScratch(arena, student, layer, rows, stride, in_memory);
  });
  scratch.network.set_parameters(student.parameters);
  prepare(student, layer, removal_order, scratch);
  device.clear(scratch.sums, losses.size() * sizeof(double));
  for_stretches(data.samples, scratch.rows, [&](std::uint32_t first, std::uint32_t rows) {
    if (stop.load(std::memory_order_relaxed)) return;
    const PassRows pass = stretch_of(data, student.network, first, rows);
    answer_in_order(student, layer, scratch, pass);
    device.kernels().pruning_losses(device, losses_of(student, layer, scratch, data, pass));
    device.kernels().sum_shares(device, {pruning_groups(rows), static_cast<std::uint32_t>(losses.size()),
                                         scratch.shares, scratch.sums});
  });
  device.copy_out(losses.data(), scratch.sums, losses.size() * sizeof(double));
  if (stop.load(std::memory_order_relaxed)) std::fill(losses.begin(), losses.end(), not_a_number);
}

}  // namespace eigenstudent::cuda
