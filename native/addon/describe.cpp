#include "addon/describe.h"

#include <string>
#include <vector>

#include "addon/arguments/argument_visitor.h"
#include "addon/arguments/network_arguments.h"
#include "addon/errors.h"
#include "core/chain.h"
#include "core/graph.h"

namespace eigenstudent {

namespace {

/// A tensor or a buffer, and its place in its block.
struct PlaceDescription {
  std::size_t layer;
  std::string name;
  Shape shape;
  std::size_t offset, size;
  std::uint32_t part;
  bool rows;
  std::int32_t output_axis, input_axis;
  double initial;
};
template <class Visitor, MaybeConst<PlaceDescription> Spec>
void fields(Visitor& visit, Spec& place) {
  visit("layer", place.layer);
  visit("name", place.name);
  visit("shape", place.shape);
  visit("offset", place.offset);
  visit("size", place.size);
  visit("part", place.part);
  visit("hasRows", place.rows);
  visit("outputAxis", place.output_axis);
  visit("inputAxis", place.input_axis);
  visit("initial", place.initial);
}

struct OutputDescription {
  Shape shape;
  std::vector<std::size_t> reads;
  std::vector<UnitSegment> units;
  bool makes_units;
};
template <class Visitor, MaybeConst<OutputDescription> Spec>
void fields(Visitor& visit, Spec& output) {
  visit("shape", output.shape);
  visit("reads", output.reads);
  visit("units", output.units);
  visit("makesUnits", output.makes_units);
}

struct NetworkDescription {
  std::vector<OutputDescription> layers;
  std::vector<PlaceDescription> tensors, buffers;
  std::size_t parameters, buffer_scalars;
  std::vector<bool> hidden;  // by group
  std::string no_chain;
};
template <class Visitor, MaybeConst<NetworkDescription> Spec>
void fields(Visitor& visit, Spec& network) {
  visit("layers", network.layers);
  visit("tensors", network.tensors);
  visit("buffers", network.buffers);
  visit("parameters", network.parameters);
  visit("bufferScalars", network.buffer_scalars);
  visit("hidden", network.hidden);
  visit("noChain", network.no_chain);
}

NetworkDescription description_of(const Graph& network, const Objective& objective) {
  NetworkDescription found{};
  for (std::size_t k = 0; k < network.layers().size(); ++k) {
    const GraphLayer& layer = network.layers()[k];
    found.layers.push_back({layer.description.output, network.spec().layers[k].reads, layer.units,
                            layer.description.units == Units::made});
  }
  const ParameterLayout& layout = network.layout();
  for (const Tensor& tensor : layout.tensors())
    found.tensors.push_back({tensor.layer, tensor.description.name, tensor.description.extents, tensor.offset,
                             tensor.size(), tensor.part, tensor.description.has_rows(),
                             tensor.description.output_axis, tensor.description.input_axis, 0});
  for (const Buffer& buffer : layout.buffers())
    found.buffers.push_back({buffer.layer, buffer.description.name, buffer.description.extents, buffer.offset,
                             buffer.description.size(), 0, false, 0, -1, buffer.description.initial});
  found.parameters = layout.size();
  found.buffer_scalars = layout.buffer_size();
  for (std::size_t group = 0; group < network.group_count(); ++group)
    found.hidden.push_back(network.is_hidden(group));
  found.no_chain = why_no_chain(network.spec(), objective);
  return found;
}

}  // namespace

Napi::Value describe_network(const Napi::CallbackInfo& info) {
  return guarded(info.Env(), [&] {
    const Argument request(info[0], "request");
    const Graph network(read_network(request.field("network")));
    Objective objective;
    ArgumentVisitor::read(request.field("objective"), objective);
    validate(objective, network);
    return ObjectVisitor::to_object(info.Env(), description_of(network, objective));
  });
}

}  // namespace eigenstudent
