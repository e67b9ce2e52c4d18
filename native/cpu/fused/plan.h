// How one network is laid out and cut for the fast backend: panels, orientation, offsets, rows per block.
#pragma once

#include <cstddef>
#include <vector>

#include "core/chain.h"
#include "core/parameter_layout.h"
#include "core/schedule.h"
#include "cpu/panels.h"

namespace eigenstudent::cpu {

/// The epilogue that multiplies dL/dy by f'(z), where there is one.
inline Epilogue mask_of(Activation activation) {
  return activation == Activation::relu         ? Epilogue::relu_mask
         : activation == Activation::leaky_relu ? Epilogue::leaky_mask
                                                : Epilogue::store;
}

/// The places of a layer's numbers, and the kernels of its products.
struct LayerPlan {
  const ChainLayer* spec;
  Panels in;   // over N_in: the layer's input x
  Panels out;  // over N_out: z, y, delta

  /// phi, W and G are kept with lanes along the longer side, so that the gradient product and the optimiser
  /// run along it: panels over N_out with N_in rows, or panels over N_in with N_out rows.
  bool wide_out;
  /// z = x W^T by DotProduct on W (panels over N_in) instead of OuterProduct on its transpose (panels over
  /// N_out).
  bool forward_by_dot;
  /// Panels of the inner dimension that a product takes at once: the weights that it reads stay in the
  /// first-level cache for all rows. dot_chunk: the same for DotProduct, which reads the weights of all outputs.
  std::size_t chunk;
  std::size_t dot_chunk;

  // Offsets into the student's padded block (parameters, moments and gradients alike); absent tensors: npos.
  std::size_t matrix;
  std::size_t eigenvalues_in;
  std::size_t eigenvalues_out;
  std::size_t bias;
  // The packed weights: which products need, and their offsets. The one along the lanes of phi is formed from it (a dense
  // layer's is it), the other is its transpose.
  bool has_weights_over_out;  // [N_in] rows, panels over N_out
  bool has_weights_over_in;   // [N_out] rows, panels over N_in
  std::size_t weights_over_out;
  std::size_t weights_over_in;
  // Offsets into a block of activations, in scalars per row.
  std::size_t z;  // npos: z is overwritten by y
  std::size_t y;
  std::size_t delta;
  /// delta is wanted a panel at a time only, and has room for one: layer 0 of a narrow network with its lanes along the
  /// nodes, whose gradients are taken before the next panel of delta is computed.
  bool delta_by_panel;

  static constexpr std::size_t npos = static_cast<std::size_t>(-1);
  const Panels& panels() const { return wide_out ? out : in; }
  std::size_t rows() const { return wide_out ? spec->inputs : spec->outputs; }
  /// Panels over the shorter side, whose entries are the rows of the matrix.
  const Panels& strips() const { return wide_out ? in : out; }
  /// Eigenvalues of the rows and of the columns of the matrix as it lies: gap = sign (row's - column's).
  std::size_t row_eigenvalues() const { return wide_out ? eigenvalues_in : eigenvalues_out; }
  std::size_t column_eigenvalues() const { return wide_out ? eigenvalues_out : eigenvalues_in; }
  template <class T>
  T gap_sign() const {
    return wide_out ? T(1) : T(-1);
  }
  bool spectral() const { return spec->kind == LayerKind::spectral; }
  /// Whether the weights with lanes over N_out (or over N_in) are the trained matrix itself.
  bool weights_are_matrix(bool over_out) const { return !spectral() && over_out == wide_out; }
  /// Whether a tensor, or any of those that need dL/dW, trains in the phase of this mask.
  bool trains(TensorRole role, std::uint8_t mask) const;
  bool trains_weights(std::uint8_t mask) const;
};

struct Plan {
  std::vector<LayerPlan> layers;
  Panels input;                    // of the gathered x
  std::size_t block_size = 0;      // scalars of the padded parameter block
  std::size_t weights_size = 0;    // scalars of packed weights
  std::size_t row_size = 0;        // scalars of activations per row of the batch, x included (x lies first)
  std::size_t whole_row_size = 0;  // the same with room for the whole delta of layer 0, which lies last
  std::size_t widest = 0;          // the longest padded vector of any layer
  std::size_t row_sums = 0;        // the most rows times panels of any matrix
  bool wide = false;               // so large that all threads work on one student
  /// Wide, and layers 0 and 1 pass together, a few panels of the nodes between them at a time (pair.cpp): their outputs to a
  /// batch would leave every cache, and computing them a second time costs less than reading them back.
  bool paired = false;

  /// The lowest layer with anything to train in the phase of this mask, or the number of layers.
  std::size_t lowest_trained(std::uint8_t mask) const;

  /// Whether a training step costs less with the lanes along the samples than along the nodes: for narrow
  /// layers, which would leave lanes of their last vector unused, and batches long enough to pay for sums
  /// across lanes in the gradients.
  template <class T>
  bool lanes_along_samples(const Kernels<T>& kernels, std::size_t rows) const;

  template <class T>
  static Plan make(const Chain& network, const Kernels<T>& kernels);
};

/// Whether all threads should work on this network together: its weights exceed the second-level cache anyway,
/// and its steps are long compared with the time of a barrier. Depends on the network alone, so that
/// results do not depend on the number of threads.
bool is_wide(const Chain& network);

/// Rows of the batch that go through all layers together. All blocks of a batch but the last have this many.
/// Narrow networks: the activations of a block stay in the second-level cache. Wide ones: a long block, so
/// that each panel of weights is fetched from memory few times.
template <class T>
std::size_t rows_per_block(const Plan& plan, std::size_t batch, const Kernels<T>& kernels);

}  // namespace eigenstudent::cpu
