// How a small student's step is laid out in the shared memory of a block, or of a cluster of blocks, and how
// its products are assigned to threads. Host code, computed from the network, the batch and the device alone:
// a student's bits depend on its plan, and must not depend on other students.
//
// Hidden nodes are *split* over the ranks of a cluster where they are many: a rank has
// the rows of the weights that enter its nodes, and the columns that leave them. Narrow layers are computed by every rank
// alike. Where a product's inner dimension is split, ranks exchange their partial sums and add them in the order of ranks.
//
// A batch passes in chunks of `rows` samples. An activation is [nodes][ld] with the samples along a row; a matrix is
// [outputs][ld] of its own. Row lengths are an odd number of quads (4 floats), so that eight neighbouring rows start in
// different banks.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <variant>

#include "core/chain.h"
#include "cuda/device/device.h"
#include "cuda/device/thread_group.h"

namespace eigenstudent::cuda {

/// Arbitrary: a plan is a kernel's argument, and those may be 4 KiB long.
inline constexpr int most_resident_layers = 8;
/// Threads of the largest block: 65536 registers are then 168 for each, which the products' tiles need.
inline constexpr int most_resident_threads = 384;

/// A thread's share of a product C = A B: m rows by n columns of C in registers.
struct TileShape {
  int m, n;
};
// z = W x. A thread reads m rows of W along k and n / 4 quads of samples.
inline constexpr TileShape forward_shapes[] = {{8, 8}, {5, 8}, {4, 4}, {1, 4}};
// grad_x = W^T delta. A thread reads m / 4 quads of a row of W and n / 4 quads of samples.
inline constexpr TileShape input_gradient_shapes[] = {{8, 8}, {4, 8}, {4, 4}};
// G = delta x^T. A thread reads m rows of delta and n rows of x along the samples.
inline constexpr TileShape weight_gradient_shapes[] = {{8, 8}, {5, 8}, {8, 5}, {4, 4}, {1, 4}};

/// Which shape, and over how many groups of threads the inner dimension is cut.
struct Tiling {
  std::int16_t shape = 0;
  std::int16_t slices = 1;
  bool operator==(const Tiling&) const = default;
};

struct ResidentTensor {
  std::int32_t offset = -1;  // in the student's blocks; -1: the layer has none
  std::int16_t place = -1;   // among the trainable tensors; -1: frozen
  std::int16_t index = -1;   // in layout.tensors()
  float l1 = 0, l2 = 0;
  bool operator==(const ResidentTensor&) const = default;
};

/// Positions are in floats from the start of a block's shared memory; -1 where there is nothing.
struct ResidentLayer {
  std::int32_t inputs, outputs;                // of the whole layer
  std::int32_t inputs_a_rank, outputs_a_rank;  // of the ranks but the last ones, which may have fewer
  bool inputs_split, outputs_split;            // never both
  bool spectral;
  Activation activation;
  ResidentTensor tensors[tensor_role_count];
  std::int32_t weights, gradient, weights_ld;  // [outputs_a_rank][weights_ld]
  std::int32_t vectors[tensor_role_count];     // eigenvalues and bias: values that a rank needs
  std::int32_t gradients[tensor_role_count];   // of the same
  std::int32_t y, z;                           // [outputs_a_rank][ld]; z: -1 where f' follows from y
  float group_lasso;                           // of the matrix; 0 where that is frozen
  std::int32_t lasso_factor;                   // [outputs_a_rank]: of its rows; -1 without it
  Tiling forward, input_gradient, weight_gradient;

  bool operator==(const ResidentLayer&) const = default;
  ES_HOST_DEVICE const ResidentTensor& tensor(TensorRole role) const {
    return tensors[static_cast<int>(role)];
  }
};

struct ResidentPlan {
  std::int32_t layer_count, ranks, threads;
  std::int32_t rows, ld;       // of a chunk of the batch; rows is a multiple of 4
  std::int32_t first_trained;  // lowest layer with a trainable tensor; layer_count when there is none
  std::int32_t trainable;      // tensors
  std::int32_t tensor_count;   // of the layout
  LossKind loss;
  std::int32_t x;         // [inputs][ld]
  std::int32_t targets;   // [outputs][ld], or [1][ld] of classes
  std::int32_t delta;     // [outputs][ld]: dL/dz of the last layer; of the others it overwrites y
  std::int32_t partials;  // [2 where ranks > 1][nodes][ld]: unfinished sums of a product
  std::int32_t partials_size;
  std::int32_t sums;    // [most nodes or threads]: unfinished sums of a vector
  std::int32_t shares;  // double[threads + 32 + 1]: losses
  std::int32_t counts;  // uint64[trainable]: updates so far
  std::int32_t table;   // StepTable (resident_schedule.h)
  std::int32_t shared_bytes;
  float clocks;  // a step's time on one multiprocessor times ranks, as the planner estimates it
  ResidentLayer layers[most_resident_layers];

  bool operator==(const ResidentPlan&) const = default;
  LaunchShape shape(unsigned students) const {
    return {students, ranks, threads, static_cast<std::size_t>(shared_bytes)};
  }
};

/// Values that tests and measurements fix; 0 leaves the choice to the planner.
struct PlanChoice {
  int ranks = 0, threads = 0, rows = 0;
};

/// Whether a device can start a cluster of this shape at all; see Device::groups_at_once.
using HoldsCluster = std::function<bool(const LaunchShape&)>;

/// The plan, or the reason why the student cannot be resident. batch: samples of a full batch.
/// holds: called before a plan of several ranks is chosen; without it, limits.blocks_per_cluster alone decides.
std::variant<ResidentPlan, std::string> plan_resident(const Chain& network, std::size_t batch,
                                                      const DeviceLimits& limits,
                                                      const PlanChoice& choice = {},
                                                      const HoldsCluster& holds = nullptr);

}  // namespace eigenstudent::cuda
