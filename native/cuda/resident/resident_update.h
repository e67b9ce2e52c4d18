// The end of a resident student's step: gradients of vectors, penalty, optimiser, and the weights of the next step.
#pragma once

#include "core/spectral_math.h"
#include "cuda/resident/resident_schedule.h"

namespace eigenstudent::cuda {

/// gradients[role] of layer l (+)= sums over k < length(rank) of term(rank, i, k), for i < count(rank) <= most.
/// all_ranks: of every rank's terms. Needs a barrier before; ends with one.
template <class ThreadGroup, class Count, class Length, class Term>
ES_GROUP_CODE void sum_terms(const ResidentContext<ThreadGroup>& here, int to, int most, float sign, bool add,
                             bool all_ranks, const Count& count, const Length& length, const Term& term) {
  const int threads = here.group.threads(), sums = here.plan.sums;
  const int parts = most < threads ? threads / most : 1;
  here.group.each([&](int rank, int thread) {
    for (int item = thread; item < parts * most; item += threads) {
      const int i = item % most;
      float sum = 0;
      for (int k = item / most; i < count(rank) && k < length(rank); k += parts) sum += term(rank, i, k);
      *here.floats(rank, sums + item) = sum;
    }
  });
  if (all_ranks)
    here.group.sync_cluster();
  else
    here.group.sync();
  here.group.each([&](int rank, int thread) {
    for (int i = thread; i < count(rank); i += threads) {
      float sum = 0;
      for (int part = 0; part < parts; ++part)
        sum += sum_over_ranks(here.group, rank, sums + part * most + i, all_ranks);
      float* gradient = here.floats(rank, to + i);
      *gradient = (add ? *gradient : 0.0f) + sign * sum;
    }
  });
  if (all_ranks)
    here.group.sync_cluster();
  else
    here.group.sync();
}

/// Adds the chunk's part to the gradient of the bias of layer l. Needs a barrier before; ends with one.
template <class ThreadGroup>
ES_GROUP_CODE void bias_gradient(const ResidentContext<ThreadGroup>& here, int l, const Chunk& chunk,
                                 bool first_chunk) {
  const ResidentLayer& layer = here.plan.layers[l];
  const int delta = here.delta_of(l), ld = here.plan.ld;
  sum_terms(
      here, layer.gradients[static_cast<int>(TensorRole::bias)], layer.outputs_a_rank, 1.0f, !first_chunk,
      false, [&](int rank) { return here.outputs(layer, rank); }, [&](int) { return 4 * chunk.quads; },
      [&](int rank, int i, int b) { return *here.floats(rank, delta + i * ld + b); });
}

/// A rank's part of a tensor: rows x columns at (row, column) of the whole, whose rows are `length` long. A tensor that
/// all ranks hold is divided among all threads of the cluster.
struct TensorPart {
  int rows, columns, row, column, length;
  bool dealt;
};
template <class ThreadGroup>
ES_GROUP_CODE TensorPart part_of(const ResidentContext<ThreadGroup>& here, const ResidentLayer& layer,
                                 TensorRole role, int rank) {
  const int inputs = here.inputs(layer, rank), outputs = here.outputs(layer, rank);
  const int first_input = layer.inputs_split ? rank * layer.inputs_a_rank : 0;
  const int first_output = layer.outputs_split ? rank * layer.outputs_a_rank : 0;
  if (role == TensorRole::matrix)
    return {outputs,     inputs,       first_output,
            first_input, layer.inputs, !layer.inputs_split && !layer.outputs_split};
  if (role == TensorRole::eigenvalues_in)
    return {1, inputs, 0, first_input, layer.inputs, !layer.inputs_split};
  return {1, outputs, 0, first_output, layer.outputs, !layer.outputs_split};
}

/// A walk over the entries of a part: row by row, `stride` entries at a time.
struct EntryWalk {
  int i, j, rows, columns, down, across;
  ES_GROUP_CODE EntryWalk(const TensorPart& part, int start, int stride)
      : rows(part.rows), columns(part.columns) {
    const int width = columns > 0 ? columns : 1;
    i = start / width;
    j = start % width;
    down = stride / width;
    across = stride % width;
    if (columns == 0) i = rows;
  }
  ES_GROUP_CODE bool more() const { return i < rows; }
  ES_GROUP_CODE void next() {
    i += down;
    j += across;
    if (j < columns) return;
    j -= columns;
    ++i;
  }
};

/// dL/dlambda_in and dL/dlambda_out of layer l from G and the eigenvectors of this step. Needs a barrier before; ends with
/// one.
template <class ThreadGroup>
ES_GROUP_CODE void eigenvalue_gradients(const ResidentContext<ThreadGroup>& here, const ResidentJob& job,
                                        int l, std::uint32_t moves) {
  const ResidentLayer& layer = here.plan.layers[l];
  const auto inputs = [&](int rank) { return here.inputs(layer, rank); };
  const auto outputs = [&](int rank) { return here.outputs(layer, rank); };
  const auto term = [&](int rank, int i, int j) {
    const TensorPart part = part_of(here, layer, TensorRole::matrix, rank);
    const float* phi = job.parameters + layer.tensor(TensorRole::matrix).offset;
    return eigenvalue_gradient_term(*here.floats(rank, layer.gradient + i * layer.weights_ld + j),
                                    phi[(part.row + i) * part.length + part.column + j]);
  };
  const auto moving = [&](TensorRole role) {
    const int place = layer.tensor(role).place;
    return place >= 0 && (moves >> place & 1);
  };
  if (moving(TensorRole::eigenvalues_out))
    sum_terms(here, layer.gradients[static_cast<int>(TensorRole::eigenvalues_out)], layer.outputs_a_rank,
              -1.0f, false, layer.inputs_split, outputs, inputs, term);
  if (moving(TensorRole::eigenvalues_in))
    sum_terms(here, layer.gradients[static_cast<int>(TensorRole::eigenvalues_in)], layer.inputs_a_rank, 1.0f,
              false, layer.outputs_split, inputs, outputs,
              [&](int rank, int j, int i) { return term(rank, i, j); });
}

/// The group lasso's factors of the rows of the matrix of layer l, from the parameters of this step. Needs a barrier before; ends
/// with one.
template <class ThreadGroup>
ES_GROUP_CODE void row_lasso_factors(const ResidentContext<ThreadGroup>& here, const ResidentJob& job,
                                     int l) {
  const ResidentLayer& layer = here.plan.layers[l];
  const float* matrix = job.parameters + layer.tensor(TensorRole::matrix).offset;
  const auto outputs = [&](int rank) { return here.outputs(layer, rank); };
  sum_terms(
      here, layer.lasso_factor, layer.outputs_a_rank, 1.0f, false, layer.inputs_split, outputs,
      [&](int rank) { return here.inputs(layer, rank); },
      [&](int rank, int i, int j) {
        const TensorPart part = part_of(here, layer, TensorRole::matrix, rank);
        const float value = matrix[(part.row + i) * part.length + part.column + j];
        return value * value;
      });
  here.group.each([&](int rank, int thread) {
    for (int i = thread; i < outputs(rank); i += here.group.threads()) {
      float* factor = here.floats(rank, layer.lasso_factor + i);
      *factor = row_lasso_factor(layer.group_lasso, *factor);
    }
  });
  here.group.sync();
}

/// Numbers that a thread processes at once: four, because their latency is that of the second-level cache.
inline constexpr int entries_at_once = 4;

/// Penalty and optimiser on one tensor. Ends without a barrier.
template <class ThreadGroup>
ES_GROUP_CODE void update_tensor(const ResidentContext<ThreadGroup>& here, const ResidentJob& job, int l,
                                 TensorRole role, const ResidentTensor& tensor, int at) {
  const ResidentLayer& layer = here.plan.layers[l];
  const bool matrix = role == TensorRole::matrix, eigenvectors = matrix && layer.spectral;
  const bool has_lasso = matrix && layer.lasso_factor >= 0;
  const int gradients = matrix ? layer.gradient : layer.gradients[static_cast<int>(role)];
  here.group.each([&](int rank, int thread) {
    const OptimizerStep<float> step = step_of(*table_of(here, rank), at, here.plan.trainable, tensor.place);
    const TensorPart part = part_of(here, layer, role, rank);
    const int threads = here.group.threads(), all = part.dealt ? threads * here.group.ranks() : threads;
    EntryWalk walk(part, part.dealt ? rank * threads + thread : thread, all);
    const float* lambda_in = here.floats(rank, layer.vectors[static_cast<int>(TensorRole::eigenvalues_in)]);
    const float* lambda_out = here.floats(rank, layer.vectors[static_cast<int>(TensorRole::eigenvalues_out)]);
    while (walk.more()) {
      float parameter[entries_at_once], m[entries_at_once], v[entries_at_once], gradient[entries_at_once];
      int place[entries_at_once];
      ES_UNROLL
      for (int e = 0; e < entries_at_once; ++e) {
        place[e] = -1;
        if (!walk.more()) continue;
        place[e] = tensor.offset + (part.row + walk.i) * part.length + part.column + walk.j;
        parameter[e] = job.parameters[place[e]];
        m[e] = job.first_moment[place[e]];
        v[e] = job.second_moment ? job.second_moment[place[e]] : 0.0f;
        gradient[e] = *here.floats(rank, gradients + walk.i * layer.weights_ld + walk.j);
        if (eigenvectors)
          gradient[e] = eigenvector_gradient(gradient[e], lambda_in[walk.j], lambda_out[walk.i]);
        if (has_lasso) gradient[e] += *here.floats(rank, layer.lasso_factor + walk.i) * parameter[e];
        walk.next();
      }
      ES_UNROLL
      for (int e = 0; e < entries_at_once; ++e) {
        if (place[e] < 0) continue;
        gradient[e] += penalty_gradient(tensor.l1, tensor.l2, parameter[e]);
        if (step.kind == OptimizerKind::sgd)
          sgd_update(step, gradient[e], parameter[e], m[e]);
        else
          adam_update(step, gradient[e], parameter[e], m[e], v[e]);
        job.parameters[place[e]] = parameter[e];
        job.first_moment[place[e]] = m[e];
        if (job.second_moment) job.second_moment[place[e]] = v[e];
      }
    }
  });
}

/// W, and the eigenvalues and bias that a rank needs, from the parameters. Ends without a barrier.
template <class ThreadGroup>
ES_GROUP_CODE void form_layer(const ResidentContext<ThreadGroup>& here, const ResidentJob& job,
                              const ResidentLayer& layer) {
  const float* lambda_in = job.parameters + layer.tensor(TensorRole::eigenvalues_in).offset;
  const float* lambda_out = job.parameters + layer.tensor(TensorRole::eigenvalues_out).offset;
  here.group.each([&](int rank, int thread) {
    const TensorPart part = part_of(here, layer, TensorRole::matrix, rank);
    const float* matrix = job.parameters + layer.tensor(TensorRole::matrix).offset;
    for (EntryWalk walk(part, thread, here.group.threads()); walk.more(); walk.next()) {
      const int i = part.row + walk.i, j = part.column + walk.j;
      float w = matrix[i * part.length + j];
      if (layer.spectral) w = spectral_weight(w, lambda_in[j], lambda_out[i]);
      *here.floats(rank, layer.weights + walk.i * layer.weights_ld + walk.j) = w;
    }
    ES_NO_UNROLL
    for (int role = 1; role < static_cast<int>(tensor_role_count); ++role) {
      if (layer.tensors[role].offset < 0) continue;
      const TensorPart vector = part_of(here, layer, static_cast<TensorRole>(role), rank);
      const float* from = job.parameters + layer.tensors[role].offset + vector.column;
      for (int i = thread; i < vector.columns; i += here.group.threads())
        *here.floats(rank, layer.vectors[role] + i) = from[i];
    }
  });
}

/// The optimiser's part of a step, entry `at` of the table. Needs a barrier before; ends with one.
template <class ThreadGroup>
ES_GROUP_CODE void update(const ResidentContext<ThreadGroup>& here, const ResidentJob& job, int at,
                          std::uint32_t moves) {
  for (int l = here.plan.first_trained; l < here.plan.layer_count; ++l)
    if (here.plan.layers[l].spectral) eigenvalue_gradients(here, job, l, moves);
  for (int l = here.plan.first_trained; l < here.plan.layer_count; ++l) {
    const ResidentLayer& layer = here.plan.layers[l];
    if (layer.lasso_factor >= 0 && (moves >> layer.tensor(TensorRole::matrix).place & 1))
      row_lasso_factors(here, job, l);
  }
  here.group.sync_cluster();  // every rank has read the eigenvectors, which the ranks now update in parts
  for_trainable(here.plan, [&](int l, TensorRole role, const ResidentTensor& tensor) {
    if (moves >> tensor.place & 1) update_tensor(here, job, l, role, tensor, at);
  });
  here.group.each([&](int rank, int thread) {
    if (thread < here.plan.trainable) counts_of(here, rank)[thread] += moves >> thread & 1;
    if (thread == 0) table_of(here, rank)->applied_loss = table_of(here, rank)->batch_loss;
  });
  here.group.sync_cluster();
  for (int l = here.plan.first_trained; l < here.plan.layer_count; ++l)
    form_layer(here, job, here.plan.layers[l]);
  here.group.sync();
}

}  // namespace eigenstudent::cuda
