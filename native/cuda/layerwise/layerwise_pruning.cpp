// Enqueues the pruning curve that layerwise_pruning.h computes.
#include <algorithm>
#include <vector>

#include "cuda/layerwise/layerwise_evaluation.h"
#include "cuda/layerwise/layerwise_stretches.h"

namespace eigenstudent::cuda {

namespace {

/// Device memory of a pruning curve.
struct PruningScratch {
  PruningScratch(Arena& arena, const DeviceStudent& student, std::size_t pruned, std::uint32_t rows_,
                 std::uint32_t stride, bool columns_in_memory)
      : network(arena, student.network, student.layout, rows_, false), rows(rows_) {
    const std::vector<ChainLayer>& layers = student.network.layers;
    const std::size_t nodes = layers[pruned].outputs, above = pruned + 1;
    order = arena.take<std::uint32_t>(nodes);
    layer_outputs = arena.take<float>(nodes * rows);
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
  float* layer_outputs;
  float* columns;
  std::vector<float*> formed;
  TailLayer* tail;
  double* shares;
  double* sums;
  float* scratch;
};

/// Floats of a sample's column: z of the layer above, and the outputs from there on. Odd.
std::uint32_t column_stride(const Chain& network, std::size_t pruned) {
  std::size_t floats = network.layers[pruned + 1].outputs;
  for (std::size_t l = pruned + 1; l < network.layers.size(); ++l) floats += network.layers[l].outputs;
  return static_cast<std::uint32_t>(floats | 1);
}

/// Computes the inputs of every range: the order of adding, the columns of the layer above in this order, the
/// weights of later layers.
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
  const ChainLayer& above = student.network.layers[pruned + 1];
  PruningLosses losses{};
  losses.rows = pass.rows;
  losses.nodes = static_cast<std::uint32_t>(student.network.layers[pruned].outputs);
  losses.first = pass.first;
  losses.mean_over = data.samples;
  losses.layer_outputs = scratch.layer_outputs;
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

/// The pruned layer's outputs, one row per node in the order of adding.
void outputs_in_order(const DeviceStudent& student, std::size_t pruned, const PruningScratch& scratch,
                      const PassRows& pass) {
  scratch.network.forward(student.device, pass, pruned);
  ForwardProduct product{};
  product.rows = pass.rows;
  product.activation = student.network.layers[pruned].activation;
  product.weights = scratch.network.weights(pruned);
  product.bias = scratch.network.bias(pruned);
  product.x = pruned == 0 ? pass.x : scratch.network.layer_outputs(pruned - 1);
  product.y = scratch.layer_outputs;
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
    outputs_in_order(student, layer, scratch, pass);
    device.kernels().pruning_losses(device, losses_of(student, layer, scratch, data, pass));
    device.kernels().sum_shares(device, {pruning_groups(rows), static_cast<std::uint32_t>(losses.size()),
                                         scratch.shares, scratch.sums});
    device.synchronize();  // otherwise every range would be enqueued before a stop could take effect
  });
  device.copy_out(losses.data(), scratch.sums, losses.size() * sizeof(double));
  if (stop.load(std::memory_order_relaxed)) std::fill(losses.begin(), losses.end(), not_a_number);
}

}  // namespace eigenstudent::cuda
