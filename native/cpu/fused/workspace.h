// The work on one student by one thread, or by all threads where it is wide. A workspace owns the buffers of
// this work: the weights formed from their parameters (context.h), the activations of one block of the batch
// (forward.h), the gradients (backward.h), and scratch. Buffers grow to the largest student and are then
// reused: no allocation per step.
//
// A step is forward.h, backward.h and update.h, or lanes.h in place of the first two; pair.h is the variant
// for thin wide students, evaluation.h everything besides training. These are functions of a Context and of
// the structs that they read and write.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "core/optimizer.h"
#include "cpu/fused/backward.h"
#include "cpu/fused/evaluation.h"

namespace eigenstudent::cpu {

template <class T>
class Workspace {
 public:
  explicit Workspace(const Kernels<T>& kernels) : kernels_(kernels) {}

  /// The threads on which the loops of later calls run.
  void set_parallel_loop(ParallelLoop loop) { parallel_ = loop; }
  /// Whether a stop was requested: the present gradients and outputs may be incomplete.
  bool interrupted() const { return parallel_.stopped(); }

  /// The use of later passes. Training keeps gradients and may run its lanes along the samples.
  enum class Use : std::uint8_t { training, gradients, evaluation };
  /// Sets the student of later calls; `batch` is their largest batch. Buffers that are still valid are kept.
  void prepare(PackedStudent<T>& student, std::size_t batch, Use use);
  /// Discards all buffers; needed where values that are not finite may have reached their padding.
  void invalidate() { student_ = nullptr, plan_ = nullptr; }
  /// Copies the trained numbers back to the student, where it is kept compact.
  void give_back() {
    if (student_ && student_->compact()) student_->store(own_blocks_);
  }

  /// Forward and backward over one batch: gradients of the data loss stay in the workspace. Returns the data
  /// loss. mask: that of the phase; tensors outside it get no gradient. Training of a wide student whose
  /// batch is one block runs only the forward pass: update() runs the backward pass, and never stores the
  /// whole gradient of a matrix.
  double accumulate_gradients(const Dataset& data, Batch batch, std::uint8_t mask);
  /// Penalty and optimiser for that batch; counts the updates of the tensors in the mask.
  void update(const OptimizerSpec& optimizer, double learning_rate, std::uint8_t mask,
              std::vector<std::uint64_t>& update_count);
  /// The present gradients, penalty included, in public order; zero for frozen tensors.
  void read_gradient(T* gradient);

  // See evaluation.h.
  Score evaluate(const Dataset& data, Batch batch, std::size_t total) {
    return cpu::evaluate(context(), activations_, data, batch, total);
  }
  void predict(const Dataset& data, Batch batch, T* outputs) {
    cpu::predict(context(), activations_, data, batch, outputs);
  }
  void pruning_losses(std::size_t layer, std::span<const std::uint32_t> removal_order, const Dataset& data,
                      Batch batch, std::size_t total, std::span<double> losses) {
    form_weights(context(), student_->version());
    cpu::pruning_losses(context(), layer, removal_order, data, batch, total, losses);
  }

  std::size_t bytes() const {
    return own_blocks_.bytes() + weights_.block.bytes() + activations_.bytes() + gradients_.bytes() +
           scratch_.bytes();
  }

 private:
  /// Of the current student.
  Context<T> context() {
    StudentBlocks<T>& blocks = student_->compact() ? own_blocks_ : student_->blocks();
    return {kernels_, student_->network(), student_->layout(), *plan_, blocks, weights_, scratch_, parallel_};
  }
  void lay_out(PackedStudent<T>& student, std::size_t batch, Use use);
  void reserve(std::size_t batch, Use use);
  void reserve_gradients(Use use);

  const Kernels<T>& kernels_;
  ParallelLoop parallel_;
  PackedStudent<T>* student_ = nullptr;
  const Plan* plan_ = nullptr;        // that the buffers are laid out for; null: none
  StudentBlocks<T> own_blocks_;       // the numbers of a compact student, while at work on it
  std::uint64_t blocks_version_ = 0;  // of the student's numbers that own_blocks_ hold
  std::size_t batch_ = 0;             // with use_: what the activations are laid out for
  Use use_ = Use::evaluation;

  Weights<T> weights_;
  Activations<T> activations_;
  Gradients<T> gradients_;
  Scratch<T> scratch_;
};

extern template class Workspace<float>;
extern template class Workspace<double>;

}  // namespace eigenstudent::cpu
