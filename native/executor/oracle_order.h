// The order in which an oracle would prune: greedy backward elimination by the loss itself. A baseline for criteria
// that use only parameters, not a way to prune large networks.
#pragma once

#include <algorithm>
#include <limits>
#include <numeric>
#include <vector>

#include "executor/graph_student.h"
#include "executor/network_part.h"

namespace eigenstudent {

/// Losses with units of a group removed, each by a pass through the whole network.
template <class T, class Kernels>
class WholeElimination {
 public:
  WholeElimination(const StudentSpec& student, const Graph& network, StudentState<T>& state,
                   std::size_t group, const Dataset& data)
      : student_(student, network, state, scratch_),
        gate_{group, std::vector<bool>(network.units_of(group), true)},
        data_(data) {}

  double loss_without(std::size_t unit, const StopFlag& stop) {
    gate_.kept[unit] = false;
    const double loss = student_.evaluate(data_, Statistics::running, &gate_, stop).loss;
    gate_.kept[unit] = true;
    return loss;
  }
  void remove(std::size_t unit) { gate_.kept[unit] = false; }

 private:
  GraphScratch<T> scratch_;
  GraphStudent<T, Kernels> student_;
  Gate gate_;
  const Dataset& data_;
};

/// The same where only one layer with a matrix reads the group: its sums stay in memory, a removal is a rank-one
/// update of them, and only later layers are computed again.
template <class T, class Kernels>
class RankOneElimination {
 public:
  RankOneElimination(const OnlyReader& reader, const Graph& network, const StudentState<T>& state,
                     const Dataset& data)
      : above_{reader.above, reader.objective},
        network_(reader.above),
        state_(state_of_part(network_, network, state, reader.layer)),
        student_(above_, network_, state_, scratch_),
        samples_(data.samples),
        width_(network_.inputs()),
        rest_(data) {
    const std::vector<T> y = layer_outputs(reader.below, network, state, 0, data.as<T>().inputs, samples_);
    const std::size_t units = y.size() / samples_;
    sums_ = layer_outputs(reader.sums, network, state, reader.layer, y, samples_);
    std::vector<T> identity(units * units, T(0));
    for (std::size_t u = 0; u < units; ++u) identity[u * units + u] = T(1);
    columns_ = layer_outputs(reader.columns, network, state, reader.layer, identity, units);
    y_.resize(y.size());
    for (std::size_t b = 0; b < samples_; ++b)
      for (std::size_t u = 0; u < units; ++u) y_[u * samples_ + b] = y[b * units + u];
    rest_.input_count = width_;
    inputs_of_rest().resize(sums_.size());
  }

  double loss_without(std::size_t unit, const StopFlag& stop) {
    subtract(unit, inputs_of_rest().data());
    return student_.evaluate(rest_, Statistics::running, nullptr, stop).loss;
  }
  void remove(std::size_t unit) { subtract(unit, sums_.data()); }

 private:
  /// x: [rows][inputs of the part]; returns [rows][outputs]. Batch norm takes running statistics.
  static std::vector<T> layer_outputs(const NetworkSpec& part, const Graph& network,
                                      const StudentState<T>& state, std::size_t first,
                                      const std::vector<T>& x, std::size_t rows) {
    constexpr std::size_t at_once = 256;  // arbitrary: keeps activations small
    const Graph graph(part);
    const StudentState<T> numbers = state_of_part(graph, network, state, first);
    AlignedBuffer<T> block;
    GraphPass<T, Kernels> pass(graph, block);
    std::vector<T> all;
    for (std::size_t row = 0; row < rows; row += at_once) {
      pass.forward({numbers.parameters.data(), numbers.buffers.data()}, x.data() + row * graph.inputs(),
                   std::min(at_once, rows - row), nullptr, Keep::outputs);
      const T* outputs = pass.output();
      all.insert(all.end(), outputs, outputs + pass.rows() * graph.outputs());
    }
    return all;
  }

  std::vector<T>& inputs_of_rest() {
    if constexpr (std::same_as<T, float>)
      return rest_.float32.inputs;
    else
      return rest_.float64.inputs;
  }

  /// to = the reader's sums without this unit.
  void subtract(std::size_t unit, T* to) const {
    const T *y = y_.data() + unit * samples_, *w = columns_.data() + unit * width_;
    for (std::size_t b = 0; b < samples_; ++b)
      for (std::size_t i = 0; i < width_; ++i) to[b * width_ + i] = sums_[b * width_ + i] - w[i] * y[b];
  }

  const StudentSpec above_;
  const Graph network_;
  StudentState<T> state_;
  GraphScratch<T> scratch_;
  GraphStudent<T, Kernels> student_;
  std::size_t samples_, width_;
  Dataset rest_;            // the reader's sums for a candidate, with the targets of the data
  std::vector<T> y_;        // [units][samples]: the group's outputs
  std::vector<T> sums_;     // [samples][width]: the reader's sums over the remaining units
  std::vector<T> columns_;  // [units][width]: the reader's weights, by unit
};

/// At each step it removes the unit without which the loss is least (of equals the first). Fewer units when
/// stopped.
template <class Elimination>
std::vector<std::uint32_t> eliminate(Elimination&& elimination, std::size_t units, const StopFlag& stop) {
  std::vector<std::uint32_t> left(units), order;
  std::iota(left.begin(), left.end(), 0u);
  while (!left.empty()) {
    std::size_t best = 0;
    double least = std::numeric_limits<double>::infinity();
    for (std::size_t place = 0; place < left.size(); ++place) {
      const double loss = elimination.loss_without(left[place], stop);
      if (stop) return order;
      if (loss < least) least = loss, best = place;
    }
    elimination.remove(left[best]);
    order.push_back(left[best]);
    left.erase(left.begin() + static_cast<std::ptrdiff_t>(best));
  }
  return order;
}

/// All units of a hidden layer, the first removed first. A removed unit outputs 0 at the end of its group.
/// Batch norm uses running statistics.
///
/// h units cost h (h + 1) / 2 passes: through the layers after the only layer that reads them, as in chains;
/// else through the whole network. One thread; a stop leaves fewer units in the order.
/// state: parameters and buffers. The data have targets and fit (check_fits). Throws Error("invalid_argument") for a layer that has
/// no hidden units of its own.
template <class T, class Kernels>
std::vector<std::uint32_t> oracle_order(const StudentSpec& student, const Graph& network,
                                        StudentState<T>& state, std::size_t layer, const Dataset& data,
                                        const StopFlag& stop) {
  const std::size_t group = hidden_group(network, layer), units = network.units_of(group);
  if (const std::optional<OnlyReader> reader = only_reader_of(network, student.objective, group))
    return eliminate(RankOneElimination<T, Kernels>(*reader, network, state, data), units, stop);
  return eliminate(WholeElimination<T, Kernels>(student, network, state, group, data), units, stop);
}

}  // namespace eigenstudent
