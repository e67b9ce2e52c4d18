// The parts of a training step besides its products: begin, gather, loss, finish_step, bias gradient, update.
#pragma once

#include <cmath>

#include "core/optimizer.h"
#include "cuda/device/layerwise_arguments.h"
#include "cuda/device/thread_group.h"
#include "losses/cross_entropy.h"
#include "losses/mse.h"

namespace eigenstudent::cuda {

/// Threads of a block in the kernels that work entry by entry. Arbitrary: a multiple of a warp that fills any GPU.
inline constexpr int entry_threads = 256;
/// Samples of a block in the loss kernel: one per thread.
inline constexpr int loss_threads = 128;
/// The column sums: threads along the columns, and slices of the rows that are added up in their order.
inline constexpr int sum_columns = 32, sum_slices = 8;

/// One thread: reads the next entry of the tables, so that all kernels of the step read it from one place.
struct BeginStepKernel {
  static constexpr int most_threads = 32;
  BeginStep p;

  template <class ThreadGroup>
  ES_GROUP_CODE void operator()(ThreadGroup& group) const {
    group.each([&](int, int thread) {
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

  template <class ThreadGroup>
  ES_GROUP_CODE void operator()(ThreadGroup& group) const {
    const BatchRows batch = p.control->batch;
    const std::size_t count = static_cast<std::size_t>(batch.rows) * p.columns;
    group.each([&](int, int thread) {
      const std::size_t at = static_cast<std::size_t>(group.index()) * entry_threads + thread;
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

  template <class ThreadGroup>
  ES_GROUP_CODE void operator()(ThreadGroup& group) const {
    const std::uint32_t rows = p.control ? p.control->batch.rows : p.rows;
    group.each([&](int rank, int thread) {
      const std::uint32_t column = group.index() * sum_columns + thread % sum_columns;
      float sum = 0;
      for (std::uint32_t r = thread / sum_columns; r < rows && column < p.columns; r += sum_slices)
        sum += p.values[static_cast<std::size_t>(r) * p.columns + column];
      group.template shared<float>(rank)[thread] = sum;
    });
    group.sync();
    group.each([&](int rank, int thread) {
      const std::uint32_t column = group.index() * sum_columns + thread;
      if (thread >= sum_columns || column >= p.columns) return;
      float sum = 0;
      for (int slice = 0; slice < sum_slices; ++slice)
        sum += group.template shared<float>(rank)[slice * sum_columns + thread];
      p.sums[column] = sum;
    });
  }
};

/// A group of threads has a few rows, a slice of the threads one of them.
struct RowLassoFactorsKernel {
  static constexpr int most_threads = sum_columns * sum_slices;
  static constexpr int shared_floats = most_threads;
  RowLassoFactors p;

  template <class ThreadGroup>
  ES_GROUP_CODE void operator()(ThreadGroup& group) const {
    group.each([&](int rank, int thread) {
      const std::uint32_t row = group.index() * sum_slices + thread / sum_columns;
      float squares = 0;
      for (std::uint32_t c = thread % sum_columns; row < p.rows && c < p.columns; c += sum_columns) {
        const float value = p.matrix[static_cast<std::size_t>(row) * p.columns + c];
        squares += value * value;
      }
      group.template shared<float>(rank)[thread] = squares;
    });
    group.sync();
    group.each([&](int rank, int thread) {
      const std::uint32_t row = group.index() * sum_slices + thread;
      if (thread >= sum_slices || row >= p.rows) return;
      float squares = 0;
      for (int part = 0; part < sum_columns; ++part)
        squares += group.template shared<float>(rank)[thread * sum_columns + part];
      p.lasso_factor[row] = row_lasso_factor(p.group_lasso, squares);
    });
  }
};

/// The sum of the parts of entry i, in their order. from: [parts][size].
ES_GROUP_CODE float sum_of_parts(const float* from, std::uint32_t parts, std::size_t size, std::size_t i) {
  float sum = 0;
  for (std::uint32_t part = 0; part < parts; ++part) sum += from[part * size + i];
  return sum;
}

/// Entry by entry.
struct AddPartsKernel {
  static constexpr int most_threads = entry_threads;
  AddParts p;

  template <class ThreadGroup>
  ES_GROUP_CODE void operator()(ThreadGroup& group) const {
    group.each([&](int, int thread) {
      const std::size_t i = static_cast<std::size_t>(group.index()) * entry_threads + thread;
      if (i < p.size) p.to[i] = p.sign * sum_of_parts(p.from, p.parts, p.size, i);
    });
  }
};

/// One sample per thread.
struct BatchLossKernel {
  static constexpr int most_threads = loss_threads;
  BatchLoss p;

  struct Shares {
    double share[loss_threads];
    std::uint32_t correct[loss_threads];
  };

  template <class ThreadGroup>
  ES_GROUP_CODE void operator()(ThreadGroup& group) const {
    const BatchRows batch = p.control ? p.control->batch : p.batch;
    const std::uint32_t first = group.index() * loss_threads;
    const std::size_t mean_over = p.control ? batch.rows : p.mean_over;
    group.each([&](int rank, int thread) {
      Shares& shares = *group.template shared<Shares>(rank);
      const std::uint32_t row = first + thread;
      shares.share[thread] = row < batch.rows ? share_of(row, sample_of(batch, row), mean_over) : 0.0;
      shares.correct[thread] =
          row < batch.rows && p.classes && p.correct ? is_correct(row, sample_of(batch, row)) : 0;
    });
    group.sync();
    group.each([&](int rank, int thread) {
      if (thread != 0) return;
      const Shares& shares = *group.template shared<Shares>(rank);
      double sum = 0;
      std::uint32_t correct = 0;
      for (int t = 0; t < loss_threads; ++t) {
        sum += shares.share[t];
        correct += shares.correct[t];
      }
      p.shares[group.index()] = sum;
      if (p.correct) p.correct[group.index()] = correct;
    });
  }

 private:
  ES_GROUP_CODE std::size_t sample_of(const BatchRows& batch, std::uint32_t row) const {
    return p.order ? p.order[batch.first + row] : batch.first + row;
  }

  ES_GROUP_CODE double share_of(std::uint32_t row, std::size_t sample, std::size_t mean_over) const {
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
  ES_GROUP_CODE std::uint32_t is_correct(std::uint32_t row, std::size_t sample) const {
    const float* y = p.y + static_cast<std::size_t>(row) * p.outputs;
    std::uint32_t largest = 0;
    for (std::uint32_t i = 1; i < p.outputs; ++i) largest = y[i] > y[largest] ? i : largest;
    return largest == p.classes[sample] ? 1 : 0;
  }
};

/// One thread: a batch has few blocks of shares.
struct FinishStepKernel {
  static constexpr int most_threads = 32;
  FinishStep p;

  template <class ThreadGroup>
  ES_GROUP_CODE void operator()(ThreadGroup& group) const {
    group.each([&](int, int thread) {
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

  template <class ThreadGroup>
  ES_GROUP_CODE void operator()(ThreadGroup& group) const {
    const std::uint32_t t = group.index() / blocks, block = group.index() % blocks;
    const TensorPlace& tensor = p.tensors[t];
    if (!p.collected && (p.control->halted || !step_of(t).moves)) return;
    group.each([&](int, int thread) {
      const std::size_t i = static_cast<std::size_t>(block) * entry_threads + thread;
      if (i >= tensor.size) return;
      const std::size_t at = tensor.offset + i;
      const float value = p.parameters[at];
      float gradient =
          tensor.trainable ? gradient_of(tensor, i) + penalty_gradient(tensor.l1, tensor.l2, value) : 0.0f;
      if (tensor.lasso_factor) gradient += tensor.lasso_factor[i / tensor.columns] * value;
      if (p.collected)
        p.collected[at] = gradient;
      else
        move(step_of(t).optimizer, gradient, at);
    });
  }

 private:
  ES_GROUP_CODE const TensorStep& step_of(std::uint32_t t) const {
    return p.steps[static_cast<std::size_t>(p.control->place) * p.tensor_count + t];
  }

  ES_GROUP_CODE static float gradient_of(const TensorPlace& tensor, std::size_t i) {
    return tensor.sign * sum_of_parts(tensor.gradient, tensor.parts, tensor.size, i);
  }

  ES_GROUP_CODE void move(const OptimizerStep<float>& step, float gradient, std::size_t at) const {
    if (step.kind == OptimizerKind::sgd)
      sgd_update(step, gradient, p.parameters[at], p.first_moment[at]);
    else
      adam_update(step, gradient, p.parameters[at], p.first_moment[at], p.second_moment[at]);
  }
};

}  // namespace eigenstudent::cuda
