// Derives everything that follows from a network's spec: shapes, places of tensors and buffers, readers of
// each layer, units that belong together. No other code derives it; TypeScript reads it through
// addon/describe.cpp.
#pragma once

#include <cstddef>
#include <vector>

#include "core/layer_description.h"
#include "core/network_spec.h"
#include "core/parameter_layout.h"

namespace eigenstudent {

/// Consecutive indices along the units' axis of an output: unit u of the group has `block` of them.
struct UnitSegment {
  std::size_t group;
  std::size_t units;
  std::size_t block;  // indices per unit; 1, or height x width behind a flatten

  std::size_t length() const { return units * block; }
  bool operator==(const UnitSegment&) const = default;
};
template <class Visitor, MaybeConst<UnitSegment> Spec>
void fields(Visitor& visit, Spec& segment) {
  visit("group", segment.group);
  visit("units", segment.units);
  visit("block", segment.block);
}

struct GraphLayer {
  LayerDescription description;
  std::size_t size = 0;              // scalars of its output per sample
  std::vector<std::size_t> readers;  // the layers that read it, each once per reading, ascending
  std::vector<UnitSegment> units;    // along the first extent of its output
};

/// A checked network. Keeps a copy of the spec.
class Graph {
 public:
  /// Throws Error("invalid_network") naming the layer: sizes that do not match, a layer that reads itself or
  /// a later one, an unknown or a missing tensor, an invalid penalty, more parameters than can be counted.
  /// TypeScript checks most of this before, with better messages.
  explicit Graph(NetworkSpec spec);

  const NetworkSpec& spec() const { return spec_; }
  const std::vector<GraphLayer>& layers() const { return layers_; }
  const ParameterLayout& layout() const { return layout_; }
  std::size_t inputs() const { return spec_.inputs(); }
  std::size_t outputs() const { return layers_.back().size; }
  /// Scalars per sample of the layer or input that `reads` names.
  std::size_t read_size(std::size_t read) const { return read == 0 ? inputs() : layers_[read - 1].size; }

  /// Number of unit groups: layers and tensors that share units are cut together. Group 0 is the network's input.
  std::size_t group_count() const { return group_units_.size(); }
  std::size_t units_of(std::size_t group) const { return group_units_[group]; }
  /// The group that a layer's output has as a whole, or npos where it has none (a concat).
  std::size_t group_of(std::size_t layer) const;
  /// Whether the group's units may be removed: they are neither inputs nor outputs of the network.
  bool is_hidden(std::size_t group) const;
  static constexpr std::size_t npos = static_cast<std::size_t>(-1);

 private:
  void describe_layer(std::size_t k);
  void place_units(std::size_t k, std::vector<std::size_t>& joined);
  void name_groups(const std::vector<std::size_t>& joined);

  NetworkSpec spec_;
  std::vector<GraphLayer> layers_;
  ParameterLayout layout_;
  std::vector<std::size_t> group_units_;
};

}  // namespace eigenstudent
