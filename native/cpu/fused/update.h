// The end of a step: penalty, optimiser, eigenvalue gradients. A wide student's backward pass is here, fused
// with the optimiser.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "cpu/fused/backward.h"

namespace eigenstudent::cpu {

/// The arguments of an update. A step whose update has begun is completed: its loops do not stop.
template <class T>
struct Update {
  const Context<T>& context;
  Activations<T>& activations;
  Gradients<T>& gradients;
  const OptimizerSpec& optimizer;
  double learning_rate;
  std::uint8_t mask;                   // tensors outside it do not change
  std::vector<std::uint64_t>& counts;  // of each tensor's updates
};

/// All layers. A narrow student's weights are formed anew.
template <class T>
void update(const Update<T>& step);

/// Arguments of an optimiser pass over a matrix, besides the matrix. Sums: see MatrixUpdate; null where not wanted.
template <class T>
struct MatrixPass {
  OptimizerStep<T> step;
  bool train;
  T* row_sums;             // [panels][rows]
  T* column_sums;          // [padded]
  T* sums_in;              // [padded]: dL/dlambda_in
  T* sums_out;             // [padded]: -dL/dlambda_out
  const T* lasso_factors;  // of the nodes; null without a group lasso
  bool wanted() const { return train || sums_in || sums_out; }
};
/// Rows of a panel of layer l's matrix; G holds theirs.
template <class T>
void update_rows(const Context<T>& context, std::size_t l, std::size_t panel, Range rows, const T* G,
                 const MatrixPass<T>& pass);

}  // namespace eigenstudent::cpu
