#include "cpu/workspace.h"

#include <algorithm>

namespace eigenstudent::cpu {

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
  // Narrow students answer from buffers of their own (evaluation.cpp, pruning.cpp): those of training stay laid out.
  const bool own_buffers = use == Use::evaluation && !student.plan().wide;
  const bool same_passes = same_plan && (own_buffers || (batch_ == batch && use_ == use));
  if (student_ != &student) weights_version_ = blocks_version_ = no_version;
  student_ = &student;
  plan_ = &student.plan();
  if (!same_plan) has_gradients_ = has_weights_ = false;
  blocks_ = student.compact() ? &own_blocks_ : &student.blocks();
  if (student.compact() && blocks_version_ != student.version()) student.load(own_blocks_);
  blocks_version_ = student.version();
  if (!same_passes) own_buffers ? reserve_evaluation() : reserve(batch, use);
  if (!plan_->wide) form_all_weights();
}

/// Unless they are those of the parameters as they are.
template <class T>
void Workspace<T>::form_all_weights() {
  if (!has_weights_) {
    weights_.require_zeros(plan_->weights_size);
    weights_version_ = no_version;
    has_weights_ = true;
  }
  if (weights_version_ == student_->version()) return;
  for (std::size_t l = 0; l < depth(); ++l) form_weights(l);
  weights_version_ = student_->version();
}

/// One sample's outputs, for cross-entropy; nothing is laid out for training.
template <class T>
void Workspace<T>::reserve_evaluation() {
  batch_ = 0;
  sample_y_.require_zeros(plan_->widest);
}

/// Zeros where padding has to be zero.
template <class T>
void Workspace<T>::reserve(std::size_t batch, Use use) {
  batch_ = batch;
  use_ = use;
  rows_ = rows_per_block(*plan_, batch, kernels_);
  along_samples_ = plan_->lanes_along_samples(kernels_, rows_);
  const std::size_t padded = along_samples_ ? sample_panels(rows_).padded : rows_;
  activations_.require_zeros(padded * (along_samples_ ? plan_->whole_row_size : plan_->row_size));
  if (along_samples_) {
    targets_.require_zeros(padded * student_->network().outputs());
    std::fill_n(ones_.require(padded), padded, T(1));
  }
  sample_y_.require_zeros(plan_->widest);
  sample_delta_.require_zeros(plan_->widest);
  if (plan_->wide) reserve_threads();
  if (plan_->paired) reserve_pair();
  if (use == Use::evaluation) return;
  updates_backward_ = plan_->wide && use == Use::training && batch <= rows_;
  if (!updates_backward_ && !has_gradients_) gradients_.require_zeros(plan_->block_size);
  has_gradients_ = has_gradients_ || !updates_backward_;
  for (LayerSums* sums : {&sums_[0], &sums_[1]}) {
    if (updates_backward_) sums->bias.require_zeros(plan_->widest);
    sums->rows.require(plan_->row_sums);
    sums->in.require_zeros(plan_->widest);
    sums->out.require_zeros(plan_->widest);
    sums->lasso_factors.require(plan_->widest);
    if (!plan_->paired) break;
  }
}

template <class T>
std::size_t Workspace<T>::bytes() const {
  std::size_t total = own_blocks_.bytes();
  for (const AlignedBuffer<T>* buffer :
       {&gradients_, &weights_, &thread_scratch_, &pair_scratch_, &activations_, &sample_y_, &sample_delta_,
        &lanes_, &curve_weights_, &targets_, &ones_})
    total += buffer->bytes();
  for (const LayerSums& sums : sums_)
    for (const AlignedBuffer<T>* buffer : {&sums.bias, &sums.in, &sums.out, &sums.rows, &sums.lasso_factors})
      total += buffer->bytes();
  return total;
}

/// W from phi and the eigenvalues, along the lanes of phi; then its transpose where a product wants that.
template <class T>
void Workspace<T>::form_weights(std::size_t l) {
  const std::vector<Panel>& panels = layer(l).panels().list;
  if (layer(l).spectral())
    parallel_.each(panels.size(), [&](std::size_t p, unsigned) { form_panel(l, panels[p]); });
  transpose_weights(l);
}

template <class T>
void Workspace<T>::form_panel(std::size_t l, const Panel& panel) {
  const LayerPlan& plan = layer(l);
  T* w = weights_.get() + (plan.wide_out ? plan.weights_over_out : plan.weights_over_in);
  form_block(l, panel, {0, plan.rows()}, w + panel.offset * plan.rows());
}

/// W from rows of a panel of phi.
template <class T>
void Workspace<T>::form_block(std::size_t l, const Panel& panel, Range rows, T* w) {
  const LayerPlan& plan = layer(l);
  const T* block = parameters();
  FormWeights<T> form{};
  form.rows = rows.end - rows.first;
  form.width = panel.width;
  form.phi = block + plan.matrix + panel.offset * plan.rows() + rows.first * panel.width;
  form.w = w;
  form.row_eigenvalues = block + (plan.wide_out ? plan.eigenvalues_in : plan.eigenvalues_out) + rows.first;
  form.column_eigenvalues =
      block + (plan.wide_out ? plan.eigenvalues_out : plan.eigenvalues_in) + panel.offset;
  form.sign = plan.wide_out ? T(1) : T(-1);
  kernels_.form_weights(form);
}

template <class T>
void Workspace<T>::transpose_weights(std::size_t l) {
  const LayerPlan& plan = layer(l);
  if (!(plan.wide_out ? plan.has_weights_over_in : plan.has_weights_over_out)) return;
  const std::size_t other = plan.wide_out ? plan.weights_over_in : plan.weights_over_out;
  const Panels& from = plan.panels();
  const Panels& to = plan.wide_out ? plan.in : plan.out;
  const std::size_t from_rows = plan.rows(), to_rows = from.columns;
  const T* source = plan.wide_out ? weights_over_out(plan) : weights_over_in(plan);
  T* target = weights_.get() + other;
  parallel_.each(to.list.size(), [&](std::size_t p, unsigned) {
    const Panel& t = to.list[p];
    T* block = target + t.offset * to_rows;
    for (const Panel& f : from.list) {
      const T* panel = source + f.offset * from_rows + t.offset * f.width;
      if (f.columns == f.width) {
        kernels_.gather_transposed(
            {panel, f.width, nullptr, 0, t.columns, block + f.offset * t.width, t.width});
        continue;
      }
      for (std::size_t c = 0; c < f.columns; ++c)
        for (std::size_t r = 0; r < t.columns; ++r)
          block[(f.offset + c) * t.width + r] = panel[r * f.width + c];
    }
  });
}

template <class T>
bool Workspace<T>::trains(std::size_t l, TensorRole role, std::uint8_t mask) const {
  const ChainLayer& spec = *layer(l).spec;
  return spec.tensor(role).present && spec.tensor(role).trainable &&
         in_phase(mask, phase_bit_of(spec.kind, role));
}

template <class T>
bool Workspace<T>::needs_weight_gradient(std::size_t l, std::uint8_t mask) const {
  return trains(l, TensorRole::matrix, mask) || trains(l, TensorRole::eigenvalues_in, mask) ||
         trains(l, TensorRole::eigenvalues_out, mask);
}

template <class T>
std::size_t Workspace<T>::lowest_trained(std::uint8_t mask) const {
  for (std::size_t l = 0; l < depth(); ++l)
    if (needs_weight_gradient(l, mask) || trains(l, TensorRole::bias, mask)) return l;
  return depth();
}

template class Workspace<float>;
template class Workspace<double>;

}  // namespace eigenstudent::cpu
