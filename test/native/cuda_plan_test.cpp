// How small students are laid out in shared memory: index arithmetic and partition, without running anything.
#include <algorithm>
#include <string>
#include <variant>
#include <vector>

#include "check.h"
#include "cuda/resident/resident_batch.h"
#include "cuda/resident/resident_plan.h"
#include "students.h"

namespace eigenstudent::test {

namespace {

using cuda::DeviceLimits;
using cuda::ResidentLayer;
using cuda::ResidentPlan;

Chain paper_network(std::size_t width) {
  Chain network;
  network.layers = {spectral_layer(10, width, Activation::relu), dense_layer(width, 20, Activation::relu),
                    dense_layer(20, 1, Activation::linear)};
  network.layers[0].tensor(TensorRole::eigenvalues_in) = frozen();
  network.layers[2].tensor(TensorRole::matrix) = frozen();
  return network;
}

DeviceLimits limits_of(int capability) {
  DeviceLimits limits;  // CUDA programming guide, technical specifications per compute capability
  limits.name = "sm_" + std::to_string(capability);
  limits.capability = capability;
  if (capability < 90) limits.blocks_per_cluster = 1;
  if (capability == 80) {
    limits.shared_bytes_per_block = 163 * 1024;
    limits.shared_bytes_per_multiprocessor = 164 * 1024;
  } else if (capability < 90) {
    limits.shared_bytes_per_block = 99 * 1024;
    limits.shared_bytes_per_multiprocessor = 100 * 1024;
    limits.threads_per_multiprocessor = 1536;
  }
  return limits;
}

ResidentPlan planned(const Chain& network, std::size_t batch, const DeviceLimits& limits) {
  const auto plan = cuda::plan_resident(network, batch, limits);
  if (const std::string* reason = std::get_if<std::string>(&plan)) throw Error("no_plan", *reason);
  return std::get<ResidentPlan>(plan);
}

struct Stretch {
  std::int64_t begin, size;
};

std::vector<Stretch> stretches_of(const ResidentPlan& plan, const ResidentLayer& layer) {
  const std::int64_t outputs = layer.outputs_a_rank;
  std::vector<Stretch> all = {{layer.weights, outputs * layer.weights_ld}, {layer.y, outputs * plan.ld}};
  if (layer.gradient >= 0) all.push_back({layer.gradient, outputs * layer.weights_ld});
  if (layer.z >= 0) all.push_back({layer.z, outputs * plan.ld});
  for (int role = 1; role < static_cast<int>(tensor_role_count); ++role) {
    const std::int64_t count = role == 1 ? layer.inputs_a_rank : layer.outputs_a_rank;
    if (layer.vectors[role] >= 0) all.push_back({layer.vectors[role], count});
    if (layer.gradients[role] >= 0) all.push_back({layer.gradients[role], count});
  }
  return all;
}

/// Everything in a block's shared memory, in order.
std::vector<Stretch> stretches_of(const ResidentPlan& plan) {
  const ResidentLayer& last = plan.layers[plan.layer_count - 1];
  std::vector<Stretch> all = {
      {plan.x, std::int64_t{plan.layers[0].inputs} * plan.ld},
      {plan.targets, std::int64_t{plan.loss == LossKind::mse ? last.outputs : 1} * plan.ld},
      {plan.delta, std::int64_t{last.outputs} * plan.ld},
      {plan.partials, std::int64_t{plan.partials_size} * (plan.ranks > 1 ? 2 : 1)},
      {plan.sums, plan.threads},
      {plan.shares, 2 * (plan.threads + cuda::share_adders)},
      {plan.counts, 2 * plan.trainable},
      {plan.table, (cuda::StepTable::bytes(plan.trainable) + 3) / 4}};
  for (int l = 0; l < plan.layer_count; ++l)
    for (const Stretch& stretch : stretches_of(plan, plan.layers[l])) all.push_back(stretch);
  std::sort(all.begin(), all.end(), [](const Stretch& a, const Stretch& b) { return a.begin < b.begin; });
  return all;
}

void require_sound(const ResidentPlan& plan, const DeviceLimits& limits) {
  std::int64_t end = 0;
  for (const Stretch& stretch : stretches_of(plan)) {
    if (stretch.size == 0) continue;
    REQUIRE(stretch.begin >= end);  // nothing overlaps
    REQUIRE(stretch.begin % 4 == 0);
    end = stretch.begin + stretch.size;
  }
  REQUIRE(4 * end <= plan.shared_bytes);
  REQUIRE(static_cast<std::size_t>(plan.shared_bytes) <= limits.shared_bytes_per_block);
  REQUIRE(plan.ranks <= limits.blocks_per_cluster);
  REQUIRE(plan.threads % 32 == 0 && plan.threads <= cuda::most_resident_threads);
  REQUIRE(plan.rows % 4 == 0 && plan.ld >= plan.rows && plan.ld % 8 == 4);
  for (int l = 0; l < plan.layer_count; ++l) {
    const ResidentLayer& layer = plan.layers[l];
    REQUIRE(!(layer.inputs_split && layer.outputs_split));
    REQUIRE(layer.outputs_a_rank * (layer.outputs_split ? plan.ranks : 1) >= layer.outputs);
    REQUIRE(layer.inputs_split == (l > 0 && plan.layers[l - 1].outputs_split));
    REQUIRE(layer.weights_ld >= layer.inputs_a_rank && layer.weights_ld % 8 == 4);
    for (const cuda::Tiling& tiling : {layer.forward, layer.weight_gradient})
      REQUIRE(tiling.slices >= 1 && tiling.slices <= plan.threads);
  }
  REQUIRE(!plan.layers[0].inputs_split && !plan.layers[plan.layer_count - 1].outputs_split);
}

}  // namespace

TEST("resident plans: the paper's widths fit an H200, the wide ones in a cluster") {
  for (const std::size_t width : {10, 20, 40, 60, 100, 200, 400, 500, 700, 800, 1000, 1500})
    for (const std::size_t batch : {300, 500}) {
      const Context context("width " + std::to_string(width));
      const ResidentPlan plan = planned(paper_network(width), batch, limits_of(90));
      require_sound(plan, limits_of(90));
      REQUIRE(width < 1000 || plan.ranks > 1);
      REQUIRE(width > 100 || plan.ranks == 1);
    }
}

TEST("resident plans: older cards get students that fit their shared memory") {
  for (const int capability : {80, 86, 89})
    for (const std::size_t width : {10, 20, 200}) {
      const Context context("sm_" + std::to_string(capability) + ", width " + std::to_string(width));
      require_sound(planned(paper_network(width), 300, limits_of(capability)), limits_of(capability));
    }
  const auto refused = cuda::plan_resident(paper_network(1500), 300, limits_of(86));
  const std::string reason = std::get<std::string>(refused);
  REQUIRE(reason.find("a step needs ") == 0);
  REQUIRE(reason.find(" bytes of shared memory in a block, a block of sm_86 has 101376") !=
          std::string::npos);
}

TEST("resident plans: the layout of odd students is valid") {
  for (std::size_t n = 0; n < odd_student_count; ++n) {
    const StudentSpec student = odd_student(n, DType::float32);
    const Context context(describe(student));
    require_sound(planned(chain_in(student), student.trainer->batch(), limits_of(90)), limits_of(90));
  }
}

TEST("resident plans: the student that sanitizers see in a cluster is in one") {
  const StudentSpec student = cluster_student(DType::float32);
  const ResidentPlan plan = planned(chain_in(student), student.trainer->batch(), limits_of(90));
  require_sound(plan, limits_of(90));
  REQUIRE(plan.ranks > 1 && 1003 % plan.ranks != 0);
  REQUIRE(plan.layers[1].outputs_split && plan.layers[2].inputs_split);
}

TEST("resident plans: say why a student is too large") {
  const DeviceLimits limits = limits_of(90);
  Chain network;
  for (int l = 0; l < 9; ++l) network.layers.push_back(dense_layer(3, 3, Activation::tanh));
  REQUIRE(std::get<std::string>(cuda::plan_resident(network, 8, limits)) ==
          "it has 9 layers, resident students have at most 8");
  network.layers = {dense_layer(784, 8192, Activation::relu), dense_layer(8192, 8192, Activation::relu),
                    dense_layer(8192, 10, Activation::linear)};
  const std::string reason = std::get<std::string>(cuda::plan_resident(network, 4096, limits));
  REQUIRE(reason.find(" bytes of shared memory in each of 8 blocks") != std::string::npos);
  // The largest that is planned at all: as many tiles as no int can count, were it tiled.
  constexpr std::size_t most = 1 << 20;
  network.layers = {dense_layer(most, most, Activation::relu), dense_layer(most, 1, Activation::linear)};
  const std::string largest = std::get<std::string>(cuda::plan_resident(network, most, limits));
  REQUIRE(largest.find("a step needs at least ") == 0);
}

TEST("resident plans: a cluster that the device cannot start is never taken") {
  const DeviceLimits limits = limits_of(90);
  const Chain wide = paper_network(1000);
  const ResidentPlan whole = planned(wide, 300, limits);
  REQUIRE(whole.ranks == 4);
  const auto planned_with = [&](std::size_t width, int most_ranks) {
    return cuda::plan_resident(paper_network(width), 300, limits, {}, [&](const cuda::LaunchShape& shape) {
      REQUIRE(shape.ranks > 1 && shape.groups == 1 &&
              shape.shared_bytes > 0);  // a single block always starts
      return shape.ranks <= most_ranks;
    });
  };
  REQUIRE(std::get<ResidentPlan>(planned_with(1000, 8)) == whole);
  const ResidentPlan halves = std::get<ResidentPlan>(planned_with(1000, 2));
  REQUIRE(halves.ranks == 2);
  require_sound(halves, limits);
  REQUIRE(std::get<ResidentPlan>(planned_with(100, 1)).ranks == 1);
  // Memory decides as well as ranks: blocks that leave room for a second one beside them need half the multiprocessors.
  const auto frugal = cuda::plan_resident(
      wide, 300, limits, {}, [](const cuda::LaunchShape& shape) { return shape.shared_bytes <= 80 * 1024; });
  REQUIRE(std::get<ResidentPlan>(frugal).ranks == 8 &&
          std::get<ResidentPlan>(frugal).shared_bytes <= 80 * 1024);
  REQUIRE(std::get<std::string>(planned_with(1500, 1)) ==
          "a step needs a cluster of 2 blocks, and sm_90 has no room to start one");
}

TEST("resident plans: depend on the network, the batch and the device alone") {
  const ResidentPlan plan = planned(paper_network(700), 300, limits_of(90));
  REQUIRE(plan == planned(paper_network(700), 300, limits_of(90)));
  REQUIRE(!(plan == planned(paper_network(700), 500, limits_of(90))));
}

}  // namespace eigenstudent::test
