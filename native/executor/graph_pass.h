// The general executor's passes: a batch through the layers of any graph, forward and backward, layer by
// layer. An object of `Kernels` computes one layer:
//
//   forward(const LayerOptions&, const LayerPass<T>&)
//   backward(const LayerOptions&, const LayerPass<T>&, const LayerGradients<T>&)
//   folds(const LayerOptions&, const Shape& output, const ActivationFunction&)
//                               whether both compute an activation that alone reads the layer (LayerPass::after)
//   accumulate(from, count, to)                   to += from
//   sample_lanes<T>()                             how images are stored (layer_pass.h)
//   to_lanes(rows, count, size, to), from_lanes   to that from [count][size], and back, where it is not 1
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <vector>

#include "core/graph.h"
#include "executor/aligned_buffer.h"
#include "executor/layer_pass.h"
#include "executor/pass_plan.h"

namespace eigenstudent {

/// Silences units of a hidden group: unit u outputs 0 where kept[u] is false. It applies at the end of the
/// group, after batch norm and activations, so that a silenced network computes the same as the one from
/// which the units are cut.
struct Gate {
  std::size_t group;
  std::vector<bool> kept;  // [units of the group]
};

/// The parameters and buffers of a network, as arguments of a pass.
template <class T>
struct NetworkNumbers {
  const T* parameters;         // [layout.size()]
  const T* buffers = nullptr;  // [layout.buffer_size()]
  T* new_buffers = nullptr;    // null: the buffers stay
  Statistics statistics = Statistics::running;
};

template <class T, class Kernels>
class GraphPass {
 public:
  /// The graph and the block of memory outlive the pass. The block grows to what the largest pass needs;
  /// between passes others may use it. read_after: the layers whose outputs are read after a pass; the last
  /// one always is.
  GraphPass(const Graph& graph, AlignedBuffer<T>& block, const std::vector<std::size_t>& read_after = {},
            Kernels kernels = {})
      : graph_(graph),
        block_(block),
        kernels_(kernels),
        states_(graph.layers().size()),
        read_after_(states_.size(), false),
        folded_(states_.size(), false) {
    for (const std::size_t k : read_after) read_after_[k] = true;
    read_after_.back() = true;
    for (std::size_t k = 0; k < states_.size(); ++k) {
      for (const std::size_t read : graph.spec().layers[k].reads)
        states_[k].shapes.push_back(read == 0 ? graph.spec().input
                                              : graph.layers()[read - 1].description.output);
      folded_[k] = folds(k);
    }
  }

  const Kernels& kernels() const { return kernels_; }

  /// x: [rows][inputs], kept until the pass is over. `gate` may be null.
  void forward(const NetworkNumbers<T>& numbers, const T* x, std::size_t rows, const Gate* gate = nullptr,
               Keep keep = Keep::everything) {
    numbers_ = numbers;
    rows_ = rows;
    reserve({rows, gate != nullptr, keep});
    x_ = x;
    if (packed(graph_.spec().input)) {
      to_lanes(x, graph_.inputs(), block_.get() + plan_.input());
      x_ = block_.get() + plan_.input();
    }
    for (std::size_t k = 0; k < states_.size(); ++k) {
      states_[k].has_gradient = states_[k].has_row_gradient = false;
      if (k > 0 && folded_[k - 1]) continue;
      point_inputs(k, gate);
      kernels_.forward(graph_.spec().layers[k].options, pass_of(k));
      if (gate) silence(folded_[k] ? k + 1 : k, *gate);
    }
  }

  std::size_t rows() const { return rows_; }
  /// Output of the last layer, or of one that is read after the pass: [rows][size], until the next call.
  const T* output(std::size_t layer) {
    if (!packed(shape_of(layer))) return place(plan_[layer].y);
    std::vector<T>& rows = states_[layer].output_rows;
    rows.resize(rows_ * graph_.layers()[layer].size);
    if constexpr (Kernels::stores_lanes)
      kernels_.from_lanes(place(plan_[layer].y), rows_, graph_.layers()[layer].size, rows.data());
    return rows.data();
  }
  const T* output() { return output(states_.size() - 1); }

  /// The first layer with an output that is not finite, or -1 where all are finite. After a pass that keeps
  /// everything.
  int first_nonfinite_layer() {
    for (std::size_t k = 0; k < states_.size(); ++k) {
      const T* y = output(k);
      if (!std::all_of(y, y + rows_ * graph_.layers()[k].size, [](T value) { return std::isfinite(value); }))
        return static_cast<int>(k);
    }
    return -1;
  }

  /// The place for dL/dy of the output of a layer that is read after the pass, before backward(),
  /// [rows][size]. `is_new`: it holds no values yet; else the caller adds.
  T* output_gradient(std::size_t layer, bool& is_new) {
    State& state = states_[layer];
    is_new = !state.has_gradient;
    state.has_gradient = true;
    if (!packed(shape_of(layer))) return place(plan_[layer].gradient);
    state.has_row_gradient = true;
    state.gradient_rows.resize(rows_ * graph_.layers()[layer].size);
    return state.gradient_rows.data();
  }

  /// After forward() and output_gradient(): dL of the tensors into `gradient` [layout.size()], 0 where
  /// `wanted` is false ([tensors]; empty: all are), and of the input into grad_x [rows][inputs], where it is
  /// not null.
  void backward(T* gradient, const std::vector<bool>& wanted = {}, T* grad_x = nullptr) {
    std::fill_n(gradient, graph_.layout().size(), T(0));
    const bool packed_input = packed(graph_.spec().input);
    T* input_gradient = grad_x && packed_input ? place(plan_.input_gradient()) : grad_x;
    if (grad_x) std::fill_n(input_gradient, stored(graph_.spec().input), T(0));
    find_needed(wanted, grad_x != nullptr);
    for (std::size_t k = states_.size(); k-- > 0;) {
      if (states_[k].needed && states_[k].has_gradient) {
        if (states_[k].has_row_gradient)
          to_lanes(states_[k].gradient_rows.data(), graph_.layers()[k].size, place(plan_[k].gradient));
        if (k > 0 && folded_[k - 1])
          states_[k - 1].has_gradient = true;  // in the same place
        else
          layer_backward(k, gradient, wanted, input_gradient);
      }
      states_[k].has_gradient = false;
    }
    if constexpr (Kernels::stores_lanes)
      if (grad_x && packed_input) kernels_.from_lanes(input_gradient, rows_, graph_.inputs(), grad_x);
  }

 private:
  struct State {
    std::vector<Shape> shapes;                  // of what it reads
    std::vector<const T*> x;                    // by reading
    std::vector<T> output_rows, gradient_rows;  // [rows][size] of an output that is stored in lanes
    bool has_gradient = false;
    bool has_row_gradient = false;
    bool needed = false;  // the layer itself or one below needs a gradient
  };

  const Shape& shape_of(std::size_t layer) const { return graph_.layers()[layer].description.output; }
  T* place(std::size_t offset) { return block_.get() + offset; }

  bool packed(const Shape& shape) const { return Kernels::stores_lanes && shape.size() == 3; }
  std::size_t stored(const Shape& shape) const { return stored_samples(shape) * size_of(shape); }
  std::size_t stored_samples(const Shape& shape) const {
    const std::size_t lanes = packed(shape) ? kernels_.template sample_lanes<T>() : 1;
    return (rows_ + lanes - 1) / lanes * lanes;
  }
  void to_lanes(const T* rows, std::size_t size, T* to) {
    if constexpr (Kernels::stores_lanes) kernels_.to_lanes(rows, rows_, size, to);
  }

  /// Whether the layer after k is an activation that k computes with its own output.
  bool folds(std::size_t k) const {
    if (k + 1 == states_.size() || read_after_[k] || graph_.layers()[k].readers != std::vector{k + 1})
      return false;
    const auto* next = std::get_if<ActivationLayer>(&graph_.spec().layers[k + 1].options);
    return next && kernels_.folds(graph_.spec().layers[k].options, shape_of(k), next->activation);
  }

  void reserve(const PassSizes& sizes) {
    if (!(plan_.sizes() == sizes))
      plan_ = PassPlan(graph_, sizes, packed(graph_.spec().input) ? stored(graph_.spec().input) : 0,
                       read_after_, folded_, [this](const Shape& shape) { return stored(shape); });
    block_.require(plan_.size());
  }

  /// Whether a layer's output carries units of the group.
  bool carries(std::size_t k, std::size_t group) const {
    const std::vector<UnitSegment>& units = graph_.layers()[k].units;
    return std::any_of(units.begin(), units.end(), [&](const UnitSegment& s) { return s.group == group; });
  }

  /// A reader outside the group reads the silenced units; within the group nothing changes. A layer with a
  /// matrix reads from outside even where its own units are of the group, as in a residual block.
  void point_inputs(std::size_t k, const Gate* gate) {
    State& state = states_[k];
    const bool keeps = graph_.layers()[k].description.units != Units::made;
    state.x.clear();
    for (const std::size_t read : graph_.spec().layers[k].reads) {
      const bool gated =
          gate && read > 0 && carries(read - 1, gate->group) && !(keeps && carries(k, gate->group));
      state.x.push_back(read == 0 ? x_ : place(gated ? plan_[read - 1].gated : plan_[read - 1].y));
    }
  }

  void silence(std::size_t k, const Gate& gate) {
    if (!carries(k, gate.group)) return;
    const GraphLayer& layer = graph_.layers()[k];
    const Shape& shape = layer.description.output;
    T* gated = place(plan_[k].gated);
    std::copy_n(place(plan_[k].y), stored(shape), gated);
    const std::size_t lanes = packed(shape) ? kernels_.template sample_lanes<T>() : 1;
    const std::size_t blocks = stored_samples(shape) / lanes;
    const std::size_t rest = layer.size / shape[0] * lanes;  // scalars per index of the units' axis
    std::size_t first = 0;
    for (const UnitSegment& segment : layer.units) {
      for (std::size_t u = 0; segment.group == gate.group && u < segment.units; ++u)
        for (std::size_t b = 0; b < blocks && !gate.kept[u]; ++b)
          std::fill_n(gated + b * layer.size * lanes + (first + u * segment.block) * rest,
                      segment.block * rest, T(0));
      first += segment.length();
    }
  }

  LayerPass<T> pass_of(std::size_t k) {
    State& state = states_[k];
    const ParameterLayout& layout = graph_.layout();
    LayerPass<T> pass{.batch = rows_,
                      .layer = graph_.layers()[k],
                      .shapes = state.shapes,
                      .x = state.x,
                      .tensors = {},
                      .buffers = nullptr,
                      .new_buffers = nullptr,
                      .statistics = numbers_.statistics,
                      .after = Activation::linear,
                      .y = place(plan_[k].y),
                      .saved = place(plan_[k].saved),
                      .saved_batch = place(plan_[k].saved_batch)};
    if (folded_[k]) pass.after = std::get<ActivationLayer>(graph_.spec().layers[k + 1].options).activation;
    for (std::size_t role = 0; role < pass.tensors.size(); ++role)
      pass.tensors[role] = layout.find(numbers_.parameters, k, role);
    for (const Buffer& buffer : layout.buffers())
      if (buffer.layer == k && !pass.buffers) {
        pass.buffers = numbers_.buffers + buffer.offset;
        pass.new_buffers = numbers_.new_buffers ? numbers_.new_buffers + buffer.offset : nullptr;
      }
    return pass;
  }

  void find_needed(const std::vector<bool>& wanted, bool input_wanted) {
    const std::vector<Tensor>& tensors = graph_.layout().tensors();
    for (State& state : states_) state.needed = false;
    for (std::size_t t = 0; t < tensors.size(); ++t)
      if (wanted.empty() || wanted[t]) states_[tensors[t].layer].needed = true;
    for (std::size_t k = 0; k < states_.size(); ++k)
      for (const std::size_t read : graph_.spec().layers[k].reads)
        if (read == 0 ? input_wanted : states_[read - 1].needed) states_[k].needed = true;
  }

  void layer_backward(std::size_t k, T* gradient, const std::vector<bool>& wanted, T* grad_x) {
    const std::vector<std::size_t>& reads = graph_.spec().layers[k].reads;
    LayerGradients<T> gradients{place(plan_[k].gradient), {}, {}};
    const ParameterLayout& layout = graph_.layout();
    for (std::size_t role = 0; role < gradients.tensors.size(); ++role) {
      const int t = layout.index_of(k, role);
      if (t >= 0 && (wanted.empty() || wanted[static_cast<std::size_t>(t)]))
        gradients.tensors[role] = gradient + layout.tensors()[static_cast<std::size_t>(t)].offset;
    }
    below_.assign(reads.size(), nullptr);
    is_added_.assign(reads.size(), false);
    for (std::size_t r = 0; r < reads.size(); ++r) below_[r] = place_below(k, r, grad_x);
    gradients.x = below_;
    kernels_.backward(graph_.spec().layers[k].options, pass_of(k), gradients);
    for (std::size_t r = 0; r < reads.size(); ++r)
      if (is_added_[r]) add_scratch(reads[r], below_[r], grad_x);
  }

  /// The place for the gradient of a reading: the first gradient of a layer is written, the others are added,
  /// from the last reader to the first.
  T* place_below(std::size_t k, std::size_t r, T* grad_x) {
    const std::size_t read = graph_.spec().layers[k].reads[r];
    if (read == 0 ? !grad_x : !states_[read - 1].needed) return nullptr;
    if (read > 0 && !states_[read - 1].has_gradient) {
      states_[read - 1].has_gradient = true;
      return place(plan_[read - 1].gradient);
    }
    is_added_[r] = true;
    return place(plan_[k].scratch[r]);
  }

  void add_scratch(std::size_t read, const T* scratch, T* grad_x) {
    if (read > 0 && states_[read - 1].has_row_gradient) {
      to_lanes(states_[read - 1].gradient_rows.data(), graph_.layers()[read - 1].size,
               place(plan_[read - 1].gradient));
      states_[read - 1].has_row_gradient = false;
    }
    T* to = read == 0 ? grad_x : place(plan_[read - 1].gradient);
    const std::size_t count = stored(read == 0 ? graph_.spec().input : shape_of(read - 1));
    kernels_.accumulate(scratch, count, to);
  }

  const Graph& graph_;
  AlignedBuffer<T>& block_;
  Kernels kernels_;
  std::vector<State> states_;
  std::vector<bool> read_after_, folded_;
  PassPlan plan_;
  NetworkNumbers<T> numbers_{};
  const T* x_ = nullptr;
  std::size_t rows_ = 0;
  std::vector<T*> below_;
  std::vector<bool> is_added_;  // by reading
};

}  // namespace eigenstudent
