// The end of a step: penalty, optimiser, eigenvalue gradients, and the weights of the next step.
#include <algorithm>

#include "core/penalty.h"
#include "core/spectral_math.h"
#include "cpu/workspace.h"

namespace eigenstudent::cpu {

template <class T>
void Workspace<T>::update(const OptimizerSpec& optimizer, double learning_rate, std::uint8_t mask,
                          std::vector<std::uint64_t>& update_count) {
  const Updating updating{optimizer, learning_rate, mask, update_count};
  if (updates_backward_)
    update_backward(updating);
  else
    for (std::size_t l = 0; l < depth(); ++l) update_layer(l, updating);
  const std::uint64_t version = blocks_version_ = student_->parameters_changed();
  weights_version_ =
      plan_->wide ? no_version : version;  // each layer of a narrow one has formed its weights anew
}

template <class T>
void Workspace<T>::update_layer(std::size_t l, const Updating& updating) {
  const MatrixPass pass = begin_matrix(l, updating);
  if (pass.wanted()) {
    if (updates_backward_)
      update_by_strips(l, pass);
    else
      parallel_.each(layer(l).panels().list.size(), [&](std::size_t p, unsigned) {
        const std::size_t rows = layer(l).rows();
        update_rows(l, p, {0, rows},
                    gradients_.get() + layer(l).matrix + layer(l).panels().list[p].offset * rows, pass);
      });
  }
  end_layer(l, updating, pass);
  if (!plan_->wide && pass.wanted()) form_weights(l);
}

/// What the optimiser pass over phi (or W) is told, and what it needs at hand.
template <class T>
typename Workspace<T>::MatrixPass Workspace<T>::begin_matrix(std::size_t l, const Updating& updating) {
  const LayerPlan& plan = layer(l);
  LayerSums& sums = this->sums(l);
  MatrixPass pass{};
  pass.train = trains(l, TensorRole::matrix, updating.mask);
  pass.sums_in = trains(l, TensorRole::eigenvalues_in, updating.mask) ? sums.in.get() : nullptr;
  pass.sums_out = trains(l, TensorRole::eigenvalues_out, updating.mask) ? sums.out.get() : nullptr;
  if (pass.train) pass.step = next_step(l, TensorRole::matrix, updating);
  T* of_rows = plan.wide_out ? pass.sums_in : pass.sums_out;
  pass.column_sums = plan.wide_out ? pass.sums_out : pass.sums_in;
  const ChainTensor& spec = plan.spec->tensor(TensorRole::matrix);
  if (pass.train && spec.group_lasso != 0) find_lasso_factors(l, static_cast<T>(spec.group_lasso));
  if (pass.column_sums) std::fill_n(pass.column_sums, plan.panels().padded, T(0));
  pass.row_sums = of_rows ? sums.rows.get() : nullptr;
  return pass;
}

/// After the pass over the matrix: dL/dlambda from its sums, and the optimiser on the vectors.
template <class T>
void Workspace<T>::end_layer(std::size_t l, const Updating& updating, const MatrixPass& pass) {
  const LayerPlan& plan = layer(l);
  if (pass.row_sums) {
    T* of_rows = plan.wide_out ? pass.sums_in : pass.sums_out;
    const std::size_t rows = plan.rows(), panels = plan.panels().list.size();
    std::copy_n(pass.row_sums, rows, of_rows);
    for (std::size_t p = 1; p < panels; ++p)
      for (std::size_t r = 0; r < rows; ++r) of_rows[r] += pass.row_sums[p * rows + r];
  }
  if (pass.sums_in) update_tensor(l, TensorRole::eigenvalues_in, pass.sums_in, updating);
  if (pass.sums_out) {
    for (std::size_t i = 0; i < plan.out.columns; ++i)
      pass.sums_out[i] = -pass.sums_out[i];  // dL/dlambda_out = -sum G phi
    update_tensor(l, TensorRole::eigenvalues_out, pass.sums_out, updating);
  }
  if (trains(l, TensorRole::bias, updating.mask)) update_tensor(l, TensorRole::bias, bias_sums(l), updating);
}

template <class T>
OptimizerStep<T> Workspace<T>::next_step(std::size_t l, TensorRole role, const Updating& updating) const {
  const auto index = static_cast<std::size_t>(student_->layout().index_of(l, role));
  return optimizer_step<T>(updating.optimizer, updating.learning_rate, ++updating.counts[index]);
}

/// Leaves the group lasso's factor of each node's incoming weights in lasso_factors. Sums over panels are added in their order.
template <class T>
void Workspace<T>::find_lasso_factors(std::size_t l, T group_lasso) {
  const LayerPlan& plan = layer(l);
  const std::size_t rows = plan.rows(), panels = plan.panels().list.size();
  T* factors = sums(l).lasso_factors.get();
  T* partial = sums(l).rows.get();
  parallel_.each(panels, [&](std::size_t p, unsigned) {
    const Panel& panel = plan.panels().list[p];
    const T* values = parameters() + plan.matrix + panel.offset * rows;
    T* of_rows = plan.wide_out ? nullptr : partial + p * rows;
    kernels_.sum_squares(
        {rows, panel.width, values, of_rows, plan.wide_out ? factors + panel.offset : nullptr});
  });
  if (!plan.wide_out) {
    std::copy_n(partial, rows, factors);
    for (std::size_t p = 1; p < panels; ++p)
      for (std::size_t r = 0; r < rows; ++r) factors[r] += partial[p * rows + r];
  }
  const std::size_t count = plan.wide_out ? plan.out.padded : rows;
  for (std::size_t i = 0; i < count; ++i) factors[i] = row_lasso_factor(group_lasso, factors[i]);
}

/// Rows of a panel; G holds theirs.
template <class T>
void Workspace<T>::update_rows(std::size_t l, std::size_t p, Range rows, const T* G, const MatrixPass& pass) {
  const LayerPlan& plan = layer(l);
  const Panel& panel = plan.panels().list[p];
  const ChainTensor& spec = plan.spec->tensor(TensorRole::matrix);
  const std::size_t at = plan.matrix + panel.offset * plan.rows() + rows.first * panel.width;
  MatrixUpdate<T> update{};
  update.rows = rows.end - rows.first;
  update.width = panel.width;
  update.columns = panel.columns;
  update.G = G;
  update.phi = parameters() + at;
  update.m = blocks_->first_moment.get() + at;
  update.v = blocks_->second_moment.get() ? blocks_->second_moment.get() + at : nullptr;
  if (plan.spectral()) {
    const T* block = parameters();
    update.row_eigenvalues =
        block + (plan.wide_out ? plan.eigenvalues_in : plan.eigenvalues_out) + rows.first;
    update.column_eigenvalues =
        block + (plan.wide_out ? plan.eigenvalues_out : plan.eigenvalues_in) + panel.offset;
    update.sign = plan.wide_out ? T(1) : T(-1);
    if (pass.row_sums) {
      update.row_sums = pass.row_sums + p * plan.rows() + rows.first;
      std::fill_n(update.row_sums, update.rows, T(0));
    }
    if (pass.column_sums) update.column_sums = pass.column_sums + panel.offset;
  }
  update.train = pass.train;
  update.l1 = static_cast<T>(spec.l1);
  update.l2 = static_cast<T>(spec.l2);
  if (pass.train && spec.group_lasso != 0) {
    update.row_lasso_factor = plan.wide_out ? nullptr : sums(l).lasso_factors.get() + rows.first;
    update.column_lasso_factor = plan.wide_out ? sums(l).lasso_factors.get() + panel.offset : nullptr;
  }
  update.step = pass.step;
  kernels_.update_matrix(update);
}

template <class T>
void Workspace<T>::update_tensor(std::size_t l, TensorRole role, const T* gradient,
                                 const Updating& updating) {
  const LayerPlan& plan = layer(l);
  const ChainTensor& spec = plan.spec->tensor(role);
  const bool in = role == TensorRole::eigenvalues_in;
  const std::size_t at = in                         ? plan.eigenvalues_in
                         : role == TensorRole::bias ? plan.bias
                                                    : plan.eigenvalues_out;
  VectorUpdate<T> update{};
  update.count = in ? plan.spec->inputs : plan.spec->outputs;
  update.gradient = gradient;
  update.p = parameters() + at;
  update.m = blocks_->first_moment.get() + at;
  update.v = blocks_->second_moment.get() ? blocks_->second_moment.get() + at : nullptr;
  update.l1 = static_cast<T>(spec.l1);
  update.l2 = static_cast<T>(spec.l2);
  update.step = next_step(l, role, updating);
  kernels_.update_vector(update);
}

/// Not on the training path: reads G back in public order and adds penalties there, plainly.
template <class T>
void Workspace<T>::read_gradient(T* gradient) {
  const ParameterLayout& layout = student_->layout();
  std::vector<T> G(layout.size()), values(layout.size());
  student_->unpack(gradients_.get(), G.data());
  student_->read(StateBlock::parameters, values.data());
  std::fill_n(gradient, layout.size(), T(0));
  const auto of = [&](std::size_t l, TensorRole role) { return layout.find(values.data(), l, role); };
  for (std::size_t l = 0; l < depth(); ++l) {
    const ChainLayer& spec = *layer(l).spec;
    const T* dW = layout.find(G.data(), l, TensorRole::matrix);
    const T* phi = of(l, TensorRole::matrix);
    const T* lambda_in = of(l, TensorRole::eigenvalues_in);
    const T* lambda_out = of(l, TensorRole::eigenvalues_out);
    T* d_phi = layout.find(gradient, l, TensorRole::matrix);
    T* d_in = layout.find(gradient, l, TensorRole::eigenvalues_in);
    T* d_out = layout.find(gradient, l, TensorRole::eigenvalues_out);
    for (std::size_t i = 0; needs_weight_gradient(l, train_everything) && i < spec.outputs; ++i)
      for (std::size_t j = 0; j < spec.inputs; ++j) {
        const std::size_t ij = i * spec.inputs + j;
        d_phi[ij] = lambda_in ? eigenvector_gradient(dW[ij], lambda_in[j], lambda_out[i]) : dW[ij];
        if (d_in) d_in[j] += eigenvalue_gradient_term(dW[ij], phi[ij]);
        if (d_out) d_out[i] -= eigenvalue_gradient_term(dW[ij], phi[ij]);
      }
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

#define ES_INSTANTIATE(T)                                                                                \
  template void Workspace<T>::update(const OptimizerSpec&, double, std::uint8_t,                         \
                                     std::vector<std::uint64_t>&);                                       \
  template OptimizerStep<T> Workspace<T>::next_step(std::size_t, TensorRole, const Updating&) const;     \
  template void Workspace<T>::update_layer(std::size_t, const Updating&);                                \
  template Workspace<T>::MatrixPass Workspace<T>::begin_matrix(std::size_t, const Updating&);            \
  template void Workspace<T>::end_layer(std::size_t, const Updating&, const MatrixPass&);                \
  template void Workspace<T>::find_lasso_factors(std::size_t, T);                                        \
  template void Workspace<T>::update_rows(std::size_t, std::size_t, Range, const T*, const MatrixPass&); \
  template void Workspace<T>::update_tensor(std::size_t, TensorRole, const T*, const Updating&);         \
  template void Workspace<T>::read_gradient(T*);
ES_INSTANTIATE(float)
ES_INSTANTIATE(double)
#undef ES_INSTANTIATE

}  // namespace eigenstudent::cpu
