// The general executor's passes: a batch through the layers of any graph, forward and backward, layer by
// layer. `Kernels` computes one layer:
//
//   Kernels::forward(const LayerOptions&, const LayerPass<T>&)
//   Kernels::backward(const LayerOptions&, const LayerPass<T>&, const LayerGradients<T>&)
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <vector>

#include "core/graph.h"
#include "executor/layer_pass.h"

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
  /// The graph outlives the pass.
  explicit GraphPass(const Graph& graph) : graph_(graph), states_(graph.layers().size()) {
    for (std::size_t k = 0; k < states_.size(); ++k)
      for (const std::size_t read : graph.spec().layers[k].reads)
        states_[k].shapes.push_back(read == 0 ? graph.spec().input
                                              : graph.layers()[read - 1].description.output);
  }

  /// x: [rows][inputs], kept until the pass is over. `gate` may be null.
  void forward(const NetworkNumbers<T>& numbers, const T* x, std::size_t rows, const Gate* gate = nullptr) {
    numbers_ = numbers;
    x_ = x;
    rows_ = rows;
    reserve();
    for (std::size_t k = 0; k < states_.size(); ++k) {
      states_[k].has_gradient = false;
      point_inputs(k, gate);
      Kernels::forward(graph_.spec().layers[k].options, pass_of(k));
      if (gate) silence(k, *gate);
    }
  }

  std::size_t rows() const { return rows_; }
  /// Output of a layer, [rows][size].
  const std::vector<T>& output(std::size_t layer) const { return states_[layer].y; }
  const std::vector<T>& output() const { return states_.back().y; }

  /// The first layer with an output that is not finite, or -1 where all are finite.
  int first_nonfinite_layer() const {
    for (std::size_t k = 0; k < states_.size(); ++k)
      if (!std::all_of(states_[k].y.begin(), states_[k].y.end(), [](T y) { return std::isfinite(y); }))
        return static_cast<int>(k);
    return -1;
  }

  /// The place for dL/dy of a layer's output before backward(), [rows][size]. `is_new`: it holds no values
  /// yet; else the caller adds.
  T* output_gradient(std::size_t layer, bool& is_new) {
    State& state = states_[layer];
    is_new = !state.has_gradient;
    state.grad_y.resize(state.y.size());
    state.has_gradient = true;
    return state.grad_y.data();
  }

  /// After forward() and output_gradient(): dL of the tensors into `gradient` [layout.size()], 0 where
  /// `wanted` is false ([tensors]; empty: all are), and of the input into grad_x [rows][inputs], where it is
  /// not null.
  void backward(T* gradient, const std::vector<bool>& wanted = {}, T* grad_x = nullptr) {
    std::fill_n(gradient, graph_.layout().size(), T(0));
    if (grad_x) std::fill_n(grad_x, rows_ * graph_.inputs(), T(0));
    find_needed(wanted, grad_x != nullptr);
    for (std::size_t k = states_.size(); k-- > 0;) {
      if (states_[k].needed && states_[k].has_gradient) layer_backward(k, gradient, wanted, grad_x);
      states_[k].has_gradient = false;
    }
  }

  std::size_t bytes() const {
    std::size_t scalars = 0;
    for (const State& state : states_)
      scalars += state.y.capacity() + state.gated.capacity() + state.saved.capacity() +
                 state.saved_batch.capacity() + state.grad_y.capacity();
    return scalars * sizeof(T);
  }

 private:
  struct State {
    std::vector<Shape> shapes;  // of what it reads
    std::vector<const T*> x;    // by reading
    std::vector<T> y, gated, saved, saved_batch, grad_y;
    bool has_gradient = false;
    bool needed = false;  // the layer itself or one below needs a gradient
  };

  void reserve() {
    for (std::size_t k = 0; k < states_.size(); ++k) {
      const GraphLayer& layer = graph_.layers()[k];
      states_[k].y.resize(rows_ * layer.size);
      states_[k].saved.resize(rows_ * layer.description.saved);
      states_[k].saved_batch.resize(layer.description.saved_batch);
    }
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
      state.x.push_back(read == 0 ? x_ : gated ? states_[read - 1].gated.data() : states_[read - 1].y.data());
    }
  }

  void silence(std::size_t k, const Gate& gate) {
    if (!carries(k, gate.group)) return;
    State& state = states_[k];
    state.gated = state.y;
    const GraphLayer& layer = graph_.layers()[k];
    const std::size_t rest =
        layer.size / layer.description.output[0];  // scalars per index of the units' axis
    std::size_t first = 0;
    for (const UnitSegment& segment : layer.units) {
      for (std::size_t u = 0; segment.group == gate.group && u < segment.units; ++u) {
        if (gate.kept[u]) continue;
        const std::size_t from = (first + u * segment.block) * rest;
        for (std::size_t b = 0; b < rows_; ++b)
          std::fill_n(state.gated.begin() + static_cast<std::ptrdiff_t>(b * layer.size + from),
                      segment.block * rest, T(0));
      }
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
                      .y = state.y.data(),
                      .saved = state.saved.data(),
                      .saved_batch = state.saved_batch.data()};
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
    LayerGradients<T> gradients{states_[k].grad_y.data(), {}, {}};
    const ParameterLayout& layout = graph_.layout();
    for (std::size_t role = 0; role < gradients.tensors.size(); ++role) {
      const int t = layout.index_of(k, role);
      if (t >= 0 && (wanted.empty() || wanted[static_cast<std::size_t>(t)]))
        gradients.tensors[role] = gradient + layout.tensors()[static_cast<std::size_t>(t)].offset;
    }
    below_.assign(reads.size(), nullptr);
    scratch_.resize(std::max(scratch_.size(), reads.size()));
    for (std::size_t r = 0; r < reads.size(); ++r) below_[r] = place_below(reads[r], r, grad_x);
    gradients.x = below_;
    Kernels::backward(graph_.spec().layers[k].options, pass_of(k), gradients);
    for (std::size_t r = 0; r < reads.size(); ++r) add_scratch(reads[r], r, grad_x);
  }

  /// The place for the gradient of a reading: the first gradient of a layer is written, the others are added,
  /// from the last reader to the first.
  T* place_below(std::size_t read, std::size_t r, T* grad_x) {
    scratch_[r].clear();
    if (read > 0 && !states_[read - 1].needed) return nullptr;
    if (read == 0 && !grad_x) return nullptr;
    if (read > 0 && !states_[read - 1].has_gradient) {
      State& below = states_[read - 1];
      below.grad_y.resize(below.y.size());
      below.has_gradient = true;
      return below.grad_y.data();
    }
    scratch_[r].resize(rows_ * graph_.read_size(read));
    return scratch_[r].data();
  }

  void add_scratch(std::size_t read, std::size_t r, T* grad_x) {
    if (scratch_[r].empty()) return;
    T* to = read == 0 ? grad_x : states_[read - 1].grad_y.data();
    for (std::size_t i = 0; i < scratch_[r].size(); ++i) to[i] += scratch_[r][i];
  }

  const Graph& graph_;
  std::vector<State> states_;
  NetworkNumbers<T> numbers_{};
  const T* x_ = nullptr;
  std::size_t rows_ = 0;
  std::vector<T*> below_;
  std::vector<std::vector<T>> scratch_;  // by reading
};

}  // namespace eigenstudent
