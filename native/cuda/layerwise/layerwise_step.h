// What a training step does besides its products: begin, gather, loss, verdict, bias gradient, update.
#pragma once

#include <cmath>

#include "core/optimizer.h"
#include "cuda/device/layerwise_arguments.h"
#include "cuda/device/team.h"
#include "losses/cross_entropy.h"
#include "losses/mse.h"

namespace eigenstudent::cuda {

/// Threads of a block in the kernels that work entry by entry. Arbitrary: a multiple of a warp that fills any GPU.
inline constexpr int entry_threads = 256;
/// Samples of a block in the loss kernel: one a thread.
inline constexpr int loss_threads = 128;
/// The column sums: threads along the columns, and slices of the rows that are added up in their order.
inline constexpr int sum_columns = 32, sum_slices = 8;

/// One thread: takes the next entry of the tables, so that all kernels of the step find it in one place.
struct BeginStepKernel {
  static constexpr int most_threads = 32;
  BeginStep p;

  template <class Team>
  ES_TEAM_CODE void operator()(Team& team) const {
    team.each([&](int, int thread) {
      if (thread != 0) return;
      StepControl& control = *p.control;
      control.place = control.next++;
      control.batch = control.halted ? BatchRows{0, 0} : p.batches[control.place];
    });
  }
};

/// Entry by entry.
struct GatherKernel {
  static constexpr int most_threads = entry_threads;
  Gather p;

  template <class Team>
  ES_TEAM_CODE void operator()(Team& team) const {
    const BatchRows batch = p.control->batch;
    const std::size_t count = static_cast<std::size_t>(batch.rows) * p.columns;
    team.each([&](int, int thread) {
      const std::size_t at = static_cast<std::size_t>(team.group()) * entry_threads + thread;
      if (at >= count) return;
      const std::size_t row = at / p.columns, column = at % p.columns;
      p.to[at] = p.from[static_cast<std::size_t>(p.order[batch.first + row]) * p.columns + column];
    });
  }
};

struct ColumnSumsKernel {
  static constexpr int most_threads = sum_columns * sum_slices;
  static constexpr int shared_floats = sum_columns * sum_slices;
  ColumnSums p;

  template <class Team>
  ES_TEAM_CODE void operator()(Team& team) const {
    const std::uint32_t rows = p.control ? p.control->batch.rows : p.rows;
    team.each([&](int rank, int thread) {
      const std::uint32_t column = team.group() * sum_columns + thread % sum_columns;
      float sum = 0;
      for (std::uint32_t r = thread / sum_columns; r < rows && column < p.columns; r += sum_slices)
        sum += p.values[static_cast<std::size_t>(r) * p.columns + column];
      team.template shared<float>(rank)[thread] = sum;
    });
    team.sync();
    team.each([&](int rank, int thread) {
      const std::uint32_t column = team.group() * sum_columns + thread;
      if (thread >= sum_columns || column >= p.columns) return;
      float sum = 0;
      for (int slice = 0; slice < sum_slices; ++slice)
        sum += team.template shared<float>(rank)[slice * sum_columns + thread];
      p.sums[column] = sum;
    });
  }
};

/// A group of threads has a few rows, a slice of the threads one of them.
struct RowShrinkageKernel {
  static constexpr int most_threads = sum_columns * sum_slices;
  static constexpr int shared_floats = most_threads;
  RowShrinkage p;

  template <class Team>
  ES_TEAM_CODE void operator()(Team& team) const {
    team.each([&](int rank, int thread) {
      const std::uint32_t row = team.group() * sum_slices + thread / sum_columns;
      float squares = 0;
      for (std::uint32_t c = thread % sum_columns; row < p.rows && c < p.columns; c += sum_columns) {
        const float value = p.matrix[static_cast<std::size_t>(row) * p.columns + c];
        squares += value * value;
      }
      team.template shared<float>(rank)[thread] = squares;
    });
    team.sync();
    team.each([&](int rank, int thread) {
      const std::uint32_t row = team.group() * sum_slices + thread;
      if (thread >= sum_slices || row >= p.rows) return;
      float squares = 0;
      for (int part = 0; part < sum_columns; ++part)
        squares += team.template shared<float>(rank)[thread * sum_columns + part];
      p.shrinkage[row] = row_shrinkage(p.group_lasso, squares);
    });
  }
};

/// The sum of the parts of entry i, in their order. from: [parts][size].
ES_TEAM_CODE float sum_of_parts(const float* from, std::uint32_t parts, std::size_t size, std::size_t i) {
  float sum = 0;
  for (std::uint32_t part = 0; part < parts; ++part) sum += from[part * size + i];
  return sum;
}

/// Entry by entry.
struct AddPartsKernel {
  static constexpr int most_threads = entry_threads;
  AddParts p;

  template <class Team>
  ES_TEAM_CODE void operator()(Team& team) const {
    team.each([&](int, int thread) {
      const std::size_t i = static_cast<std::size_t>(team.group()) * entry_threads + thread;
      if (i < p.size) p.to[i] = p.sign * sum_of_parts(p.from, p.parts, p.size, i);
    });
  }
};

/// One sample a thread.
struct BatchLossKernel {
  static constexpr int most_threads = loss_threads;
  BatchLoss p;

  struct Shares {
    double share[loss_threads];
    std::uint32_t right[loss_threads];
  };

  template <class Team>
  ES_TEAM_CODE void operator()(Team& team) const {
    const BatchRows batch = p.control ? p.control->batch : p.batch;
    const std::uint32_t first = team.group() * loss_threads;
    const std::size_t mean_over = p.control ? batch.rows : p.mean_over;
    team.each([&](int rank, int thread) {
      Shares& shares = *team.template shared<Shares>(rank);
      const std::uint32_t row = first + thread;
      shares.share[thread] = row < batch.rows ? share_of(row, sample_of(batch, row), mean_over) : 0.0;
      shares.right[thread] =
          row < batch.rows && p.classes && p.right ? is_right(row, sample_of(batch, row)) : 0;
    });
    team.sync();
    team.each([&](int rank, int thread) {
      if (thread != 0) return;
      const Shares& shares = *team.template shared<Shares>(rank);
      double sum = 0;
      std::uint32_t right = 0;
      for (int t = 0; t < loss_threads; ++t) {
        sum += shares.share[t];
        right += shares.right[t];
      }
      p.shares[team.group()] = sum;
      if (p.right) p.right[team.group()] = right;
    });
  }

 private:
  ES_TEAM_CODE std::size_t sample_of(const BatchRows& batch, std::uint32_t row) const {
    return p.order ? p.order[batch.first + row] : batch.first + row;
  }

  ES_TEAM_CODE double share_of(std::uint32_t row, std::size_t sample, std::size_t mean_over) const {
    const std::size_t at = static_cast<std::size_t>(row) * p.outputs;
    float* delta = p.delta ? p.delta + at : nullptr;
    const double share =
        p.loss == LossKind::mse
            ? mse_sample<float>(p.y + at, p.targets + sample * p.outputs, p.outputs, mean_over, delta)
            : cross_entropy_sample<float>(p.y + at, p.classes[sample], p.outputs, mean_over, delta);
    for (std::uint32_t i = 0; delta && i < p.outputs; ++i)
      delta[i] *= activation_derivative(p.activation, p.z ? p.z[at + i] : p.y[at + i], p.y[at + i]);
    return share;
  }

  /// Whether the first of the largest outputs is the class.
  ES_TEAM_CODE std::uint32_t is_right(std::uint32_t row, std::size_t sample) const {
    const float* y = p.y + static_cast<std::size_t>(row) * p.outputs;
    std::uint32_t largest = 0;
    for (std::uint32_t i = 1; i < p.outputs; ++i) largest = y[i] > y[largest] ? i : largest;
    return largest == p.classes[sample] ? 1 : 0;
  }
};

/// One thread: a batch has few blocks of shares.
struct VerdictKernel {
  static constexpr int most_threads = 32;
  Verdict p;

  template <class Team>
  ES_TEAM_CODE void operator()(Team& team) const {
    team.each([&](int, int thread) {
      StepControl& control = *p.control;
      if (thread != 0 || control.halted) return;
      double loss = 0;
      for (std::uint32_t block = 0; block * loss_threads < control.batch.rows; ++block)
        loss += p.shares[block];
      if (std::isfinite(loss)) {
        control.batch_loss = loss;
        ++control.applied;
      } else {
        control.halted = 1;
      }
    });
  }
};

/// Entry by entry of every tensor; a tensor takes `blocks` blocks, enough for the largest.
struct UpdateKernel {
  static constexpr int most_threads = entry_threads;
  Update p;
  std::uint32_t blocks;

  template <class Team>
  ES_TEAM_CODE void operator()(Team& team) const {
    const std::uint32_t t = team.group() / blocks, block = team.group() % blocks;
    const TensorPlace& tensor = p.tensors[t];
    if (!p.collected && (p.control->halted || !step_of(t).moves)) return;
    team.each([&](int, int thread) {
      const std::size_t i = static_cast<std::size_t>(block) * entry_threads + thread;
      if (i >= tensor.size) return;
      const std::size_t at = tensor.offset + i;
      const float value = p.parameters[at];
      float gradient =
          tensor.trainable ? gradient_of(tensor, i) + penalty_gradient(tensor.l1, tensor.l2, value) : 0.0f;
      if (tensor.shrinkage) gradient += tensor.shrinkage[i / tensor.columns] * value;
      if (p.collected)
        p.collected[at] = gradient;
      else
        move(step_of(t).optimizer, gradient, at);
    });
  }

 private:
  ES_TEAM_CODE const TensorStep& step_of(std::uint32_t t) const {
    return p.steps[static_cast<std::size_t>(p.control->place) * p.tensor_count + t];
  }

  ES_TEAM_CODE static float gradient_of(const TensorPlace& tensor, std::size_t i) {
    return tensor.sign * sum_of_parts(tensor.gradient, tensor.parts, tensor.size, i);
  }

  ES_TEAM_CODE void move(const OptimizerStep<float>& step, float gradient, std::size_t at) const {
    if (step.kind == OptimizerKind::sgd)
      sgd_update(step, gradient, p.parameters[at], p.first_moment[at]);
    else
      adam_update(step, gradient, p.parameters[at], p.first_moment[at], p.second_moment[at]);
  }
};

}  // namespace eigenstudent::cuda
