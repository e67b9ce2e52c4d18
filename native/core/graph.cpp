#include "core/graph.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

#include "core/errors.h"

namespace eigenstudent {

namespace {

const TensorSpec* find_tensor(const LayerSpec& layer, const std::string& name) {
  for (const TensorSpec& tensor : layer.tensors)
    if (tensor.name == name) return &tensor;
  return nullptr;
}

void check_penalty(const TensorDescription& tensor, const TensorSpec& spec) {
  for (const double penalty : {spec.l1, spec.l2, spec.group_lasso})
    if (!(penalty >= 0) || !std::isfinite(penalty))
      throw Error(
          "invalid_network",
          tensor.name + ": expected a penalty that is finite and at least 0, got " + std::to_string(penalty));
  if (spec.group_lasso != 0 && !tensor.has_rows())
    throw Error("invalid_network", tensor.name +
                                       ": expected no group lasso on a vector, which has no rows, got " +
                                       std::to_string(spec.group_lasso));
}

void check_tensors(const LayerSpec& layer, const LayerDescription& description) {
  const std::string type = type_name_of(layer.options);
  for (const TensorDescription& tensor : description.tensors) {
    const TensorSpec* spec = find_tensor(layer, tensor.name);
    if (tensor.required && !spec)
      throw Error("invalid_network", "a " + type + " layer needs the tensor " + tensor.name);
    if (spec) check_penalty(tensor, *spec);
  }
  for (const TensorSpec& spec : layer.tensors) {
    const auto known = [&](const TensorDescription& tensor) { return tensor.name == spec.name; };
    if (std::none_of(description.tensors.begin(), description.tensors.end(), known))
      throw Error("invalid_network", "a " + type + " layer has no tensor " + spec.name);
    if (find_tensor(layer, spec.name) != &spec)
      throw Error("invalid_network", "expected the tensor " + spec.name + " once, got it twice");
  }
}

/// Scalars of the layer's tensors and output, as a double that cannot wrap around.
double approximate_size(const LayerDescription& description) {
  const auto product = [](const Shape& shape) {
    double size = 1;
    for (const std::size_t extent : shape) size *= static_cast<double>(extent);
    return size;
  };
  double size = product(description.output);
  for (const TensorDescription& tensor : description.tensors) size += product(tensor.extents);
  return size;
}

constexpr double most_scalars =
    0x1p48;  // arbitrary: far above any memory, and byte counts stay far below 2^64

std::size_t root_of(const std::vector<std::size_t>& joined, std::size_t group) {
  while (joined[group] != group) group = joined[group];
  return group;
}

}  // namespace

Graph::Graph(NetworkSpec spec) : spec_(std::move(spec)) {
  if (spec_.layers.empty()) throw Error("invalid_network", "expected at least one layer, got none");
  if (spec_.input.empty() || std::count(spec_.input.begin(), spec_.input.end(), std::size_t{0}) > 0)
    throw Error("invalid_network", "expected at least one input, got " + text_of(spec_.input));
  std::vector<std::size_t> joined{0};
  group_units_ = {spec_.input[0]};
  double scalars = 0;
  for (std::size_t k = 0; k < spec_.layers.size(); ++k) {
    try {
      describe_layer(k);
      scalars += approximate_size(layers_[k].description);
      if (scalars > most_scalars)
        throw Error("invalid_network", "an output of " + text_of(layers_[k].description.output) +
                                           " with its tensors is more numbers than can be counted");
      layers_[k].size = size_of(layers_[k].description.output);
      layout_.append(layers_[k].description, spec_.layers[k].tensors);
      place_units(k, joined);
    } catch (const Error& error) {
      throw Error(error.code(), "layer " + std::to_string(k) + ": " + error.what());
    }
  }
  name_groups(joined);
}

void Graph::describe_layer(std::size_t k) {
  const LayerSpec& layer = spec_.layers[k];
  GraphLayer& described = layers_.emplace_back();
  std::vector<Shape> shapes;
  for (const std::size_t read : layer.reads) {
    if (read > k)
      throw Error("invalid_network",
                  "expected layers before it to read, got layer " + std::to_string(read - 1));
    shapes.push_back(read == 0 ? spec_.input : layers_[read - 1].description.output);
    if (read > 0) layers_[read - 1].readers.push_back(k);
  }
  described.description =
      std::visit([&](const auto& options) { return options.describe(shapes); }, layer.options);
  check_tensors(layer, described.description);
}

/// joined: [groups], each the group that it was joined to, or itself.
void Graph::place_units(std::size_t k, std::vector<std::size_t>& joined) {
  GraphLayer& layer = layers_[k];
  const auto units_read = [&](std::size_t read) {
    return read == 0 ? std::vector<UnitSegment>{{0, spec_.input[0], 1}} : layers_[read - 1].units;
  };
  const std::vector<std::size_t>& reads = spec_.layers[k].reads;
  switch (layer.description.units) {
    case Units::made:
      joined.push_back(joined.size());
      group_units_.push_back(layer.description.output[0]);
      layer.units = {{joined.size() - 1, layer.description.output[0], 1}};
      return;
    case Units::kept:
      layer.units = units_read(reads[0]);
      for (const std::size_t read : reads) {
        const std::vector<UnitSegment> other = units_read(read);
        if (other.size() != layer.units.size()) refuse_layer("layers whose units meet one by one", "others");
        for (std::size_t s = 0; s < other.size(); ++s) {
          if (other[s].units != layer.units[s].units || other[s].block != layer.units[s].block)
            refuse_layer("layers whose units meet one by one", "others");
          joined[root_of(joined, other[s].group)] = root_of(joined, layer.units[s].group);
        }
      }
      return;
    case Units::in_a_row:
      for (const std::size_t read : reads)
        for (const UnitSegment& segment : units_read(read)) layer.units.push_back(segment);
      return;
    case Units::in_blocks: {
      const Shape& shape = reads[0] == 0 ? spec_.input : layers_[reads[0] - 1].description.output;
      layer.units = units_read(reads[0]);
      for (UnitSegment& segment : layer.units) segment.block *= size_of(shape) / shape[0];
    }
  }
}

/// Numbers the remaining groups in the order in which they appear; that of the input is 0.
void Graph::name_groups(const std::vector<std::size_t>& joined) {
  std::vector<std::size_t> numbers(joined.size(), npos), units;
  const auto number_of = [&](std::size_t group) {
    std::size_t& number = numbers[root_of(joined, group)];
    if (number == npos) {
      number = units.size();
      units.push_back(group_units_[group]);
    }
    return number;
  };
  number_of(0);
  for (GraphLayer& layer : layers_)
    for (UnitSegment& segment : layer.units) segment.group = number_of(segment.group);
  group_units_ = units;
}

std::size_t Graph::group_of(std::size_t layer) const {
  const std::vector<UnitSegment>& units = layers_[layer].units;
  return units.size() == 1 ? units[0].group : npos;
}

bool Graph::is_hidden(std::size_t group) const {
  if (group == 0) return false;
  const std::vector<UnitSegment>& outputs = layers_.back().units;
  return std::none_of(outputs.begin(), outputs.end(), [&](const UnitSegment& s) { return s.group == group; });
}

}  // namespace eigenstudent
