// Units through convolutions, flatten, concat and groups: which indices hold them, that a gate silences all of a unit, and that a
// silenced network computes the same as the one from which the unit is cut.
#include <algorithm>

#include "check.h"
#include "core/graph.h"
#include "cpu/general_kernels.h"
#include "executor/graph_pass.h"
#include "executor/layer_pass.h"
#include "layers/reference_list.h"
#include "students.h"

namespace eigenstudent::test {

namespace {

constexpr std::size_t rows = 5, inputs = 4 * 5, pixels = 2 * 3, places = 3 * 3, features = 2, classes = 2;

TensorSpec tensor(const char* name) { return {trained(), name}; }

Conv2d images(std::size_t channels) {
  Conv2d layer;
  layer.width = channels;
  layer.kernel = {3, 3};
  return layer;
}

/// Two convolutions of an image of 4 x 5 pixels, batch norm, their sum, flatten, beside dense features, into a dense layer.
NetworkSpec network_of(std::size_t channels) {
  NetworkSpec network;
  network.input = {1, 4, 5};
  network.layers = {
      {images(channels), {0}, {tensor("weights")}},
      {BatchNorm{}, {1}, {tensor("scale"), tensor("shift")}},
      {images(channels), {0}, {tensor("weights")}},
      {Add{}, {2, 3}, {}},
      {Flatten{}, {4}, {}},
      {Flatten{}, {0}, {}},
      {Dense{{features, Activation::tanh}}, {6}, {tensor("weights")}},
      {Concat{}, {5, 7}, {}},
      {Dense{{classes, Activation::linear}}, {8}, {tensor("weights")}},
  };
  return network;
}

/// The entries of a tensor [rows][columns] without those rows and columns that belong to the unit.
template <class Drops>
void append_rest(const std::vector<double>& from, const Tensor& tensor, std::size_t columns,
                 const Drops& drops, std::vector<double>& to) {
  for (std::size_t i = 0; i < tensor.size(); ++i)
    if (!drops(i / columns, i % columns)) to.push_back(from[tensor.offset + i]);
}

/// Parameters of network_of(channels - 1) that are those of network_of(channels) without one channel.
std::vector<double> cut(const Graph& network, const std::vector<double>& parameters, std::size_t unit) {
  std::vector<double> rest;
  for (const Tensor& one : network.layout().tensors()) {
    const bool is_image = one.layer == 0 || one.layer == 2, is_norm = one.layer == 1;
    const std::size_t columns = is_image ? places : is_norm ? 1 : one.description.extents.back();
    append_rest(
        parameters, one, columns,
        [&](std::size_t row, std::size_t column) {
          if (is_image || is_norm) return row == unit;
          return one.layer == 8 && column / pixels == unit && column < network.layers()[4].size;
        },
        rest);
  }
  return rest;
}

template <class Kernels>
std::vector<double> layer_outputs(const Graph& network, const std::vector<double>& parameters,
                                  const Gate* gate) {
  const std::vector<double> x = normals(rows * inputs, 400);
  std::vector<double> buffers;
  for (const Buffer& buffer : network.layout().buffers())
    buffers.insert(buffers.end(), buffer.description.size(), buffer.description.initial);
  AlignedBuffer<double> memory;
  GraphPass<double, Kernels> pass(network, memory);
  pass.forward({parameters.data(), buffers.data(), nullptr, Statistics::batch}, x.data(), rows, gate,
               Keep::outputs);
  return {pass.output(), pass.output() + rows * network.outputs()};
}

template <class Kernels>
void check_gates() {
  const Graph whole(network_of(4)), smaller(network_of(3));
  const std::vector<double> parameters = normals(whole.layout().size(), 401);
  for (std::size_t unit = 0; unit < 4; ++unit) {
    Gate gate{whole.group_of(0), std::vector<bool>(4, true)};
    gate.kept[unit] = false;
    const std::vector<double> silenced = layer_outputs<Kernels>(whole, parameters, &gate);
    const std::vector<double> after = layer_outputs<Kernels>(smaller, cut(whole, parameters, unit), nullptr);
    REQUIRE(silenced.size() == rows * classes && after.size() == silenced.size());
    for (std::size_t i = 0; i < silenced.size(); ++i) REQUIRE_CLOSE(silenced[i], after[i], 1e-12);
    REQUIRE(silenced != layer_outputs<Kernels>(whole, parameters, nullptr));
  }
}

}  // namespace

TEST("flatten makes blocks of units, concat puts them beside others, an add joins groups") {
  const Graph network(network_of(4));
  const std::size_t images = network.group_of(3), dense = network.group_of(6);
  REQUIRE(images != dense && images != Graph::npos && dense != Graph::npos);
  for (const std::size_t layer : {0, 1, 2, 3, 4}) REQUIRE(network.group_of(layer) == images);
  REQUIRE(network.units_of(images) == 4 && network.units_of(dense) == features);
  REQUIRE((network.layers()[3].units == std::vector<UnitSegment>{{images, 4, 1}}));
  REQUIRE((network.layers()[4].units == std::vector<UnitSegment>{{images, 4, pixels}}));
  REQUIRE((network.layers()[7].units == std::vector<UnitSegment>{{images, 4, pixels}, {dense, features, 1}}));
  REQUIRE(network.is_hidden(images) && network.is_hidden(dense));
}

TEST("a silenced unit is a cut one, through batch norm over pixels, add, flatten and concat") {
  check_gates<ReferenceKernels>();
  check_gates<cpu::GeneralKernels>();
}

TEST("gradients go through flatten and concat to the pixels of their unit") {
  const Graph network(network_of(2));
  std::vector<double> parameters = normals(network.layout().size(), 402);
  const std::vector<double> x = normals(rows * inputs, 400), upstream = normals(rows * classes, 403);
  AlignedBuffer<double> memory;
  GraphPass<double, ReferenceKernels> pass(network, memory);
  const std::vector<double> buffers = {0, 0, 1, 1};
  const auto value = [&] {
    pass.forward({parameters.data(), buffers.data(), nullptr, Statistics::batch}, x.data(), rows);
    double sum = 0;
    for (std::size_t i = 0; i < upstream.size(); ++i) sum += upstream[i] * pass.output()[i];
    return sum;
  };
  value();
  bool is_new = false;
  std::copy(upstream.begin(), upstream.end(), pass.output_gradient(8, is_new));
  std::vector<double> gradient(parameters.size());
  pass.backward(gradient.data());
  constexpr double step = 1e-6;
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    const Context context("parameter " + std::to_string(i));
    const double before = parameters[i];
    parameters[i] = before + step;
    const double above = value();
    parameters[i] = before - step;
    const double below = value();
    parameters[i] = before;
    REQUIRE_CLOSE(gradient[i], (above - below) / (2 * step), 1e-7);
  }
}

}  // namespace eigenstudent::test
