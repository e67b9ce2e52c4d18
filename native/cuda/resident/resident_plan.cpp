#include "cuda/resident/resident_plan.h"

#include <algorithm>
#include <limits>
#include <optional>
#include <vector>

#include "core/graph.h"
#include "cuda/resident/resident_batch.h"
#include "cuda/resident/resident_cost.h"

namespace eigenstudent::cuda {

namespace {

constexpr int thread_counts[] = {64, 128, 192, 256, 320, 384};
constexpr int most_rows = 512;  // arbitrary: longer chunks gain nothing

int pieces(int count, int length) { return (count + length - 1) / length; }
/// The shortest row for `count` floats with an odd number of quads.
int row_length(int count) { return 4 * (pieces(count, 4) | 1); }

ResidentTensor describe_tensor(const Chain& network, const ParameterLayout& layout, std::size_t l,
                               TensorRole role, int& trainable) {
  ResidentTensor tensor;
  const int index = layout.index_of(l, role);
  if (index < 0) return tensor;
  const ChainTensor& spec = network.layers[l].tensor(role);
  tensor.index = static_cast<std::int16_t>(index);
  tensor.offset = static_cast<std::int32_t>(layout.tensors()[static_cast<std::size_t>(index)].offset);
  if (spec.trainable) tensor.place = static_cast<std::int16_t>(trainable++);
  tensor.l1 = static_cast<float>(spec.l1);
  tensor.l2 = static_cast<float>(spec.l2);
  return tensor;
}

/// The part of the plan that depends only on the network.
ResidentPlan describe(const Chain& network) {
  const ParameterLayout layout = Graph(network).layout();
  ResidentPlan plan{};
  plan.layer_count = plan.first_trained = static_cast<int>(network.layers.size());
  plan.tensor_count = static_cast<int>(layout.tensors().size());
  plan.loss = network.loss;
  int trainable = 0;
  for (std::size_t l = 0; l < network.layers.size(); ++l) {
    const ChainLayer& spec = network.layers[l];
    ResidentLayer& layer = plan.layers[l];
    layer.inputs = layer.inputs_a_rank = static_cast<int>(spec.inputs);
    layer.outputs = layer.outputs_a_rank = static_cast<int>(spec.outputs);
    layer.spectral = spec.kind == LayerKind::spectral;
    layer.activation = spec.activation;
    const ChainTensor& matrix = spec.tensor(TensorRole::matrix);
    layer.group_lasso = matrix.trainable ? static_cast<float>(matrix.group_lasso) : 0.0f;
    const int before = trainable;
    for (std::size_t r = 0; r < tensor_role_count; ++r)
      layer.tensors[r] = describe_tensor(network, layout, l, static_cast<TensorRole>(r), trainable);
    if (trainable > before) plan.first_trained = std::min(plan.first_trained, static_cast<int>(l));
  }
  plan.trainable = trainable;
  return plan;
}

/// Splits the widest hidden layers over the ranks, never two neighbours. False when there is none to split.
bool split(ResidentPlan& plan, int ranks) {
  plan.ranks = ranks;
  std::vector<int> hidden;
  for (int l = 0; l + 1 < plan.layer_count; ++l)
    if (plan.layers[l].outputs >= ranks) hidden.push_back(l);
  std::stable_sort(hidden.begin(), hidden.end(),
                   [&](int a, int b) { return plan.layers[a].outputs > plan.layers[b].outputs; });
  for (const int l : hidden) {
    ResidentLayer &layer = plan.layers[l], &above = plan.layers[l + 1];
    if (layer.inputs_split || above.outputs_split) continue;
    layer.outputs_split = above.inputs_split = true;
    layer.outputs_a_rank = above.inputs_a_rank = pieces(layer.outputs, ranks);
  }
  return !hidden.empty();
}

/// Chooses how threads share the products of a chunk; returns what they cost.
Cost tile(ResidentPlan& plan) {
  Cost cost;
  for (int l = 0; l < plan.layer_count; ++l) {
    ResidentLayer& layer = plan.layers[l];
    const int inputs = layer.inputs_a_rank, outputs = layer.outputs_a_rank, threads = plan.threads;
    const PricedTiling forward =
        best_tiling({outputs, plan.rows, inputs, 4, 1}, forward_shapes, threads, true);
    layer.forward = forward.tiling;
    cost += forward.cost;
    if (l < plan.first_trained) continue;
    const PricedTiling weights =
        best_tiling({outputs, inputs, plan.rows, 4, 2}, weight_gradient_shapes, threads, true);
    layer.weight_gradient = weights.tiling;
    cost += weights.cost;
    if (l == plan.first_trained) continue;
    const PricedTiling below =
        best_tiling({inputs, plan.rows, outputs, 2, 2}, input_gradient_shapes, threads, true);
    layer.input_gradient = below.tiling;
    cost += below.cost;
  }
  return cost;
}

/// Floats needed for unfinished sums.
int partials_size(const ResidentPlan& plan) {
  int nodes = 0;
  for (int l = 0; l < plan.layer_count; ++l) {
    const ResidentLayer& layer = plan.layers[l];
    if (layer.inputs_split) nodes = std::max(nodes, layer.outputs);
    if (l > plan.first_trained && (layer.outputs_split || layer.input_gradient.slices > 1))
      nodes = std::max(nodes, layer.inputs_a_rank);
  }
  return nodes * plan.ld;
}

/// Assigns shared memory from its start, 16 bytes at a time.
class Room {
 public:
  int take(std::int64_t floats) {
    const std::int64_t at = used_;
    used_ += (floats + 3) / 4 * 4;
    return static_cast<int>(std::min<std::int64_t>(at, std::numeric_limits<int>::max()));
  }
  std::int64_t bytes() const { return used_ * 4; }

 private:
  std::int64_t used_ = 0;
};

void place_layer(ResidentLayer& layer, const ResidentPlan& plan, bool trained, Room& room) {
  const std::int64_t outputs = layer.outputs_a_rank;
  layer.weights_ld = row_length(layer.inputs_a_rank);
  layer.weights = room.take(outputs * layer.weights_ld);
  layer.gradient = trained ? room.take(outputs * layer.weights_ld) : -1;
  for (int role = 0; role < static_cast<int>(tensor_role_count); ++role) {
    layer.vectors[role] = layer.gradients[role] = -1;
    if (role == static_cast<int>(TensorRole::matrix) || layer.tensors[role].offset < 0) continue;
    const bool in = role == static_cast<int>(TensorRole::eigenvalues_in);
    const int count = in ? layer.inputs_a_rank : layer.outputs_a_rank;
    layer.vectors[role] = room.take(count);
    if (layer.tensors[role].place >= 0) layer.gradients[role] = room.take(count);
  }
  layer.lasso_factor = layer.group_lasso != 0 ? room.take(outputs) : -1;
  layer.y = room.take(outputs * plan.ld);
  layer.z = derivative_needs_z(layer.activation) ? room.take(outputs * plan.ld) : -1;
}

/// Assigns all positions; returns the bytes of a block.
std::int64_t place(ResidentPlan& plan) {
  Room room;
  const ResidentLayer& last = plan.layers[plan.layer_count - 1];
  int most_nodes = 0;
  plan.ld = row_length(plan.rows);
  plan.x = room.take(std::int64_t{plan.layers[0].inputs} * plan.ld);
  for (int l = 0; l < plan.layer_count; ++l) {
    place_layer(plan.layers[l], plan, l >= plan.first_trained, room);
    most_nodes = std::max({most_nodes, plan.layers[l].inputs_a_rank, plan.layers[l].outputs_a_rank});
  }
  plan.targets = room.take(std::int64_t{plan.loss == LossKind::mse ? last.outputs : 1} * plan.ld);
  plan.delta = room.take(std::int64_t{last.outputs} * plan.ld);
  plan.partials_size = partials_size(plan);
  plan.partials = room.take(std::int64_t{plan.partials_size} * (plan.ranks > 1 ? 2 : 1));
  plan.sums = room.take(std::max(plan.threads, most_nodes));
  plan.shares = room.take(2 * (plan.threads + share_adders));
  plan.counts = room.take(2 * plan.trainable);
  plan.table = room.take(pieces(StepTable::bytes(plan.trainable), 4));
  return room.bytes();
}

// Cycles beside the products; guesses, to be measured.
constexpr double chunk_overhead = 1500;     // gathering, loss
constexpr double step_overhead = 3000;      // reductions, the second-level cache's latency in the update
constexpr double exchange_overhead = 1200;  // two barriers of a cluster, and a remote read
constexpr double cycles_an_update = 0.6;    // about 80 instructions per parameter over 128 lanes

/// The time of a step times the multiprocessors it occupies.
double clocks_of(const ResidentPlan& plan, Cost products, int batch, const DeviceLimits& limits) {
  double parameters = 0, exchanges = 0;
  for (int l = plan.first_trained; l < plan.layer_count; ++l) {
    const ResidentLayer& layer = plan.layers[l];
    parameters += static_cast<double>(layer.inputs_a_rank) * layer.outputs_a_rank;
    exchanges += layer.inputs_split + (layer.outputs_split && l > plan.first_trained);
  }
  const double chunks = pieces(batch, plan.rows);
  Cost step = products * (static_cast<double>(batch) / plan.rows);
  step.busy += chunks * chunk_overhead / 4 + parameters * cycles_an_update;
  step.span += chunks * (chunk_overhead + exchanges * exchange_overhead) + step_overhead +
               parameters * cycles_an_update;
  constexpr std::size_t reserved = 1024;  // of shared memory, for each block (CUDA programming guide)
  constexpr int registers = 168;          // of a thread: 65536 over most_resident_threads
  const std::size_t bytes = static_cast<std::size_t>(plan.shared_bytes) + reserved;
  const double blocks = static_cast<double>(
      std::min({static_cast<std::size_t>(limits.shared_bytes_per_multiprocessor) / bytes,
                static_cast<std::size_t>(limits.threads_per_multiprocessor / plan.threads),
                static_cast<std::size_t>(limits.registers_per_multiprocessor / (registers * plan.threads))}));
  // Processing clusters of a Hopper GPU have 16 or 18 multiprocessors; blocks of a cluster stay in one.
  const double left_idle = plan.ranks >= 4 ? 1.03 : 1;
  return std::max(step.busy, step.span / std::max(blocks, 1.0)) * plan.ranks * left_idle;
}

/// The best candidate so far, and the least bytes that any would need.
struct Search {
  const HoldsCluster& holds;
  std::optional<ResidentPlan> best;
  int refused_ranks =
      0;  // the smallest cluster that fitted a block's memory, and that the device cannot start
  std::int64_t least_bytes = std::numeric_limits<std::int64_t>::max();
  int least_ranks = 1;
};

/// The memory of a rank's weights, and of their gradients where they are trained: the least of any chunk and block.
std::int64_t bytes_of_weights(const ResidentPlan& plan) {
  std::int64_t floats = 0;
  for (int l = 0; l < plan.layer_count; ++l) {
    const ResidentLayer& layer = plan.layers[l];
    floats += std::int64_t{layer.outputs_a_rank} * row_length(layer.inputs_a_rank) *
              (l >= plan.first_trained ? 2 : 1);
  }
  return 4 * floats;
}

/// Whether a block has so many; records the number.
bool fits(const ResidentPlan& plan, std::int64_t bytes, const DeviceLimits& limits, Search& search) {
  if (bytes < search.least_bytes) {
    search.least_bytes = bytes;
    search.least_ranks = plan.ranks;
  }
  return bytes <= static_cast<std::int64_t>(limits.shared_bytes_per_block);
}

void try_plan(ResidentPlan plan, int rows, int threads, int batch, const DeviceLimits& limits,
              Search& search) {
  plan.rows = rows;
  plan.threads = threads;
  const Cost products = tile(plan);
  const std::int64_t bytes = place(plan);
  if (!fits(plan, bytes, limits, search)) return;
  plan.shared_bytes = static_cast<int>(bytes);
  plan.clocks = static_cast<float>(clocks_of(plan, products, batch, limits));
  if (search.best && plan.clocks >= search.best->clocks) return;
  if (plan.ranks == 1 || !search.holds || search.holds(plan.shape(1)))
    search.best = plan;
  else if (search.refused_ranks == 0)
    search.refused_ranks = plan.ranks;
}

void try_ranks(const ResidentPlan& described, int ranks, int batch, const DeviceLimits& limits,
               const PlanChoice& choice, Search& search) {
  ResidentPlan plan = described;
  plan.ranks = 1;
  if (ranks > 1 && !split(plan, ranks)) return;
  // A wide student would take minutes to tile for nothing, and its tiles would be too many to count.
  if (!fits(plan, bytes_of_weights(plan), limits, search)) return;
  int last_rows = 0;
  for (int chunks = 1; last_rows != 4; ++chunks) {
    const int rows = 4 * pieces(pieces(batch, chunks), 4);
    if (rows == last_rows || rows > most_rows) continue;
    last_rows = rows;
    if (choice.rows != 0 && rows != choice.rows) continue;
    for (const int threads : thread_counts)
      if (choice.threads == 0 || threads == choice.threads)
        try_plan(plan, rows, threads, batch, limits, search);
  }
}

}  // namespace

std::variant<ResidentPlan, std::string> plan_resident(const Chain& network, std::size_t batch,
                                                      const DeviceLimits& limits, const PlanChoice& choice,
                                                      const HoldsCluster& holds) {
  if (network.layers.size() > static_cast<std::size_t>(most_resident_layers))
    return "it has " + std::to_string(network.layers.size()) + " layers, resident students have at most " +
           std::to_string(most_resident_layers);
  constexpr std::size_t most =
      1 << 20;  // far above what shared memory holds; keeps products of sizes in range
  for (const ChainLayer& layer : network.layers)
    if (layer.inputs > most || layer.outputs > most)
      return "it has a layer of more than " + std::to_string(most) + " nodes";
  if (batch > most) return "its batch has more than " + std::to_string(most) + " samples";
  const ResidentPlan described = describe(network);
  Search search{holds, {}};
  for (int ranks = 1; ranks <= limits.blocks_per_cluster; ranks *= 2)
    if (choice.ranks == 0 || ranks == choice.ranks)
      try_ranks(described, ranks, static_cast<int>(batch), limits, choice, search);
  if (search.best) return *search.best;
  if (search.refused_ranks > 0)
    return "a step needs a cluster of " + std::to_string(search.refused_ranks) + " blocks, and " +
           limits.name + " has no room to start one";
  return "a step needs at least " + std::to_string(search.least_bytes) + " bytes of shared memory in " +
         (search.least_ranks == 1 ? std::string("a block")
                                  : "each of " + std::to_string(search.least_ranks) + " blocks") +
         ", a block of " + limits.name + " has " + std::to_string(limits.shared_bytes_per_block);
}

}  // namespace eigenstudent::cuda
