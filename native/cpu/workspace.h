// One student at work on one thread: the weights formed from its parameters, the activations of one block of the
// batch, the gradients. Buffers grow to the largest student met and are then reused: no allocation per step.
//
// workspace.cpp takes students over and forms weights; forward.cpp, backward.cpp and update.cpp are the three parts of a step;
// evaluation.cpp has what is not training; wide.cpp and pair.cpp what large students do otherwise.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "core/student.h"
#include "cpu/aligned_buffer.h"
#include "cpu/packed_student.h"
#include "cpu/parallel_loop.h"
#include "cpu/plan.h"

namespace eigenstudent::cpu {

/// Which samples a pass goes through: positions first .. first + count of `order`, or of the data set itself
/// when `order` is null.
struct Batch {
  const std::uint32_t* order;
  std::size_t first;
  std::size_t count;
  std::size_t sample(std::size_t position) const {
    return order ? order[first + position] : first + position;
  }
};

/// Consecutive entries of a list.
struct Range {
  std::size_t first, end;
};

/// Cuts a list into consecutive ranges of at most `length`.
template <class Piece>
void for_ranges(std::size_t count, std::size_t length, const Piece& piece) {
  for (std::size_t first = 0; first < count; first += length)
    piece(Range{first, first + length < count ? first + length : count});
}

template <class T>
class Workspace {
 public:
  explicit Workspace(const Kernels<T>& kernels) : kernels_(kernels) {}

  /// Where the loops of the calls that follow run.
  void set_parallel_loop(ParallelLoop loop) { parallel_ = loop; }
  /// Whether the loops were asked to stop: the gradients and outputs at hand may be incomplete.
  bool interrupted() const { return parallel_.stopped(); }

  /// What the passes that follow are for. Training keeps gradients and may run its lanes along the samples.
  enum class Use : std::uint8_t { training, gradients, evaluation };
  /// Goes to work on a student; `batch` is the largest batch to come. What is still good from the call before is kept.
  void prepare(PackedStudent<T>& student, std::size_t batch, Use use);
  /// Keeps nothing: to be called where something not finite may have reached the padding of the buffers.
  void invalidate() {
    plan_ = nullptr;
    student_ = nullptr;
  }
  /// Gives a student that has trained its numbers back, where it is kept compact.
  void give_back() {
    if (student_ && student_->compact()) student_->store(own_blocks_);
  }

  /// Forward and backward over one batch: gradients of the data loss stay in the workspace. Returns the data
  /// loss. `trains(layer, role)` mask: tensors outside it get no gradient. Training of a wide student whose batch is one
  /// block goes forward only: update() goes backward, and keeps no gradient of a matrix whole.
  double accumulate_gradients(const Dataset& data, Batch batch, std::uint8_t mask);
  /// Penalty and optimiser for that batch; counts the updates of the tensors in the mask.
  void update(const OptimizerSpec& optimizer, double learning_rate, std::uint8_t mask,
              std::vector<std::uint64_t>& update_count);
  /// The gradients at hand, penalty included, in public order; zero for frozen tensors.
  void read_gradient(T* gradient);

  /// Data loss over a batch, every sample's share divided by `total` samples, and the number of right
  /// outputs.
  struct Score {
    double loss = 0;
    std::size_t correct = 0;
  };
  Score evaluate(const Dataset& data, Batch batch, std::size_t total);
  /// outputs: [count][N_out], row-major.
  void predict(const Dataset& data, Batch batch, T* outputs);

  /// Adds to losses[k] this batch's share of the data loss with the k last nodes of removal_order kept.
  void pruning_losses(std::size_t layer, std::span<const std::uint32_t> removal_order, const Dataset& data,
                      Batch batch, std::size_t total, std::span<double> losses);

  std::size_t rows() const { return rows_; }
  std::size_t bytes() const;

 private:
  const LayerPlan& layer(std::size_t l) const { return plan_->layers[l]; }
  std::size_t depth() const { return plan_->layers.size(); }
  T* parameters() const { return blocks_->parameters.get(); }
  bool trains(std::size_t l, TensorRole role, std::uint8_t mask) const;
  bool needs_weight_gradient(std::size_t l, std::uint8_t mask) const;
  /// The lowest layer with anything to train, or depth().
  std::size_t lowest_trained(std::uint8_t mask) const;

  /// W as panels over N_out, [N_in] rows; or over N_in, [N_out] rows.
  const T* weights_over_out(const LayerPlan& plan) const {
    return plan.weights_are_matrix(true) ? parameters() + plan.matrix
                                         : weights_.get() + plan.weights_over_out;
  }
  const T* weights_over_in(const LayerPlan& plan) const {
    return plan.weights_are_matrix(false) ? parameters() + plan.matrix
                                          : weights_.get() + plan.weights_over_in;
  }

  // Activations of the block at hand: [rows][...] panels, `rows` rows.
  T* y(std::size_t l, std::size_t rows) { return activations_.get() + layer(l).y * rows; }
  T* z(std::size_t l, std::size_t rows) {
    return activations_.get() + (layer(l).z == LayerPlan::npos ? layer(l).y : layer(l).z) * rows;
  }
  T* delta(std::size_t l, std::size_t rows) { return activations_.get() + layer(l).delta * rows; }
  T* delta(std::size_t l, const Panel& panel, std::size_t rows) {
    return delta(l, rows) + (layer(l).delta_by_panel ? 0 : panel.offset * rows);
  }
  T* input(std::size_t l, std::size_t rows) { return l == 0 ? activations_.get() : y(l - 1, rows); }

  void lay_out(PackedStudent<T>& student, std::size_t batch, Use use);
  void reserve(std::size_t batch, Use use);
  void reserve_evaluation();
  void reserve_threads();
  void form_all_weights();
  void form_weights(std::size_t l);
  void form_panel(std::size_t l, const Panel& panel);
  void transpose_weights(std::size_t l);
  void gather(const Dataset& data, Batch batch, std::size_t first, std::size_t rows);
  void forward_layer(std::size_t l, std::size_t rows);
  void forward_outer(std::size_t l, std::size_t rows);
  void forward_dot(std::size_t l, std::size_t rows);
  void forward_block(std::size_t first_layer, std::size_t rows);

  Score loss_of_block(const Dataset& data, Batch batch, std::size_t first, std::size_t rows,
                      std::size_t total, bool want_delta);

  void backward_block(std::size_t rows, bool first_block, std::uint8_t mask);
  void differentiate_outputs(std::size_t rows);
  void backward_layer(std::size_t l, std::uint8_t mask, bool below, std::size_t rows, bool first_block);
  /// A panel of a layer's outputs, [rows][width] each; z is y where f' does not need it.
  struct Nodes {
    T* z;
    T* y;
    T* delta;
  };
  Nodes nodes(std::size_t l, const Panel& panel, std::size_t rows) {
    const std::size_t at = panel.offset * rows;
    return {z(l, rows) + at, y(l, rows) + at, delta(l, panel, rows)};
  }
  void bias_gradient(std::size_t l, const Panel& panel, const T* delta, std::size_t rows, std::uint8_t mask);
  void first_layer_gradients(std::size_t panel, std::size_t rows, bool first_block, std::uint8_t mask);
  void weight_gradient(std::size_t l, std::size_t panel, Range strips, std::size_t rows, bool first_block);
  void weight_gradient_strip(std::size_t l, const Panel& lanes, const Panel& strip, const T* along,
                             std::size_t rows, bool accumulate, T* G);
  /// The panel of delta (or of x) that runs along the lanes of dL/dW.
  const T* along_lanes(std::size_t l, const Panel& lanes, std::size_t rows) {
    return layer(l).wide_out ? delta(l, lanes, rows) : input(l, rows) + lanes.offset * rows;
  }
  void input_gradient(std::size_t l, const Panel& lanes, const Nodes& below, Range chunk, std::size_t rows,
                      unsigned thread);
  void input_gradients_of_wide(std::size_t l, std::size_t rows);
  std::size_t strips_together(std::size_t rows) const;

  /// The arguments of update().
  struct Updating {
    const OptimizerSpec& optimizer;
    double learning_rate;
    std::uint8_t mask;
    std::vector<std::uint64_t>& counts;
  };
  OptimizerStep<T> next_step(std::size_t l, TensorRole role, const Updating& updating) const;
  /// What an optimiser pass over a matrix is told besides where the matrix lies. Sums: see MatrixUpdate; null where not wanted.
  struct MatrixPass {
    OptimizerStep<T> step;
    bool train;
    T* row_sums;     // [panels][rows]
    T* column_sums;  // [padded]
    T* sums_in;      // [padded]: dL/dlambda_in
    T* sums_out;     // [padded]: -dL/dlambda_out
    bool wanted() const { return train || sums_in || sums_out; }
  };
  void update_layer(std::size_t l, const Updating& updating);
  MatrixPass begin_matrix(std::size_t l, const Updating& updating);
  void end_layer(std::size_t l, const Updating& updating, const MatrixPass& pass);
  void update_rows(std::size_t l, std::size_t panel, Range rows, const T* G, const MatrixPass& pass);

  // Wide students: weights are formed, and gradients consumed, where they are wanted; see wide.cpp.
  const T* outer_weights(std::size_t l, bool over_out, const Panel& lanes, Range inner, unsigned thread);
  /// As DotProduct takes them.
  struct DotWeights {
    const T* w;
    std::size_t first, rows;
  };
  DotWeights dot_weights(std::size_t l, const Panel& outputs, Range inner, unsigned thread);
  void form_block(std::size_t l, const Panel& panel, Range rows, T* w);
  T* thread_scratch(unsigned thread) { return thread_scratch_.get() + thread * thread_scratch_size_; }
  void update_backward(const Updating& updating);
  void update_by_strips(std::size_t l, const MatrixPass& pass);

  // Layers 0 and 1 of a wide student that is thin around the nodes between them; see pair.cpp.
  void reserve_pair();
  T* pair_scratch(unsigned thread) { return pair_scratch_.get() + thread * pair_scratch_size_; }
  void nodes_of_pair(const Panel& panel, Range samples, std::size_t rows, const Nodes& nodes,
                     unsigned thread);
  std::size_t rows_forward(std::size_t rows) const;
  void forward_pair(std::size_t rows);
  void forward_pair(Range samples, std::size_t rows, unsigned thread);
  /// Of the panels of a thin layer's inputs, or of a chunk of its outputs: at most 384 scalars, panels of 6 at least.
  using Segments = std::array<Segment<T>, 64>;
  void dot_of_pair(const Panel& panel, Range chunk, std::size_t count, const T* y, T* z, unsigned thread);
  void outer_of_pair(const Panel& panel, Range chunk, std::size_t count, const T* y, T* z, unsigned thread);
  void backward_pair(std::size_t rows, bool first_block, std::uint8_t mask, const MatrixPass* passes);
  void gradient_of_pair(std::size_t l, std::size_t panel, const T* along, std::size_t rows, bool first_block,
                        const MatrixPass* pass, unsigned thread);
  void update_pair(const Updating& updating);
  void add_bias(std::size_t l, const Panel& panel, std::size_t rows, T* z);
  T* bias_sums(std::size_t l) {
    return updates_backward_ ? sums(l).bias.get() : gradients_.get() + layer(l).bias;
  }
  void find_lasso_factors(std::size_t l, T group_lasso);
  void update_tensor(std::size_t l, TensorRole role, const T* gradient, const Updating& updating);

  // Lanes along the samples: [nodes][lanes]; see lanes.cpp.
  void gather_lanes(const Dataset& data, Batch group, std::size_t lanes, T* x, T* targets);
  void multiply_lanes(std::size_t l, bool transposed, OuterProduct<T> product);
  void forward_lanes(std::size_t l, const T* x, T* z, T* y, std::size_t lanes);
  bool fill_bias(std::size_t l, T* z, std::size_t lanes) const;
  double loss_of_lanes(const Dataset& data, Batch group, const T* y, const T* targets, std::size_t lanes,
                       std::size_t total, T* delta);
  void input_gradient_lanes(std::size_t l, const T* delta, const T* z, const T* y, T* delta_below,
                            std::size_t lanes);
  double pass_of_lanes(const Dataset& data, Batch group, const Panel& panel, std::size_t padded,
                       std::size_t total, std::size_t lowest);
  void gradients_over_lanes(std::size_t l, const Panels& samples, bool accumulate, std::uint8_t mask);
  const Panels& sample_panels(std::size_t count);
  double accumulate_lanes(const Dataset& data, Batch batch, std::uint8_t mask);

  // Evaluations and predictions.
  struct EvaluationGroup;
  EvaluationGroup evaluation_group();
  bool outputs_in_panels(std::size_t l) const;
  void forward_two_layers(std::size_t l, const EvaluationGroup& group, const T* x, T* y);
  const T* forward_group(const EvaluationGroup& group);
  std::size_t correct_of_lanes(const Dataset& data, Batch group, const T* y, std::size_t lanes) const;
  Score evaluate_blocks(const Dataset& data, Batch batch, std::size_t total);
  void predict_blocks(const Dataset& data, Batch batch, T* outputs);

  // Pruning curve.
  struct CurveGroup;
  CurveGroup curve_group(std::size_t above);
  void add_node(std::size_t l, std::size_t node, const T* y, T* z, std::size_t lanes);
  double curve_loss(std::size_t above, const CurveGroup& group, const Dataset& data, Batch samples,
                    std::size_t total);
  bool curve_sweeps(std::size_t above) const;
  void pack_sweep(std::size_t above, std::span<const std::uint32_t> removal_order);
  void sweep_curve(std::size_t above, const CurveGroup& group, std::span<const std::uint32_t> removal_order,
                   const Dataset& data, Batch samples, std::size_t total, std::span<double> losses);

  const Kernels<T>& kernels_;
  ParallelLoop parallel_;
  PackedStudent<T>* student_ = nullptr;
  StudentBlocks<T>* blocks_ = nullptr;  // the student's own, or
  StudentBlocks<T> own_blocks_;         // those of a compact one, while at work on it
  std::uint64_t blocks_version_ = 0;    // of the student's numbers that own_blocks_ hold
  const Plan* plan_ = nullptr;          // that the buffers are laid out for; null: none
  static constexpr std::uint64_t no_version = static_cast<std::uint64_t>(-1);
  std::uint64_t weights_version_ =
      no_version;          // of the student's parameters that the weights were formed from
  std::size_t batch_ = 0;  // with use_: what the activations are laid out for
  Use use_ = Use::evaluation;
  std::size_t rows_ = 0;  // of a block, at most

  AlignedBuffer<T> gradients_;       // [block_size]
  AlignedBuffer<T> weights_;         // [weights_size]; of a wide student for its pruning curve only
  AlignedBuffer<T> thread_scratch_;  // wide students: [threads][thread_scratch_size_]
  std::size_t thread_scratch_size_ = 0;
  AlignedBuffer<T> pair_scratch_;  // [threads][pair_scratch_size_]: panels of the nodes of a pair
  std::size_t pair_scratch_size_ = 0;
  AlignedBuffer<T> activations_;  // [rows_][row_size]
  /// What a layer's gradients are summed up to on the way.
  struct LayerSums {
    AlignedBuffer<T> bias;           // [widest]: dL/dbias
    AlignedBuffer<T> in, out;        // [widest]: sums of G phi
    AlignedBuffer<T> rows;           // [panels][rows]: the same per panel, before they are added up
    AlignedBuffer<T> lasso_factors;  // [widest]: row_lasso_factor of the nodes
  };
  LayerSums sums_[2];  // of the layer at hand; of a pair also those of layer 0
  LayerSums& sums(std::size_t l) { return sums_[plan_->paired && l == 0 ? 1 : 0]; }
  AlignedBuffer<T> sample_y_, sample_delta_;  // [widest]: one sample's, contiguous
  AlignedBuffer<T> lanes_;           // outputs and pruning curve: those of the layers, [nodes][lanes]
  AlignedBuffer<T> curve_weights_;   // and the weights above in the order of the nodes: [nodes + 1][N_above]
  AlignedBuffer<T> targets_, ones_;  // lanes along the samples: [N_out][rows_] and [rows_]
  std::vector<Panels> sample_panels_;
  bool along_samples_ = false;        // where the lanes of a training step run
  std::vector<Segment<T>> segments_;  // of the layer's inner dimension in the product at hand
  bool has_gradients_ = false;        // laid out for the plan
  bool has_weights_ = false;          // likewise
  bool updates_backward_ = false;     // update() goes backward and applies the gradients on the way
  std::size_t rows_at_hand_ = 0;      // of the batch that it goes backward over
};

extern template class Workspace<float>;
extern template class Workspace<double>;

}  // namespace eigenstudent::cpu
