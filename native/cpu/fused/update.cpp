#include "cpu/fused/update.h"

#include "cpu/fused/pair.h"

namespace eigenstudent::cpu {
namespace {

template <class T>
OptimizerStep<T> next_step(const Update<T>& step, std::size_t l, TensorRole role) {
  const auto index = static_cast<std::size_t>(step.context.layout.index_of(l, role));
  return optimizer_step<T>(step.optimizer, step.learning_rate, ++step.counts[index]);
}

/// Adds [parts][count] up, part by part.
template <class T>
void add_up(const T* parts, std::size_t part_count, std::size_t count, T* sums) {
  std::copy_n(parts, count, sums);
  for (std::size_t p = 1; p < part_count; ++p)
    for (std::size_t i = 0; i < count; ++i) sums[i] += parts[p * count + i];
}

/// Leaves the group lasso's factor of each node's incoming weights in lasso_factors.
template <class T>
const T* find_lasso_factors(const Update<T>& step, std::size_t l, T group_lasso) {
  const LayerPlan& plan = step.context.layer(l);
  const std::size_t rows = plan.rows(), panels = plan.panels().list.size();
  T* factors = step.gradients.sums_of(step.context.plan, l).lasso_factors.get();
  T* partial = step.gradients.sums_of(step.context.plan, l).rows.get();
  step.context.parallel.each(panels, [&](std::size_t p, unsigned) {
    const Panel& panel = plan.panels().list[p];
    const T* values = step.context.parameters() + plan.matrix + panel.offset * rows;
    T* of_rows = plan.wide_out ? nullptr : partial + p * rows;
    step.context.kernels.sum_squares(
        {rows, panel.width, values, of_rows, plan.wide_out ? factors + panel.offset : nullptr});
  });
  if (!plan.wide_out) add_up(partial, panels, rows, factors);
  const std::size_t count = plan.wide_out ? plan.out.padded : rows;
  for (std::size_t i = 0; i < count; ++i) factors[i] = row_lasso_factor(group_lasso, factors[i]);
  return factors;
}

/// The arguments of the optimiser pass over phi (or W), with their scratch.
template <class T>
MatrixPass<T> begin_matrix(const Update<T>& step, std::size_t l) {
  const LayerPlan& plan = step.context.layer(l);
  typename Gradients<T>::LayerSums& sums = step.gradients.sums_of(step.context.plan, l);
  MatrixPass<T> pass{};
  pass.train = plan.trains(TensorRole::matrix, step.mask);
  pass.sums_in = plan.trains(TensorRole::eigenvalues_in, step.mask) ? sums.in.get() : nullptr;
  pass.sums_out = plan.trains(TensorRole::eigenvalues_out, step.mask) ? sums.out.get() : nullptr;
  if (pass.train) pass.step = next_step(step, l, TensorRole::matrix);
  T* of_rows = plan.wide_out ? pass.sums_in : pass.sums_out;
  pass.column_sums = plan.wide_out ? pass.sums_out : pass.sums_in;
  const ChainTensor& spec = plan.spec->tensor(TensorRole::matrix);
  if (pass.train && spec.group_lasso != 0)
    pass.lasso_factors = find_lasso_factors(step, l, static_cast<T>(spec.group_lasso));
  if (pass.column_sums) std::fill_n(pass.column_sums, plan.panels().padded, T(0));
  pass.row_sums = of_rows ? sums.rows.get() : nullptr;
  return pass;
}

template <class T>
void update_tensor(const Update<T>& step, std::size_t l, TensorRole role, const T* gradient) {
  const LayerPlan& plan = step.context.layer(l);
  const StudentBlocks<T>& blocks = step.context.blocks;
  const ChainTensor& spec = plan.spec->tensor(role);
  const bool in = role == TensorRole::eigenvalues_in;
  const std::size_t at = in                         ? plan.eigenvalues_in
                         : role == TensorRole::bias ? plan.bias
                                                    : plan.eigenvalues_out;
  VectorUpdate<T> update{};
  update.count = in ? plan.spec->inputs : plan.spec->outputs;
  update.gradient = gradient;
  update.p = step.context.parameters() + at;
  update.m = blocks.first_moment.get() + at;
  update.v = blocks.second_moment.get() ? blocks.second_moment.get() + at : nullptr;
  update.l1 = static_cast<T>(spec.l1);
  update.l2 = static_cast<T>(spec.l2);
  update.step = next_step(step, l, role);
  step.context.kernels.update_vector(update);
}

/// After the pass over the matrix: dL/dlambda from its sums, and the optimiser on the vectors.
template <class T>
void end_layer(const Update<T>& step, std::size_t l, const MatrixPass<T>& pass) {
  const LayerPlan& plan = step.context.layer(l);
  if (pass.row_sums)
    add_up(pass.row_sums, plan.panels().list.size(), plan.rows(),
           plan.wide_out ? pass.sums_in : pass.sums_out);
  if (pass.sums_in) update_tensor(step, l, TensorRole::eigenvalues_in, pass.sums_in);
  if (pass.sums_out) {
    for (std::size_t i = 0; i < plan.out.columns; ++i)
      pass.sums_out[i] = -pass.sums_out[i];  // dL/dlambda_out = -sum G phi
    update_tensor(step, l, TensorRole::eigenvalues_out, pass.sums_out);
  }
  if (plan.trains(TensorRole::bias, step.mask))
    update_tensor(step, l, TensorRole::bias, step.gradients.bias(step.context.plan, l));
}

/// The optimiser pass over a matrix whose gradient is kept.
template <class T>
void update_matrix(const Update<T>& step, std::size_t l, const MatrixPass<T>& pass) {
  const LayerPlan& plan = step.context.layer(l);
  const T* G = step.gradients.block.get() + plan.matrix;
  step.context.parallel.each(plan.panels().list.size(), [&](std::size_t p, unsigned) {
    update_rows(step.context, l, p, {0, plan.rows()}, G + plan.panels().list[p].offset * plan.rows(), pass);
  });
}

/// The same, with the gradient computed strip by strip on the way.
template <class T>
void update_by_strips(const Backward<T>& backward, std::size_t l, const MatrixPass<T>& pass) {
  const LayerPlan& plan = backward.context.layer(l);
  const std::vector<Panel>& strips = plan.strips().list;
  for_ranges(strips.size(), strips_together(backward), [&](Range range) {
    backward.context.parallel.each(plan.panels().list.size(), [&](std::size_t p, unsigned thread) {
      const Panel& lanes = plan.panels().list[p];
      T* G = backward.context.scratch.weights.of(thread);
      for (std::size_t s = range.first; s < range.end; ++s) {
        const Panel& strip = strips[s];
        weight_gradient(backward, l, lanes, strip, along_lanes(backward.activations, l, lanes), G);
        update_rows(backward.context, l, p, {strip.offset, strip.offset + strip.columns}, G, pass);
      }
    });
  });
}

template <class T>
void clear_bias(const Update<T>& step, std::size_t l) {
  const LayerPlan& plan = step.context.layer(l);
  if (plan.bias != LayerPlan::npos)
    std::fill_n(step.gradients.bias(step.context.plan, l), plan.out.padded, T(0));
}

/// Backward and the optimiser for layers 0 and 1; bias sums of layer 1 are given.
template <class T>
void update_pair(const Update<T>& step, const Backward<T>& backward, bool below) {
  if (below) clear_bias(step, 0);
  const MatrixPass<T> passes[2] = {below ? begin_matrix(step, 0) : MatrixPass<T>{}, begin_matrix(step, 1)};
  backward_pair(backward, passes);
  end_layer(step, 1, passes[1]);
  if (below) end_layer(step, 0, passes[0]);
}

/// From dL/dz of the last layer, with the optimiser on the way. dL/dx of a layer is computed before its parameters change.
template <class T>
void update_backward(const Update<T>& step) {
  const Context<T>& context = step.context;
  const Backward<T> backward{context, step.activations, step.gradients, step.mask, true};
  const std::size_t lowest = context.plan.lowest_trained(step.mask);
  for (std::size_t l = context.depth(); l-- > lowest;) {
    clear_bias(step, l);
    for (const Panel& panel : context.layer(l).out.list)
      bias_gradient(backward, l, panel, step.activations.delta(l, panel));
    if (context.plan.paired && l == 1) return update_pair(step, backward, lowest == 0);
    if (l > lowest) input_gradients(backward, l);
    const MatrixPass<T> pass = begin_matrix(step, l);
    if (pass.wanted()) update_by_strips(backward, l, pass);
    end_layer(step, l, pass);
  }
}

}  // namespace

template <class T>
void update_rows(const Context<T>& context, std::size_t l, std::size_t p, Range rows, const T* G,
                 const MatrixPass<T>& pass) {
  const LayerPlan& plan = context.layer(l);
  const StudentBlocks<T>& blocks = context.blocks;
  const Panel& panel = plan.panels().list[p];
  const ChainTensor& spec = plan.spec->tensor(TensorRole::matrix);
  const std::size_t at = plan.matrix + panel.offset * plan.rows() + rows.first * panel.width;
  MatrixUpdate<T> update{};
  update.rows = rows.end - rows.first;
  update.width = panel.width;
  update.columns = panel.columns;
  update.G = G;
  update.phi = context.parameters() + at;
  update.m = blocks.first_moment.get() + at;
  update.v = blocks.second_moment.get() ? blocks.second_moment.get() + at : nullptr;
  if (plan.spectral()) {
    update.row_eigenvalues = context.parameters() + plan.row_eigenvalues() + rows.first;
    update.column_eigenvalues = context.parameters() + plan.column_eigenvalues() + panel.offset;
    update.sign = plan.gap_sign<T>();
    if (pass.row_sums) {
      update.row_sums = pass.row_sums + p * plan.rows() + rows.first;
      std::fill_n(update.row_sums, update.rows, T(0));
    }
    if (pass.column_sums) update.column_sums = pass.column_sums + panel.offset;
  }
  update.train = pass.train;
  update.l1 = static_cast<T>(spec.l1);
  update.l2 = static_cast<T>(spec.l2);
  if (pass.lasso_factors) {
    update.row_lasso_factor = plan.wide_out ? nullptr : pass.lasso_factors + rows.first;
    update.column_lasso_factor = plan.wide_out ? pass.lasso_factors + panel.offset : nullptr;
  }
  update.step = pass.step;
  context.kernels.update_matrix(update);
}

template <class T>
void update(const Update<T>& step) {
  if (!step.gradients.kept) return update_backward(step);
  for (std::size_t l = 0; l < step.context.depth(); ++l) {
    const MatrixPass<T> pass = begin_matrix(step, l);
    if (pass.wanted()) update_matrix(step, l, pass);
    end_layer(step, l, pass);
    if (!step.context.plan.wide && pass.wanted()) form_layer_weights(step.context, l);
  }
}

#define ES_INSTANTIATE(T)                                                                 \
  template void update(const Update<T>&);                                                 \
  template void update_rows(const Context<T>&, std::size_t, std::size_t, Range, const T*, \
                            const MatrixPass<T>&);
ES_INSTANTIATE(float)
ES_INSTANTIATE(double)
#undef ES_INSTANTIATE

}  // namespace eigenstudent::cpu
