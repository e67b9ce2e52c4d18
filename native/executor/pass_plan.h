// The places of all arrays of a pass over a graph, in one block of memory.
#pragma once

#include <algorithm>
#include <cstddef>
#include <vector>

#include "core/graph.h"
#include "executor/block_plan.h"

namespace eigenstudent {

/// What a pass keeps.
enum class Keep {
  everything,  // for backward()
  outputs,  // those of the layers that are read after it; another output is overwritten once its readers are done
};

inline constexpr std::size_t no_place = static_cast<std::size_t>(-1);

/// Offsets in the block.
struct LayerPlaces {
  std::size_t y = 0, gated = 0, saved = 0, saved_batch = 0;
  std::size_t gradient = 0;  // of y
  std::vector<std::size_t>
      scratch;  // by reading: of a gradient that is added to another; no_place where it is the first
};

/// What the plan depends on besides the graph.
struct PassSizes {
  std::size_t rows = 0;
  bool gated = false;
  Keep keep = Keep::everything;

  bool operator==(const PassSizes&) const = default;
};

class PassPlan {
 public:
  PassPlan() = default;
  /// stored(shape): scalars of all samples' values of a shape. input: scalars of a copy of the input, or 0.
  /// read_after: whether a layer's output is read after the pass. folded: whether a layer's output is that of
  /// the layer after it.
  template <class Stored>
  PassPlan(const Graph& graph, const PassSizes& sizes, std::size_t input, const std::vector<bool>& read_after,
           const std::vector<bool>& folded, const Stored& stored)
      : sizes_(sizes), layers_(graph.layers().size()) {
    input_ = plan_.take(input);
    if (sizes.keep == Keep::everything) input_gradient_ = plan_.take(input);
    plan_forward(graph, read_after, folded, stored);
    if (sizes.keep == Keep::everything) plan_backward(graph, read_after, folded, stored);
  }

  const PassSizes& sizes() const { return sizes_; }
  std::size_t size() const { return plan_.size(); }
  const LayerPlaces& operator[](std::size_t layer) const { return layers_[layer]; }
  std::size_t input() const { return input_; }
  std::size_t input_gradient() const { return input_gradient_; }

 private:
  template <class Stored>
  void plan_forward(const Graph& graph, const std::vector<bool>& read_after, const std::vector<bool>& folded,
                    const Stored& stored) {
    std::vector<std::size_t> readers(layers_.size());
    for (std::size_t k = 0; k < layers_.size(); ++k) {
      const GraphLayer& layer = graph.layers()[k];
      readers[k] = layer.readers.size();
      const std::size_t size = stored(layer.description.output);
      layers_[k].y = k > 0 && folded[k - 1] ? layers_[k - 1].y : plan_.take(size);
      if (sizes_.gated) layers_[k].gated = plan_.take(size);
      layers_[k].saved = plan_.take(layer.description.saved * size / std::max<std::size_t>(layer.size, 1));
      layers_[k].saved_batch = plan_.take(layer.description.saved_batch);
      if (sizes_.keep == Keep::everything || sizes_.gated) continue;
      plan_.release(layers_[k].saved);
      for (const std::size_t read : graph.spec().layers[k].reads)
        if (read > 0 && --readers[read - 1] == 0 && !read_after[read - 1] && !folded[read - 1])
          plan_.release(layers_[read - 1].y);
    }
  }

  /// Every layer's gradient is taken when its last reader writes it, and released behind the layer itself.
  template <class Stored>
  void plan_backward(const Graph& graph, const std::vector<bool>& read_after, const std::vector<bool>& folded,
                     const Stored& stored) {
    std::vector<bool> taken(read_after.size(), false);
    const auto take_gradient = [&](std::size_t k) {
      layers_[k].gradient = plan_.take(stored(graph.layers()[k].description.output));
      taken[k] = true;
    };
    for (std::size_t k = 0; k < layers_.size(); ++k)
      if (read_after[k]) take_gradient(k);
    for (std::size_t k = layers_.size(); k-- > 0;) {
      if (!taken[k]) continue;
      if (k > 0 && folded[k - 1]) {
        layers_[k - 1].gradient = layers_[k].gradient;
        taken[k - 1] = true;
        continue;
      }
      for (const std::size_t read : graph.spec().layers[k].reads) {
        if (read > 0 && !taken[read - 1]) {
          take_gradient(read - 1);
          layers_[k].scratch.push_back(no_place);
        } else {
          const Shape& shape = read == 0 ? graph.spec().input : graph.layers()[read - 1].description.output;
          layers_[k].scratch.push_back(plan_.take(stored(shape)));
        }
      }
      for (std::size_t r = 0; r < layers_[k].scratch.size(); ++r)
        if (layers_[k].scratch[r] != no_place) plan_.release(layers_[k].scratch[r]);
      plan_.release(layers_[k].gradient);
    }
  }

  BlockPlan plan_;
  PassSizes sizes_;
  std::vector<LayerPlaces> layers_;
  std::size_t input_ = 0, input_gradient_ = 0;
};

}  // namespace eigenstudent
