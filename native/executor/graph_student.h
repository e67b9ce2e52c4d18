// One student on the general executor: its training steps, outputs, pruning curve and gradient, for any graph
// of layers.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <vector>

#include "core/backend.h"
#include "core/penalty.h"
#include "core/schedule.h"
#include "executor/augment.h"
#include "executor/batch.h"
#include "executor/graph_pass.h"
#include "executor/population_pass.h"

namespace eigenstudent {

/// Memory that students use one after the other: it grows to what the largest batch of the largest student
/// needs.
template <class T>
struct GraphScratch {
  AlignedBuffer<T> block;  // activations and their gradients
  Batch<T> batch;
  std::vector<std::uint32_t> order;      // the shuffle of an epoch
  std::vector<T> gradient, new_buffers;  // of parameters; of buffers
  std::vector<T> image;                  // a sample as it is in the data, where it is augmented
  std::vector<T> row;                    // a sample's gradient that is to be added to another term's

  std::size_t bytes() const {
    const std::size_t scalars = gradient.capacity() + new_buffers.capacity() + batch.x.capacity() +
                                batch.targets.capacity() + image.capacity();
    return block.bytes() + scalars * sizeof(T) + order.capacity() * sizeof(std::uint32_t);
  }
};

template <class T, class Kernels>
class GraphStudent {
 public:
  /// All arguments must outlive the student.
  GraphStudent(const StudentSpec& spec, const Graph& network, StudentState<T>& state,
               GraphScratch<T>& scratch, Kernels kernels = {})
      : spec_(spec),
        network_(network),
        state_(state),
        scratch_(scratch),
        pass_(network, scratch.block, layers_of(spec.objective), kernels) {}

  /// The result of a step: its batch loss, and where that is not finite, so that the step was not applied,
  /// the first layer with such outputs.
  struct Step {
    double loss = 0;
    int layer = -1;
    bool applied() const { return std::isfinite(loss); }
  };
  /// One training step; the caller updates the counters of the state.
  Step train() {
    const bool of_population = spec_.trainer->population;
    const double loss = of_population ? population_step() : forward_batch();
    if (!std::isfinite(loss)) return {loss, of_population ? -1 : pass_.first_nonfinite_layer()};
    const std::uint64_t clock = spec_.trainer->clock();
    const std::uint8_t mask = phase_mask_at(spec_.trainer->phases, state_.step, clock);
    find_wanted(mask);
    scratch_.gradient.resize(network_.layout().size());
    if (!of_population) pass_.backward(scratch_.gradient.data(), wanted_);
    update(learning_rate_at(spec_.trainer->learning_rate, state_.step, clock));
    state_.buffers.swap(scratch_.new_buffers);
    return {loss, -1};
  }
  /// Loss and accuracy over a whole set; NaN when stopped on the way. `gate` may be null.
  Evaluation evaluate(const Dataset& data, Statistics statistics, const Gate* gate, const StopFlag& stop) {
    constexpr double nan = std::numeric_limits<double>::quiet_NaN();
    if (is_population(data))
      return {population().value(state_.parameters.data(), gate ? &gate->kept : nullptr), nan};
    double sum = 0;
    std::size_t correct = 0;
    const bool whole = for_stretches(data, statistics, gate, stop, [&](std::size_t) {
      sum += batch_loss(data.samples, false);
      correct += correct_answers();
    });
    if (!whole) return {nan, nan};
    const bool has_classes = !data.as<T>().classes.empty();
    return {sum, has_classes ? static_cast<double>(correct) / static_cast<double>(data.samples) : nan};
  }

  /// outputs: [samples][outputs].
  void predict(const Dataset& data, Statistics statistics, T* outputs) {
    const StopFlag never{false};
    for_stretches(data, statistics, nullptr, never, [&](std::size_t first) {
      std::copy(pass_.output(), pass_.output() + pass_.rows() * network_.outputs(),
                outputs + first * network_.outputs());
    });
  }

  /// As Population::pruning_curve: a pass over the data per point, h + 1 without points.
  void pruning_curve(std::size_t layer, std::span<const std::uint32_t> removal_order, const Dataset& data,
                     Statistics statistics, std::span<double> losses, const StopFlag& stop,
                     std::span<const std::uint32_t> points) {
    const std::size_t units = removal_order.size();
    std::vector<bool> wanted(units + 1, points.empty());
    for (const std::uint32_t point : points) wanted[point] = true;
    Gate gate{network_.group_of(layer), std::vector<bool>(units, false)};
    for (std::size_t kept = 0; kept <= units; ++kept) {
      if (kept > 0) gate.kept[removal_order[units - kept]] = true;
      if (wanted[kept]) losses[kept] = evaluate(data, statistics, &gate, stop).loss;
    }
  }

  /// As Population::gradient.
  Losses gradient(const Dataset& data, T* gradient, const GradientOptions& options) {
    const double loss =
        is_population(data) ? population_gradient(gradient, options) : loss_gradient(data, gradient, options);
    return {loss, penalty_of(network_.layout(), state_.parameters.data())};
  }
  /// The same without the value of the penalty. Returns the data loss.
  double loss_gradient(const Dataset& data, T* gradient, const GradientOptions& options) {
    scratch_.batch.slice(data, 0, data.samples);
    pass_.forward(numbers(options.statistics, nullptr), scratch_.batch.x.data(), scratch_.batch.rows);
    const double loss = batch_loss(scratch_.batch.rows, true);
    find_wanted(train_everything);
    pass_.backward(gradient, wanted_, static_cast<T*>(options.inputs));
    add_penalty_gradients(gradient);
    return loss;
  }

 private:
  /// Rows of one pass where they do not depend on each other. Arbitrary: keeps scratch small.
  static constexpr std::size_t rows_at_once = 256;

  /// The next batch through the network; returns its loss, whose gradients are in the pass.
  double forward_batch() {
    const BatchPlace place = batch_place(*spec_.trainer, state_.place);
    if (place.first == 0 || !has_order_) shuffle_epoch(*spec_.trainer, place.epoch, scratch_.order);
    has_order_ = true;
    scratch_.batch.gather(*spec_.trainer->data, scratch_.order.data() + place.first, place.count);
    augment(*spec_.trainer, place, scratch_.batch.x.data(), scratch_.image);
    scratch_.new_buffers = state_.buffers;
    pass_.forward(numbers(Statistics::batch, scratch_.new_buffers.data()), scratch_.batch.x.data(),
                  scratch_.batch.rows);
    return batch_loss(scratch_.batch.rows, true);
  }

  /// Whether the loss on these data is that of a population: they are the teacher that the student is trained on.
  bool is_population(const Dataset& data) const {
    return spec_.trainer && spec_.trainer->population && &data == spec_.trainer->data.get();
  }
  PopulationPass<T>& population() {
    if (!population_) population_.emplace(network_, *spec_.trainer->data);
    return *population_;
  }
  /// Of the whole objective, as loss_gradient().
  double population_gradient(T* gradient, const GradientOptions& options) {
    if (options.inputs)
      throw Error("invalid_argument",
                  "a population loss has no gradient of inputs: it is a mean over all of them");
    const double loss = population().gradient(state_.parameters.data(), gradient);
    find_wanted(train_everything);
    const std::vector<Tensor>& tensors = network_.layout().tensors();
    for (std::size_t t = 0; t < tensors.size(); ++t)
      if (!wanted_[t]) std::fill_n(gradient + tensors[t].offset, tensors[t].size(), T(0));
    add_penalty_gradients(gradient);
    return loss;
  }
  /// Returns the loss; its gradient is in scratch_.gradient.
  double population_step() {
    scratch_.gradient.resize(network_.layout().size());
    scratch_.new_buffers = state_.buffers;
    return population().gradient(state_.parameters.data(), scratch_.gradient.data());
  }

  static std::vector<std::size_t> layers_of(const Objective& objective) {
    std::vector<std::size_t> layers;
    for (const Term& term : objective) layers.push_back(term.layer);
    return layers;
  }

  NetworkNumbers<T> numbers(Statistics statistics, T* new_buffers) const {
    return {state_.parameters.data(), state_.buffers.data(), new_buffers, statistics};
  }

  /// Whether a row's outputs depend on the other rows.
  bool rows_depend(Statistics statistics) const {
    return statistics == Statistics::batch && network_.layout().buffer_size() > 0;
  }

  /// Calls use(first sample) after each forward pass over the data; false when stopped on the way.
  template <class Use>
  bool for_stretches(const Dataset& data, Statistics statistics, const Gate* gate, const StopFlag& stop,
                     const Use& use) {
    const std::size_t rows = rows_depend(statistics) ? data.samples : rows_at_once;
    for (std::size_t first = 0; first < data.samples; first += rows) {
      if (stop) return false;
      scratch_.batch.slice(data, first, std::min(rows, data.samples - first));
      pass_.forward(numbers(statistics, nullptr), scratch_.batch.x.data(), scratch_.batch.rows, gate,
                    Keep::outputs);
      use(first);
    }
    return true;
  }

  /// Data loss of the current batch, its terms in their order; means are over `mean_over` samples (the batch
  /// itself, or the whole set it is a part of). want_gradients: writes dL/dy of the layers of the objective's
  /// terms to the pass.
  double batch_loss(std::size_t mean_over, bool want_gradients) {
    double total = 0;
    for (const Term& term : spec_.objective) {
      const double loss = term_loss(term, mean_over, want_gradients);
      total += term.weight == 1 ? loss : term.weight * loss;
    }
    return total;
  }

  double term_loss(const Term& term, std::size_t mean_over, bool want_gradients) {
    const std::size_t outputs = network_.layers()[term.layer].size;
    const bool by_class = targets_of(term.loss) == TargetKind::classes;
    const T* targets = by_class ? nullptr : scratch_.batch.values_of(term.target).data();
    bool is_new = true;
    T* gradient = want_gradients ? pass_.output_gradient(term.layer, is_new) : nullptr;
    scratch_.row.resize(is_new ? 0 : outputs);
    const T* outputs_of_layer = pass_.output(term.layer);
    double sum = 0;
    for (std::size_t b = 0; b < scratch_.batch.rows; ++b) {
      T* to = gradient ? gradient + b * outputs : nullptr;
      const LossSample<T> sample{.y = outputs_of_layer + b * outputs,
                                 .targets = targets ? targets + b * outputs : nullptr,
                                 .label = by_class ? scratch_.batch.classes[b] : 0,
                                 .outputs = outputs,
                                 .mean_over = mean_over,
                                 .delta = !to || is_new ? to : scratch_.row.data()};
      sum += std::visit([&](const auto& loss) { return value_of(loss.sample(sample)); }, term.loss);
      if (to) weigh_gradient(term.weight, is_new, to, outputs);
    }
    return sum;
  }

  /// The sample's gradient is in `to`, or, where `to` already holds that of another term, in scratch_.row.
  void weigh_gradient(double weight, bool is_new, T* to, std::size_t outputs) const {
    const T factor = static_cast<T>(weight);
    for (std::size_t i = 0; is_new && weight != 1 && i < outputs; ++i) to[i] *= factor;
    for (std::size_t i = 0; !is_new && i < outputs; ++i) to[i] += factor * scratch_.row[i];
  }

  /// Samples whose largest output (the first of equals) is the class.
  std::size_t correct_answers() {
    const std::size_t outputs = network_.outputs();
    const T* all = pass_.output();
    std::size_t correct = 0;
    for (std::size_t b = 0; b < scratch_.batch.classes.size(); ++b) {
      const T* prediction = all + b * outputs;
      const auto largest =
          static_cast<std::size_t>(std::max_element(prediction, prediction + outputs) - prediction);
      if (largest == scratch_.batch.classes[b]) ++correct;
    }
    return correct;
  }

  void find_wanted(std::uint8_t mask) {
    wanted_.clear();
    for (const Tensor& tensor : network_.layout().tensors())
      wanted_.push_back(tensor.options.trainable && in_phase(mask, tensor.description.phase_bit));
  }

  void add_penalty_gradients(T* gradient) const {
    const std::vector<Tensor>& tensors = network_.layout().tensors();
    for (std::size_t t = 0; t < tensors.size(); ++t)
      if (wanted_[t])
        add_penalty_gradient(tensors[t].options, state_.parameters.data() + tensors[t].offset,
                             tensors[t].rows, tensors[t].columns, gradient + tensors[t].offset);
  }

  /// The kernel adds the penalties of single numbers; those of rows are in the gradient before it.
  void update(double learning_rate) {
    const std::vector<Tensor>& tensors = network_.layout().tensors();
    for (std::size_t t = 0; t < tensors.size(); ++t) {
      if (!wanted_[t]) continue;
      const std::size_t at = tensors[t].offset;
      T *gradient = scratch_.gradient.data() + at, *parameters = state_.parameters.data() + at;
      TensorOptions of_numbers = tensors[t].options;
      if (!only_numbers(of_numbers)) {
        add_penalty_gradient(tensors[t].options, parameters, tensors[t].rows, tensors[t].columns, gradient);
        of_numbers.l1 = of_numbers.l2 = 0;
      }
      pass_.kernels().update(
          optimizer_step<T>(spec_.trainer->optimizer, learning_rate, ++state_.update_count[t]), of_numbers,
          gradient, tensors[t].size(), parameters, state_.first_moment.data() + at,
          state_.second_moment.empty() ? nullptr : state_.second_moment.data() + at);
    }
  }

  const StudentSpec& spec_;
  const Graph& network_;
  StudentState<T>& state_;
  GraphScratch<T>& scratch_;
  GraphPass<T, Kernels> pass_;
  std::optional<PopulationPass<T>> population_;  // of a student that trains on one, from its first use
  bool has_order_ = false;                       // whether the shuffle is that of the current epoch
  std::vector<bool> wanted_;                     // by tensor
};

}  // namespace eigenstudent
