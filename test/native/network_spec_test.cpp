#include "core/network_spec.h"

#include <limits>

#include "check.h"
#include "core/divergence.h"
#include "core/parameter_layout.h"
#include "students.h"

namespace eigenstudent::test {

namespace {

/// 10 -> 20 spectral with bias -> 5 dense.
NetworkSpec two_layers() {
  NetworkSpec network;
  network.layers = {spectral_layer(10, 20, Activation::relu), dense_layer(20, 5, Activation::linear)};
  network.layers[0].tensor(TensorRole::bias) = trained();
  return network;
}

}  // namespace

TEST("the layout puts tensors layer by layer, without gaps") {
  const ParameterLayout layout(two_layers());
  REQUIRE(layout.size() == 10 * 20 + 10 + 20 + 20 + 20 * 5);
  const std::size_t offsets[] = {0, 200, 210, 230, 250};
  REQUIRE(layout.tensors().size() == 5);
  for (std::size_t t = 0; t < 5; ++t) REQUIRE(layout.tensors()[t].offset == offsets[t]);
  const Tensor& phi = layout.tensors()[0];
  REQUIRE(phi.rows == 20 && phi.columns == 10 && phi.role == TensorRole::matrix);
  const Tensor& lambda_in = layout.tensors()[1];
  REQUIRE(lambda_in.rows == 1 && lambda_in.columns == 10 && lambda_in.role == TensorRole::eigenvalues_in);
}

TEST("the layout finds tensors, and answers null for what a layer lacks") {
  const ParameterLayout layout(two_layers());
  double block[350];
  REQUIRE(layout.index_of(1, TensorRole::matrix) == 4);
  REQUIRE(layout.find(block, 0, TensorRole::eigenvalues_out) == block + 210);
  REQUIRE(layout.index_of(1, TensorRole::bias) == -1);
  REQUIRE(layout.find(block, 1, TensorRole::eigenvalues_in) == nullptr);
}

TEST("tensors and activations have their public names") {
  REQUIRE(std::string(name_of(LayerKind::spectral, TensorRole::matrix)) == "eigenvectors");
  REQUIRE(std::string(name_of(LayerKind::dense, TensorRole::matrix)) == "weights");
  REQUIRE(std::string(name_of(LayerKind::spectral, TensorRole::eigenvalues_in)) == "eigenvaluesIn");
  REQUIRE(std::string(name_of(LayerKind::spectral, TensorRole::eigenvalues_out)) == "eigenvaluesOut");
  REQUIRE(std::string(name_of(LayerKind::dense, TensorRole::bias)) == "bias");
  const char* names[activation_count] = {"linear",  "relu",     "leakyRelu", "elu", "tanh",
                                         "sigmoid", "softplus", "gelu",      "erf", "quadratic"};
  for (int i = 0; i < activation_count; ++i)
    REQUIRE(std::string(name_of(static_cast<Activation>(i))) == names[i]);
}

TEST("a network that cannot be is refused, and the message names the layer") {
  NetworkSpec network = two_layers();
  validate(network);
  network.layers[1].inputs = 19;
  REQUIRE_ERROR(validate(network),
                "invalid_network: layer 1: expected 20 inputs, the outputs of the layer before, got 19");
  network = two_layers();
  network.layers[1].outputs = 0;
  REQUIRE_ERROR(
      validate(network),
      "invalid_network: layer 1: expected at least one input and one output, got 20 inputs and 0 outputs");
  network.layers.clear();
  REQUIRE_ERROR(validate(network), "invalid_network: expected at least one layer, got none");
  network.layers = {dense_layer(std::size_t{1} << 40, std::size_t{1} << 40, Activation::linear)};
  REQUIRE_ERROR(
      validate(network),
      "invalid_network: layer 0: 1099511627776 inputs and 1099511627776 outputs are more parameters than "
      "can be counted");
}

TEST("a layer with the wrong tensors is refused by the tensor's name") {
  NetworkSpec network = two_layers();
  network.layers[0].tensor(TensorRole::eigenvalues_out).present = false;
  REQUIRE_ERROR(validate(network),
                "invalid_network: layer 0: a spectral layer needs the tensor eigenvaluesOut");
  network = two_layers();
  network.layers[1].tensor(TensorRole::matrix).present = false;
  REQUIRE_ERROR(validate(network), "invalid_network: layer 1: a dense layer needs the tensor weights");
  network = two_layers();
  network.layers[1].tensor(TensorRole::eigenvalues_in).present = true;
  REQUIRE_ERROR(validate(network), "invalid_network: layer 1: a dense layer has no tensor eigenvaluesIn");
  network = two_layers();
  network.layers[0].tensor(TensorRole::bias).l1 = -0.5;
  REQUIRE_ERROR(
      validate(network),
      "invalid_network: layer 0: bias: expected a penalty that is finite and at least 0, got -0.500000");
  network.layers[0].tensor(TensorRole::bias) = trained(std::numeric_limits<double>::quiet_NaN());
  REQUIRE_ERROR(validate(network),
                "invalid_network: layer 0: bias: expected a penalty that is finite and at least 0, got nan");
  network = two_layers();
  network.layers[0].tensor(TensorRole::bias) = trained(0, 0, 0.5);
  REQUIRE_ERROR(
      validate(network),
      "invalid_network: layer 0: bias: expected no group lasso on a vector, which has no rows, got 0.500000");
}

TEST("the first layer that is not finite is found, over all rows") {
  NetworkSpec network;
  for (int k = 0; k < 3; ++k) network.layers.push_back(dense_layer(1, 1, Activation::relu));
  const ParameterLayout layout(network);
  const double x[] = {1, 1e10};
  const double fine[] = {1, 1, 1}, late[] = {1, 1e300, 1}, nan_first[] = {std::nan(""), 1, 1};
  REQUIRE(first_nonfinite_layer(network, layout, fine, x, 2) == -1);
  REQUIRE(first_nonfinite_layer(network, layout, late, x, 1) == -1);
  REQUIRE(first_nonfinite_layer(network, layout, late, x, 2) == 1);
  REQUIRE(first_nonfinite_layer(network, layout, nan_first, x, 1) == 0);
  // The second row stops being finite earlier than the first.
  const double early[] = {1e299, 1e10, 1};
  REQUIRE(first_nonfinite_layer(network, layout, early, x, 1) == 1);
  REQUIRE(first_nonfinite_layer(network, layout, early, x, 2) == 0);
}

}  // namespace eigenstudent::test
