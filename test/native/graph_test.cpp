// What follows from a network's spec, and what is refused.
#include "core/graph.h"

#include <limits>
#include <set>

#include "check.h"
#include "core/chain.h"
#include "executor/divergence.h"
#include "students.h"

namespace eigenstudent::test {

namespace {

/// 10 -> 20 spectral with bias -> 5 dense.
Chain two_layers() {
  Chain network;
  network.layers = {spectral_layer(10, 20, Activation::relu), dense_layer(20, 5, Activation::linear)};
  network.layers[0].tensor(TensorRole::bias) = trained();
  return network;
}

/// 3 -> 4 spectral with bias -> batch norm -> 2 dense.
NetworkSpec normalised_network() {
  ChainLayer hidden = spectral_layer(3, 4, Activation::linear);
  hidden.tensor(TensorRole::bias) = trained();
  NetworkSpec network = Chain{{hidden, dense_layer(4, 2, Activation::linear)}, {}};
  network.layers.insert(network.layers.begin() + 1,
                        {BatchNorm{}, {1}, {{trained(), "scale"}, {trained(), "shift"}}});
  network.layers[2].reads = {2};
  return network;
}

}  // namespace

TEST("the layout puts tensors layer by layer, without gaps") {
  const ParameterLayout layout = Graph(two_layers()).layout();
  REQUIRE(layout.size() == 10 * 20 + 10 + 20 + 20 + 20 * 5);
  const std::size_t offsets[] = {0, 200, 210, 230, 250};
  REQUIRE(layout.tensors().size() == 5);
  for (std::size_t t = 0; t < 5; ++t) REQUIRE(layout.tensors()[t].offset == offsets[t]);
  const Tensor& phi = layout.tensors()[0];
  REQUIRE(phi.rows == 20 && phi.columns == 10 && phi.role() == TensorRole::matrix);
  const Tensor& lambda_in = layout.tensors()[1];
  REQUIRE(lambda_in.rows == 1 && lambda_in.columns == 10 && lambda_in.role() == TensorRole::eigenvalues_in);
}

TEST("the layout finds tensors, and returns null for those that a layer lacks") {
  const ParameterLayout layout = Graph(two_layers()).layout();
  double block[350];
  REQUIRE(layout.index_of(1, TensorRole::matrix) == 4);
  REQUIRE(layout.find(block, 0, TensorRole::eigenvalues_out) == block + 210);
  REQUIRE(layout.index_of(1, TensorRole::bias) == -1);
  REQUIRE(layout.find(block, 1, TensorRole::eigenvalues_in) == nullptr);
}

TEST("activations have their public names") {
  const char* names[activation_count] = {"linear",   "relu", "leakyRelu", "elu",       "tanh",     "sigmoid",
                                         "softplus", "gelu", "erf",       "quadratic", "scaledErf"};
  for (int i = 0; i < activation_count; ++i)
    REQUIRE(std::string(name_of(static_cast<Activation>(i))) == names[i]);
}

TEST("the tensors of a network have their names, shapes and streams of first values") {
  const Graph network(normalised_network());
  const char* names[] = {"eigenvectors", "eigenvaluesIn", "eigenvaluesOut", "bias",
                         "scale",        "shift",         "weights"};
  const std::uint32_t parts[] = {0, 1, 2, 3, 16, 17, 32};
  REQUIRE(network.layout().tensors().size() == 7);
  for (std::size_t t = 0; t < 7; ++t) {
    REQUIRE(network.layout().tensors()[t].description.name == names[t]);
    REQUIRE(network.layout().tensors()[t].part == parts[t]);
  }
  REQUIRE(network.layout().buffer_size() == 8 && network.layout().buffers()[1].offset == 4);
}

TEST("layers without tensors take no streams of first values") {
  NetworkSpec spec = normalised_network();
  spec.layers.insert(spec.layers.begin() + 1, {ActivationLayer{Activation::tanh}, {1}, {}});
  for (std::size_t k = 2; k < spec.layers.size(); ++k) ++spec.layers[k].reads[0];
  const Graph network(spec);
  REQUIRE(network.layout().tensors()[4].part == 16 && network.layout().tensors()[4].layer == 2);
  std::set<std::uint32_t> parts;
  for (const Tensor& tensor : network.layout().tensors()) parts.insert(tensor.part);
  REQUIRE(parts.size() == network.layout().tensors().size());
}

TEST("units that are kept and added are one group; concatenated units are separate groups") {
  NetworkSpec spec;
  spec.input = {3};
  const auto dense = [](std::size_t width, std::size_t read) {
    return LayerSpec{Dense{{width, Activation::linear}}, {read}, {{trained(), "weights"}}};
  };
  spec.layers = {dense(4, 0),         dense(4, 0),
                 {Add{}, {1, 2}, {}}, {BatchNorm{}, {3}, {{trained(), "scale"}, {trained(), "shift"}}},
                 dense(5, 0),         {Concat{}, {4, 5}, {}},
                 dense(2, 6)};
  const Graph network(spec);
  REQUIRE(network.group_count() == 4);
  for (const std::size_t k : {0, 1, 2, 3}) REQUIRE(network.group_of(k) == 1);
  REQUIRE(network.group_of(4) == 2 && network.group_of(5) == Graph::npos && network.group_of(6) == 3);
  REQUIRE(network.is_hidden(1) && network.is_hidden(2) && !network.is_hidden(0) && !network.is_hidden(3));
  REQUIRE(network.layers()[5].units == (std::vector<UnitSegment>{{1, 4, 1}, {2, 5, 1}}));
  REQUIRE(network.layers()[2].readers == std::vector<std::size_t>{3});
}

TEST("a layer that is added to the input shares the input's units, which are not hidden") {
  NetworkSpec spec = Chain{{dense_layer(3, 3, Activation::relu), dense_layer(3, 1, Activation::linear)}, {}};
  spec.layers.insert(spec.layers.begin() + 1, {Add{}, {0, 1}, {}});
  spec.layers[2].reads = {2};
  const Graph network(spec);
  REQUIRE(network.group_of(0) == 0 && !network.is_hidden(0));
}

TEST("an invalid network is refused, and the message names the layer") {
  const auto error = [](NetworkSpec network) { return error_of([&] { const Graph graph(network); }); };
  REQUIRE(error({{3}, {}}) == "invalid_network: expected at least one layer, got none");
  NetworkSpec network = normalised_network();
  network.layers[1].reads = {2};
  REQUIRE(error(network) == "invalid_network: layer 1: expected layers before it to read, got layer 1");
  network = normalised_network();
  network.layers[1].reads = {1, 1};
  REQUIRE(error(network) == "invalid_network: layer 1: expected 1 layer to read, got 2");
  network = normalised_network();
  network.layers[1].options = BatchNorm{2, 1e-5};
  REQUIRE(error(network) == "invalid_network: layer 1: expected a momentum from 0 to 1, got 2.000000");
  network.layers[1].options = BatchNorm{0.1, 0};
  REQUIRE(error(network) ==
          "invalid_network: layer 1: expected an epsilon that is finite and above 0, got 0.000000");
  network = two_layers();
  std::get<Dense>(network.layers[1].options).width = 0;
  REQUIRE(error(network) == "invalid_network: layer 1: expected at least one output, got 0");
  network = two_layers();
  network.layers.push_back({Add{}, {1, 2}, {}});
  REQUIRE(error(network) == "invalid_network: layer 2: expected layers of one shape to add, got 20 and 5");
  network.layers[2] = {Add{}, {2}, {}};
  REQUIRE(error(network) == "invalid_network: layer 2: expected at least two layers to add, got 1");
  network.layers[2] = {Concat{}, {2}, {}};
  REQUIRE(error(network) == "invalid_network: layer 2: expected at least two layers to put together, got 1");
  network = Chain{{dense_layer(std::size_t{1} << 40, std::size_t{1} << 40, Activation::linear)}, {}};
  REQUIRE(error(network) ==
          "invalid_network: layer 0: an output of 1099511627776 with its tensors is more numbers "
          "than can be counted");
}

TEST("a layer with the wrong tensors is refused by the tensor's name") {
  const auto error = [](const NetworkSpec& network) { return error_of([&] { const Graph graph(network); }); };
  NetworkSpec network = two_layers();
  network.layers[0].tensors[2].name = "bias";
  network.layers[0].tensors.pop_back();
  REQUIRE(error(network) == "invalid_network: layer 0: a spectral layer needs the tensor eigenvaluesOut");
  network = two_layers();
  network.layers[1].tensors.clear();
  REQUIRE(error(network) == "invalid_network: layer 1: a dense layer needs the tensor weights");
  network = two_layers();
  network.layers[1].tensors.push_back({trained(), "eigenvaluesIn"});
  REQUIRE(error(network) == "invalid_network: layer 1: a dense layer has no tensor eigenvaluesIn");
  network = two_layers();
  network.layers[1].tensors.push_back({trained(), "weights"});
  REQUIRE(error(network) == "invalid_network: layer 1: expected the tensor weights once, got it twice");
  network = two_layers();
  TensorSpec& bias = network.layers[0].tensors[3];
  bias.l1 = -0.5;
  REQUIRE(error(network) ==
          "invalid_network: layer 0: bias: expected a penalty that is finite and at least 0, got -0.500000");
  bias.l1 = std::numeric_limits<double>::quiet_NaN();
  REQUIRE(error(network) ==
          "invalid_network: layer 0: bias: expected a penalty that is finite and at least 0, got nan");
  bias.l1 = 0;
  bias.group_lasso = 0.5;
  REQUIRE(
      error(network) ==
      "invalid_network: layer 0: bias: expected no group lasso on a vector, which has no rows, got 0.500000");
}

TEST("a chain and its graph are the same network, and other networks have a reason") {
  const Chain chain = two_layers();
  const Objective mse = chain.objective();
  REQUIRE(*chain_of(chain, mse) == chain && why_no_chain(chain, mse).empty());
  REQUIRE(!chain_of(normalised_network(), mse));
  REQUIRE(why_no_chain(normalised_network(), mse) == "layer 1 (batchNorm) is neither dense nor spectral");
  NetworkSpec skipping =
      Chain{{dense_layer(3, 3, Activation::relu), dense_layer(3, 1, Activation::linear)}, {}};
  skipping.layers[1].reads = {0};
  REQUIRE(why_no_chain(skipping, mse) == "layer 1 (dense) does not read the layer before it");
}

TEST("an objective that no fused path supports has a reason") {
  const Chain chain = two_layers();
  const auto reason = [&](const Objective& objective) { return why_no_chain(chain, objective); };
  REQUIRE(reason({{MeanSquaredError{}, 1, "", 1}, {MeanSquaredError{}, 0, "hidden", 1}}) ==
          "its loss has 2 terms");
  REQUIRE(reason({{MeanAbsoluteError{}, 1, "", 1}}) == "its loss is meanAbsoluteError");
  const std::string other =
      "its loss is not that of the last layer and the data's own targets, with weight 1";
  REQUIRE(reason({{MeanSquaredError{}, 0, "", 1}}) == other);
  REQUIRE(reason({{MeanSquaredError{}, 1, "teacher", 1}}) == other);
  REQUIRE(reason({{MeanSquaredError{}, 1, "", 0.5}}) == other);
}

TEST("the first layer that is not finite is found, over all rows") {
  Chain chain;
  for (int k = 0; k < 3; ++k) chain.layers.push_back(dense_layer(1, 1, Activation::relu));
  const Graph network(chain);
  const double x[] = {1, 1e10};
  const double fine[] = {1, 1, 1}, late[] = {1, 1e300, 1}, nan_first[] = {std::nan(""), 1, 1};
  REQUIRE(first_nonfinite_layer(network, fine, x, 2) == -1);
  REQUIRE(first_nonfinite_layer(network, late, x, 1) == -1);
  REQUIRE(first_nonfinite_layer(network, late, x, 2) == 1);
  REQUIRE(first_nonfinite_layer(network, nan_first, x, 1) == 0);
  // The second row stops being finite earlier than the first.
  const double early[] = {1e299, 1e10, 1};
  REQUIRE(first_nonfinite_layer(network, early, x, 1) == 1);
  REQUIRE(first_nonfinite_layer(network, early, x, 2) == 0);
}

}  // namespace eigenstudent::test
