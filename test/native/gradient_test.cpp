// The reference gradient against central differences of the loss, in float64.
#include <algorithm>
#include <cmath>

#include "check.h"
#include "layers/dense/reference.h"
#include "reference/reference_backend.h"
#include "students.h"
#include "subject.h"

namespace eigenstudent::test {

namespace {

/// Compares every entry of the gradient of loss + penalty with (L(p + h) - L(p - h)) / 2h.
void check_gradient(const Chain& network, std::uint32_t part) {
  Subject subject(*make_reference_backend(), DType::float64,
                  {make_student(network, DType::float64, 5, part)});
  const DatasetPtr data = make_data(network, DType::float64, 9, part + 1);
  std::vector<double> parameters = make_parameters(network, part);
  const auto loss = [&] {
    subject.set_parameters(0, parameters);
    const Gradient g = subject.gradient(0, *data);
    return g.data_loss + g.penalty;
  };
  loss();
  const Gradient exact = subject.gradient(0, *data);
  const double h = 1e-5;
  double scale = 1;
  for (const double entry : exact.block) scale = std::max(scale, std::abs(entry));
  for (const Tensor& tensor : subject.population().layout(0).tensors()) {
    const Context context("layer " + std::to_string(tensor.layer) + " " + tensor.description.name);
    for (std::size_t i = tensor.offset; i < tensor.offset + tensor.size(); ++i) {
      const double kept = parameters[i];
      parameters[i] = kept + h;
      const double above = loss();
      parameters[i] = kept - h;
      const double below = loss();
      parameters[i] = kept;
      const double expected = tensor.options.trainable ? (above - below) / (2 * h) : 0;
      // Rounding of the loss over h, plus h^2 times a third derivative: both grow with the scale of the
      // problem.
      REQUIRE_CLOSE(exact.block[i], expected, 2e-9 * scale);
    }
  }
}

/// 3 -> 4 -> 3, both layers of one kind, with biases and every penalty; the group lasso needs rows.
Chain all_tensors(LayerKind kind, Activation activation, LossKind loss) {
  Chain network;
  const auto layer = kind == LayerKind::spectral ? spectral_layer : dense_layer;
  network.layers = {layer(3, 4, activation), layer(4, 3, activation)};
  network.loss = loss;
  for (ChainLayer& each : network.layers) {
    each.tensor(TensorRole::bias) = trained();
    for (ChainTensor& tensor : each.tensors)
      if (tensor.present) tensor = trained(0.02, 0.01);
    each.tensor(TensorRole::matrix).group_lasso = 0.03;
  }
  return network;
}

}  // namespace

TEST("gradients are right for every activation, tensor and loss") {
  for (const LossKind loss : {LossKind::mse, LossKind::softmax_cross_entropy}) {
    for (const LayerKind kind : {LayerKind::spectral, LayerKind::dense}) {
      const bool mse = loss == LossKind::mse, spectral = kind == LayerKind::spectral;
      // The numbers of one activation do not depend on how many there are: another one cannot break its test.
      const std::uint32_t first = 12 + (mse ? 0 : 40) + (spectral ? 0 : 20);
      for (int a = 0; a < activation_count; ++a) {
        const Activation activation = static_cast<Activation>(a);
        const Context context(std::string(spectral ? "spectral " : "dense ") + name_of(activation) +
                              (mse ? ", mse" : ", cross-entropy"));
        check_gradient(all_tensors(kind, activation, loss), first + 2 * static_cast<std::uint32_t>(a));
      }
    }
  }
}

TEST("frozen tensors have no gradient and no penalty, and pass the gradient on") {
  Chain network = all_tensors(LayerKind::spectral, Activation::tanh, LossKind::mse);
  network.layers.push_back(dense_layer(3, 1, Activation::linear));
  for (ChainTensor* tensor :
       {&network.layers[0].tensor(TensorRole::eigenvalues_in), &network.layers[1].tensor(TensorRole::matrix),
        &network.layers[1].tensor(TensorRole::bias), &network.layers[2].tensor(TensorRole::matrix)})
    *tensor = {{false, 0.5, 0.5, 0}, true};
  check_gradient(network, 90);
}

TEST("the gradient of the group lasso is its coefficient times the unit row, and 0 for a row of zeros") {
  Chain network;
  network.layers = {dense_layer(2, 3, Activation::linear)};
  network.layers[0].tensor(TensorRole::matrix).group_lasso = 0.5;
  Subject subject(*make_reference_backend(), DType::float64, {make_student(network, DType::float64, 5, 1)});
  auto data = std::make_shared<Dataset>(*make_data(network, DType::float64, 4, 1));
  std::fill(data->float64.inputs.begin(), data->float64.inputs.end(), 0);  // then the penalty is all there is
  subject.set_parameters(0, {3, -4, 0, 0, 0, 1e-200});
  const Gradient gradient = subject.gradient(0, *data);
  const double expected[] = {0.3, -0.4, 0, 0,
                             0,   0};  // the last norm's square is below the least double: a row of zeros
  for (std::size_t i = 0; i < 6; ++i) REQUIRE_CLOSE(gradient.block[i], expected[i], 1e-15);
  REQUIRE_CLOSE(gradient.penalty, 2.5, 1e-15);
}

TEST("the gradient's losses are the evaluation and the penalty") {
  const Chain network = all_tensors(LayerKind::spectral, Activation::gelu, LossKind::mse);
  Subject subject(*make_reference_backend(), DType::float64, {make_student(network, DType::float64, 5, 1)});
  const std::vector<double> parameters = make_parameters(network, 1);
  subject.set_parameters(0, parameters);
  const DatasetPtr data = make_data(network, DType::float64, 9, 2);
  const Gradient gradient = subject.gradient(0, *data);
  double penalty = 0;
  for (const double p : parameters) penalty += 0.02 * p * p + 0.01 * std::abs(p);
  for (const Tensor& tensor : subject.population().layout(0).tensors())
    for (std::size_t i = 0; tensor.role() == TensorRole::matrix && i < tensor.rows; ++i) {
      double squares = 0;
      for (std::size_t j = 0; j < tensor.columns; ++j) {
        const double p = parameters[tensor.offset + i * tensor.columns + j];
        squares += p * p;
      }
      penalty += 0.03 * std::sqrt(squares);
    }
  REQUIRE_CLOSE(gradient.penalty, penalty, 1e-14);
  REQUIRE_CLOSE(gradient.data_loss, subject.evaluate(0, data).loss, 1e-15);
}

TEST("the spectral weights are the lower left block of Phi Lambda Phi^-1") {
  constexpr std::size_t in = 3, out = 2, all = in + out;
  const std::vector<double> phi = normals(in * out, 1), lambda = normals(all, 2);
  double Phi[all][all] = {}, inverse[all][all] = {}, A[all][all] = {};
  for (std::size_t i = 0; i < all; ++i) Phi[i][i] = inverse[i][i] = 1;
  for (std::size_t i = 0; i < out; ++i)
    for (std::size_t j = 0; j < in; ++j) {
      Phi[in + i][j] = phi[i * in + j];
      inverse[in + i][j] = -phi[i * in + j];
    }
  for (std::size_t i = 0; i < all; ++i)
    for (std::size_t j = 0; j < all; ++j)
      for (std::size_t k = 0; k < all; ++k) A[i][j] += Phi[i][k] * lambda[k] * inverse[k][j];
  const std::vector<double> W =
      reference::effective_weights(in, out, phi.data(), lambda.data(), lambda.data() + in);
  for (std::size_t i = 0; i < out; ++i)
    for (std::size_t j = 0; j < in; ++j) REQUIRE_CLOSE(W[i * in + j], A[in + i][j], 1e-15);
}

}  // namespace eigenstudent::test
