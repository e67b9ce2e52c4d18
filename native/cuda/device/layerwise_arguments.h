// Arguments of the layer-wise kernels: plain structs that are copied into a launch, with device pointers in them.
//
// B = rows of the batch, N_in = inputs, N_out = outputs of a layer; everything row-major. A launch of a training step
// is recorded once and repeated, so what changes from step to step (the batch's place and size, the optimiser's
// numbers) is read from a StepControl in device memory. Where `control` is null, the sizes in the struct hold.
#pragma once

#include <cstddef>
#include <cstdint>

#include "core/activations.h"
#include "core/chain.h"
#include "core/optimizer.h"

namespace eigenstudent::cuda {

/// A batch's place in the order of samples.
struct BatchRows {
  std::uint32_t first;
  std::uint32_t rows;
};

/// State that the steps of one student share, in device memory.
struct StepControl {
  std::uint32_t next;   // entry of the tables that the next step takes
  std::uint32_t place;  // entry of the current step
  BatchRows batch;      // its batch; no rows once halted, so that every kernel has nothing to do
  std::uint32_t applied;
  std::uint32_t
      halted;         // 1: the loss of a batch was not finite; that step and those after it are not applied
  double batch_loss;  // of the last step applied
};

/// The optimiser's numbers for one tensor at one step; moves: it is trainable and in the phase.
struct TensorStep {
  OptimizerStep<float> optimizer;
  std::uint32_t moves;
};

struct BeginStep {
  StepControl* control;
  const BatchRows* batches;  // [steps of the table]
};

/// to[r] = from[order[first + r]]: the rows of the step's batch.
struct Gather {
  const StepControl* control;
  const float* from;           // [samples][columns]
  const std::uint32_t* order;  // [epochs of the table x samples]
  float* to;                   // [B][columns]
  std::uint32_t rows, columns;
};

/// A layer's weights: W = (lambda_in_j - lambda_out_i) matrix_ij, or the matrix itself where the eigenvalues are null.
struct Weights {
  const float* matrix;           // [N_out][N_in]
  const float* eigenvalues_in;   // [N_in], or null: dense
  const float* eigenvalues_out;  // [N_out], or null: dense
  std::uint32_t inputs, outputs;
};

/// z = x W^T + bias, y = f(z).
struct ForwardProduct {
  const StepControl* control;
  std::uint32_t rows;
  Activation activation;
  Weights weights;
  const float* bias;           // [N_out], or null: none
  const float* x;              // [B][N_in]
  float* z;                    // [B][N_out], or null: not wanted
  float* y;                    // [B][N_out]; [N_out][B] where transposed
  const std::uint32_t* order;  // [N_out], or null. Column c of z and y is then output order[c] of the layer
  bool transposed;
};

/// grad_x = delta W, and times f'(z) of the layer below where y is given.
struct InputGradient {
  const StepControl* control;
  std::uint32_t rows;
  Activation activation;  // of the layer below
  Weights weights;
  const float* delta;  // [B][N_out]
  const float* z;      // [B][N_in], or null: f' follows from y
  const float* y;      // [B][N_in], or null: no f'
  float* grad_x;       // [B][N_in]
};

/// G = delta^T x, and from it the gradients of a layer's matrix and eigenvalues. The sums over a tile of G phi go to
/// partial_in and partial_out; the eigenvalue gradients are their sums over tiles.
struct WeightGradient {
  const StepControl* control;
  std::uint32_t rows;
  Weights weights;
  const float* delta;  // [B][N_out]
  const float* x;      // [B][N_in]
  float* grad_matrix;  // [N_out][N_in], or null
  float* partial_in;   // [tiles along N_out][N_in], or null
  float* partial_out;  // [tiles along N_in][N_out], or null
};

/// sums[c] = sum over the rows of values[r][c]: the gradient of a bias from delta.
struct ColumnSums {
  const StepControl* control;
  std::uint32_t rows, columns;
  const float* values;  // [B][columns]
  float* sums;          // [columns]
};

/// to[i] = sign times the sum over the parts: an eigenvalue gradient from a WeightGradient's partial sums.
struct AddParts {
  std::size_t size;
  const float* from;  // [parts][size]
  std::uint32_t parts;
  float sign;
  float* to;  // [size]
};

/// Losses of a batch, and dL/dz of the last layer. A block of threads writes the sum of its samples' shares.
struct BatchLoss {
  const StepControl* control;
  BatchRows batch;
  std::size_t mean_over;  // samples that the mean is over; with control the batch's own
  LossKind loss;
  Activation activation;  // of the last layer
  std::uint32_t outputs;
  const std::uint32_t* order;    // as Gather's; null: samples first, first + 1, ...
  const float* z;                // [B][outputs], or null: f' follows from y
  const float* y;                // [B][outputs]
  const float* targets;          // [samples][outputs], or null
  const std::uint32_t* classes;  // [samples], or null
  float* delta;                  // [B][outputs], or null: not wanted
  double* shares;                // [blocks]
  std::uint32_t* correct;        // [blocks], or null: samples whose largest output is the class
};

/// Adds the shares up; decides whether the step is applied.
struct FinishStep {
  StepControl* control;
  const double* shares;  // [blocks]
};

/// One tensor of a student, for the optimiser.
struct TensorPlace {
  std::size_t offset, size;  // in the blocks
  const float* gradient;     // [parts][size]: the gradient is `sign` times their sum
  std::uint32_t parts;
  float sign;
  float l1, l2;
  const float* lasso_factor;  // [rows] of a matrix [rows][columns]: of the group lasso; null: none
  std::size_t columns;
  std::uint32_t trainable;
};

/// lasso_factor[i] = row_lasso_factor of row i.
struct RowLassoFactors {
  const float* matrix;  // [rows][columns]
  std::uint32_t rows, columns;
  float group_lasso;
  float* lasso_factor;  // [rows]
};

/// Penalty and optimiser on every tensor that moves at this step; or, where `collected` is given, the gradient with the
/// penalty's for every trainable tensor and zero for the others, and nothing moves.
struct Update {
  const StepControl* control;
  const TensorPlace* tensors;  // [tensor_count]
  const TensorStep* steps;     // [steps of the table][tensor_count]
  std::uint32_t tensor_count;
  float* parameters;     // [size of the layout]
  float* first_moment;   // the same
  float* second_moment;  // the same, or null
  float* collected;      // the same, or null
};

/// formed = W, [N_out][N_in]; or, where transposed, its columns in `order`: [N_in][N_out].
struct FormWeights {
  Weights weights;
  const std::uint32_t* order;  // [N_in], or null
  bool transposed;
  float* formed;
};

/// A layer behind the pruned one, with its weights formed.
struct TailLayer {
  const float* weights;  // [outputs][inputs]
  const float* bias;     // [outputs], or null
  std::uint32_t inputs, outputs;
  Activation activation;
};

/// Losses for every number of kept nodes, of groups of samples. A thread has one sample; its z of the layer above the
/// pruned one, and its outputs from there on, are a column of `stride` floats.
struct PruningLosses {
  std::uint32_t rows, nodes;
  std::uint32_t first;         // sample of row 0, for the targets
  std::size_t mean_over;       // samples of the whole set
  const float* layer_outputs;  // [nodes][rows]: of the pruned layer, in the order of adding
  const float* columns;        // [nodes][outputs of the layer above]: their weights into it
  const float* bias;           // of the layer above, or null
  Activation activation;       // of the layer above
  std::uint32_t outputs;       // of the layer above
  const TailLayer* tail;       // [tail_count]
  std::uint32_t tail_count;
  LossKind loss;
  const float* targets;          // [samples][outputs of the network], or null
  const std::uint32_t* classes;  // [samples], or null
  std::uint32_t stride;          // odd, so that a warp's columns start in different banks
  float* scratch;                // [groups][threads][stride], or null: shared memory
  double* shares;                // [groups][nodes + 1]
};

/// sums[k] += sum over the groups of shares[group][k], one after the other.
struct SumShares {
  std::uint32_t groups, count;
  const double* shares;  // [groups][count]
  double* sums;          // [count]
};

}  // namespace eigenstudent::cuda
