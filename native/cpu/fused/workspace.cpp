#include "cpu/fused/workspace.h"

#include <algorithm>
#include <utility>

#include "core/penalty.h"
#include "core/spectral_math.h"
#include "cpu/fused/lanes.h"
#include "cpu/fused/pair.h"
#include "cpu/fused/update.h"

namespace eigenstudent::cpu {

namespace {

/// The gradients of the data loss for the tensors of layer l's matrix, from dL/dW; G, values and gradient in
/// public order.
template <class T>
void add_matrix_gradient(const ParameterLayout& layout, const ChainLayer& spec, std::size_t l, const T* G,
                         const T* values, T* gradient) {
  const T* dW = layout.find(G, l, TensorRole::matrix);
  const T* phi = layout.find(values, l, TensorRole::matrix);
  const T* lambda_in = layout.find(values, l, TensorRole::eigenvalues_in);
  const T* lambda_out = layout.find(values, l, TensorRole::eigenvalues_out);
  T* d_phi = layout.find(gradient, l, TensorRole::matrix);
  T* d_in = layout.find(gradient, l, TensorRole::eigenvalues_in);
  T* d_out = layout.find(gradient, l, TensorRole::eigenvalues_out);
  for (std::size_t i = 0; i < spec.outputs; ++i)
    for (std::size_t j = 0; j < spec.inputs; ++j) {
      const std::size_t ij = i * spec.inputs + j;
      d_phi[ij] = lambda_in ? eigenvector_gradient(dW[ij], lambda_in[j], lambda_out[i]) : dW[ij];
      if (d_in) d_in[j] += eigenvalue_gradient_term(dW[ij], phi[ij]);
      if (d_out) d_out[i] -= eigenvalue_gradient_term(dW[ij], phi[ij]);
    }
}

}  // namespace

template <class T>
void Workspace<T>::prepare(PackedStudent<T>& student, std::size_t batch, Use use) {
  try {
    lay_out(student, batch, use);
  } catch (...) {  // no memory for one of the buffers: nothing is laid out
    invalidate();
    throw;
  }
}

template <class T>
void Workspace<T>::lay_out(PackedStudent<T>& student, std::size_t batch, Use use) {
  const bool same_plan = plan_ == &student.plan();
  // Evaluations of narrow students use other buffers (evaluation.cpp, pruning.cpp): those of training stay
  // laid out.
  const bool own_buffers = use == Use::evaluation && !student.plan().wide;
  const bool same_passes = same_plan && (own_buffers || (batch_ == batch && use_ == use));
  if (student_ != &student) weights_.version = blocks_version_ = Weights<T>::no_version;
  student_ = &student;
  plan_ = &student.plan();
  if (!same_plan) gradients_.laid_out = weights_.laid_out = false;
  if (student.compact() && blocks_version_ != student.version()) student.load(own_blocks_);
  blocks_version_ = student.version();
  if (!same_passes && own_buffers) {
    batch_ = 0;  // nothing is laid out for training
    scratch_.sample_y.require_zeros(plan_->widest);
  } else if (!same_passes) {
    reserve(batch, use);
  }
  if (!plan_->wide) form_weights(context(), student.version());
}

/// Zeros where padding has to be zero.
template <class T>
void Workspace<T>::reserve(std::size_t batch, Use use) {
  batch_ = batch;
  use_ = use;
  const std::size_t rows = rows_per_block(*plan_, batch, kernels_);
  const bool along_samples = plan_->lanes_along_samples(kernels_, rows);
  const std::size_t padded = along_samples ? activations_.sample_panels(rows, kernels_).padded : rows;
  activations_.plan = plan_;
  activations_.rows_per_block = rows;
  activations_.along_samples = along_samples;
  activations_.block.require_zeros(padded * (along_samples ? plan_->whole_row_size : plan_->row_size));
  if (along_samples) {
    activations_.targets.require_zeros(padded * student_->network().outputs());
    std::fill_n(activations_.ones.require(padded), padded, T(1));
  }
  scratch_.sample_y.require_zeros(plan_->widest);
  scratch_.sample_delta.require_zeros(plan_->widest);
  if (plan_->wide) scratch_.weights.require(parallel_.threads(), weights_scratch_size(context()));
  if (plan_->paired) scratch_.nodes.require(parallel_.threads(), pair_scratch_size(context(), rows));
  if (use != Use::evaluation) reserve_gradients(use);
}

template <class T>
void Workspace<T>::reserve_gradients(Use use) {
  gradients_.kept = !plan_->wide || use != Use::training || batch_ > activations_.rows_per_block;
  if (gradients_.kept && !gradients_.laid_out) gradients_.block.require_zeros(plan_->block_size);
  gradients_.laid_out = gradients_.laid_out || gradients_.kept;
  for (std::size_t i = 0; i < (plan_->paired ? 2 : 1); ++i) {
    typename Gradients<T>::LayerSums& sums = gradients_.sums[i];
    if (!gradients_.kept) sums.bias.require_zeros(plan_->widest);
    sums.rows.require(plan_->row_sums);
    sums.in.require_zeros(plan_->widest);
    sums.out.require_zeros(plan_->widest);
    sums.lasso_factors.require(plan_->widest);
  }
}

template <class T>
double Workspace<T>::accumulate_gradients(const Dataset& data, Batch batch, std::uint8_t mask) {
  const Context<T> context = this->context();
  if (!gradients_.kept) {
    forward_block(context, activations_, data, batch);
    return loss_of_block(context, activations_, data, batch, batch.count, true).loss;
  }
  for (const LayerPlan& layer : plan_->layers)
    if (layer.bias != LayerPlan::npos)
      std::fill_n(gradients_.block.get() + layer.bias, layer.out.padded, T(0));
  if (activations_.along_samples)
    return accumulate_lanes(context, activations_, gradients_, data, batch, mask);
  double loss = 0;
  for (std::size_t first = 0; first < batch.count; first += activations_.rows_per_block) {
    if (parallel_.stopped()) break;  // a full batch of 10 000 samples is 0.1 s of a narrow student
    const Batch block = batch.part(first, activations_.rows_per_block);
    forward_block(context, activations_, data, block);
    loss += loss_of_block(context, activations_, data, block, batch.count, true).loss;
    backward_block<T>({context, activations_, gradients_, mask, first == 0});
  }
  return loss;
}

template <class T>
void Workspace<T>::update(const OptimizerSpec& optimizer, double learning_rate, std::uint8_t mask,
                          std::vector<std::uint64_t>& update_count) {
  Context<T> context = this->context();
  context.parallel = parallel_.unstoppable();
  cpu::update<T>({context, activations_, gradients_, optimizer, learning_rate, mask, update_count});
  blocks_version_ = student_->parameters_changed();
  weights_.version = plan_->wide ? Weights<T>::no_version  // each layer of a narrow one has formed its anew
                                 : blocks_version_;
}

/// Not on the training path: reads G back in public order and adds penalties by plain loops.
template <class T>
void Workspace<T>::read_gradient(T* gradient) {
  const ParameterLayout& layout = student_->layout();
  std::vector<T> G(layout.size()), values(layout.size());
  student_->unpack(gradients_.block.get(), G.data());
  student_->read(StateBlock::parameters, values.data());
  std::fill_n(gradient, layout.size(), T(0));
  for (std::size_t l = 0; l < plan_->layers.size(); ++l) {
    const ChainLayer& spec = *plan_->layers[l].spec;
    if (plan_->layers[l].trains_weights(train_everything))
      add_matrix_gradient(layout, spec, l, std::as_const(G).data(), std::as_const(values).data(), gradient);
    if (spec.tensor(TensorRole::bias).present)
      std::copy_n(layout.find(G.data(), l, TensorRole::bias), spec.outputs,
                  layout.find(gradient, l, TensorRole::bias));
  }
  for (const Tensor& tensor : layout.tensors()) {
    const TensorOptions& spec = tensor.options;
    T* of_tensor = gradient + tensor.offset;
    if (spec.trainable)
      add_penalty_gradient(spec, values.data() + tensor.offset, tensor.rows, tensor.columns, of_tensor);
    else
      std::fill_n(of_tensor, tensor.size(), T(0));
  }
}

template class Workspace<float>;
template class Workspace<double>;

}  // namespace eigenstudent::cpu
