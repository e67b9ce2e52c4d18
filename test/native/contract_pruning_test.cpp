// Pruning curves of every backend: against the oracle, and against networks that are really narrower.
#include <cmath>

#include "contract.h"
#include "core/philox.h"

namespace eigenstudent::test {

namespace {

std::vector<std::uint32_t> random_order(std::size_t nodes, std::uint32_t part) {
  std::vector<std::uint32_t> order(nodes);
  fill_permutation({1, 0, Purpose::free_use, part}, order.data(), nodes);
  return order;
}

/// 4 -> 9 -> 6 -> 2; activations with f(0) != 0 and biases, so that an eigenvalue of 0 would not silence a
/// node.
Chain deep_network() {
  Chain network;
  network.layers = {spectral_layer(4, 9, Activation::sigmoid), spectral_layer(9, 6, Activation::softplus),
                    dense_layer(6, 2, Activation::tanh)};
  for (ChainLayer& layer : network.layers) layer.tensor(TensorRole::bias) = trained();
  return network;
}

/// The network with only `kept` nodes of a hidden layer, and its parameters: surgery on rows and columns.
struct Narrow {
  Chain network;
  std::vector<double> parameters;
};
Narrow cut(const Chain& network, const std::vector<double>& parameters, std::size_t hidden,
           const std::vector<std::uint32_t>& kept) {
  Narrow out{network, {}};
  out.network.layers[hidden].outputs = out.network.layers[hidden + 1].inputs = kept.size();
  const ParameterLayout wide = Graph(network).layout(), narrow = Graph(out.network).layout();
  out.parameters.resize(narrow.size());
  for (std::size_t t = 0; t < narrow.tensors().size(); ++t) {
    const Tensor &to = narrow.tensors()[t], &from = wide.tensors()[t];
    const bool by_output = to.layer == hidden && to.role() != TensorRole::eigenvalues_in;
    const bool by_input = to.layer == hidden + 1 &&
                          (to.role() == TensorRole::matrix || to.role() == TensorRole::eigenvalues_in);
    const bool cut_rows = by_output && to.role() == TensorRole::matrix;
    const bool cut_columns = by_input || (by_output && !cut_rows);
    for (std::size_t i = 0; i < to.rows; ++i)
      for (std::size_t j = 0; j < to.columns; ++j)
        out.parameters[to.offset + i * to.columns + j] =
            parameters[from.offset + (cut_rows ? kept[i] : i) * from.columns + (cut_columns ? kept[j] : j)];
  }
  return out;
}

}  // namespace

TEST("contract: pruning curves are those of the oracle at odd sizes") {
  on_every_backend(
      [](const Backend& backend, DType dtype) {
        for (std::size_t n = 0; n < odd_student_count; ++n) {
          const StudentSpec student = odd_student(n, dtype);
          if (chain_in(student).layers[0].outputs * chain_in(student).layers[0].inputs > 10'000)
            continue;  // slow oracle
          const Context context("case " + std::to_string(n) + ": " + describe(student));
          const std::uint32_t part = static_cast<std::uint32_t>(n);
          Pair pair = make_pair(
              backend, dtype, [&](DType d) { return odd_student(n, d); }, part);
          const std::size_t samples = std::min<std::size_t>(student.trainer->batch_size, 33);
          const std::vector<std::uint32_t> order = random_order(chain_in(student).layers[0].outputs, part);
          const std::vector<double> got = pair.subject.pruning_curve(
              0, 0, order, *make_data(chain_in(student), dtype, samples, 400 + part));
          const std::vector<double> expected = pair.oracle.pruning_curve(
              0, 0, order, *make_data(chain_in(student), DType::float64, samples, 400 + part));
          REQUIRE_CLOSE(relative_difference(got, expected), 0, tolerance_of(dtype));
        }
      },
      true);
}

TEST("contract: pruning curves are right for one output after a relu or linear layer of any width") {
  on_every_backend(
      [](const Backend& backend, DType dtype) {
        std::uint32_t part = 490;
        for (const Activation above : {Activation::relu, Activation::linear, Activation::leaky_relu})
          for (const std::size_t width : {1, 2, 4, 7, 8, 20, 33}) {
            const Context context(std::string(name_of(above)) + ", " + std::to_string(width) +
                                  " nodes above");
            Chain network;
            network.layers = {spectral_layer(5, 131, Activation::relu), dense_layer(131, width, above),
                              dense_layer(width, 1, width == 8 ? Activation::tanh : Activation::linear)};
            for (std::size_t l = 1; l < 3; ++l)
              if (width % 2 == 0) network.layers[l].tensor(TensorRole::bias) = trained();
            ++part;
            Pair pair = make_pair(
                backend, dtype, [&](DType d) { return make_student(network, d, 4, part); }, part);
            const std::vector<std::uint32_t> order = random_order(131, part);
            const std::size_t samples = 1 + 13 * width;
            REQUIRE_CLOSE(
                relative_difference(
                    pair.subject.pruning_curve(0, 0, order, *make_data(network, dtype, samples, part)),
                    pair.oracle.pruning_curve(0, 0, order,
                                              *make_data(network, DType::float64, samples, part))),
                0, tolerance_of(dtype));
          }
      },
      true);
}

TEST("contract: pruning curves are right for a set larger than any block of rows, on a deeper layer") {
  on_every_backend(
      [](const Backend& backend, DType dtype) {
        const Chain network = deep_network();
        Pair pair = make_pair(
            backend, dtype, [&](DType d) { return make_student(network, d, 4, 1); }, 1);
        const std::vector<std::uint32_t> order = random_order(6, 1);
        REQUIRE_CLOSE(
            relative_difference(
                pair.subject.pruning_curve(0, 1, order, *make_data(network, dtype, 3001, 480)),
                pair.oracle.pruning_curve(0, 1, order, *make_data(network, DType::float64, 3001, 480))),
            0, tolerance_of(dtype));
      },
      true);
}

TEST("contract: a gated network has the outputs of the narrower one") {
  on_every_backend([](const Backend& backend, DType dtype) {
    const Chain network = deep_network();
    const DatasetPtr data = make_data(network, dtype, 50, 481);
    Subject whole = make_subject(backend, dtype, {make_student(network, dtype, 4, 1)});
    for (const std::size_t layer : {std::size_t{0}, std::size_t{1}}) {
      const std::size_t nodes = network.layers[layer].outputs;
      const std::vector<std::uint32_t> order = random_order(nodes, 2);
      const std::vector<double> losses = whole.pruning_curve(0, layer, order, *data);
      REQUIRE_CLOSE(losses[nodes], whole.evaluate(0, data).loss, tolerance_of(dtype));
      for (std::size_t k = 1; k < nodes; ++k) {
        const Context context("layer " + std::to_string(layer) + ", " + std::to_string(k) + " nodes kept");
        const std::vector<std::uint32_t> kept(order.end() - static_cast<std::ptrdiff_t>(k), order.end());
        const Narrow narrow = cut(network, whole.parameters(0), layer, kept);
        Subject small(backend, dtype, {make_student(narrow.network, dtype, 4, 1)});
        small.set_parameters(0, narrow.parameters);
        REQUIRE_CLOSE(losses[k], small.evaluate(0, data).loss, tolerance_of(dtype));
      }
    }
  });
}

TEST("contract: with no node left the outputs depend only on later layers") {
  on_every_backend([](const Backend& backend, DType dtype) {
    Chain network = deep_network();
    Subject subject = make_subject(backend, dtype, {make_student(network, dtype, 4, 1)});
    const DatasetPtr data = make_data(network, dtype, 20, 482);
    const std::vector<double> losses = subject.pruning_curve(0, 1, random_order(6, 3), *data);
    const std::vector<double> parameters = subject.parameters(0);
    const double* bias = subject.population().layout(0).find(parameters.data(), 2, TensorRole::bias);
    double expected = 0;
    const std::vector<double> targets(
        dtype == DType::float32
            ? std::vector<double>(data->float32.targets.begin(), data->float32.targets.end())
            : data->float64.targets);
    for (std::size_t i = 0; i < targets.size(); ++i) {
      const double error = std::tanh(bias[i % 2]) - targets[i];
      expected += error * error / static_cast<double>(targets.size());
    }
    REQUIRE_CLOSE(losses[0], expected, tolerance_of(dtype));
  });
}

TEST("contract: a curve at some points has the losses of the whole curve there") {
  on_every_backend([](const Backend& backend, DType dtype) {
    const Chain network = deep_network();
    Subject subject = make_subject(backend, dtype, {make_student(network, dtype, 4, 1)});
    const DatasetPtr data = make_data(network, dtype, 20, 482);
    const std::vector<std::uint32_t> order = random_order(9, 3), points = {0, 4, 9};
    const std::vector<double> all = subject.pruning_curve(0, 0, order, *data);
    std::vector<double> losses(10, std::nan(""));
    subject.population().pruning_curve(0, 0, order, *data, losses, StopFlag{false}, Statistics::running,
                                       points);
    for (const std::uint32_t point : points) REQUIRE(losses[point] == all[point]);
  });
}

TEST("contract: a curve does not change the student, and a stopped one is NaN where it is missing") {
  on_every_backend([](const Backend& backend, DType dtype) {
    const Chain network = deep_network();
    Subject subject = make_subject(backend, dtype, {make_student(network, dtype, 4, 1)});
    const DatasetPtr data = make_data(network, dtype, 20, 482);
    const State before = subject.state(0);
    const std::vector<std::uint32_t> order = random_order(9, 3);
    REQUIRE(subject.pruning_curve(0, 0, order, *data) == subject.pruning_curve(0, 0, order, *data));
    REQUIRE(subject.state(0) == before);
    std::vector<double> losses(10, 1);
    subject.population().pruning_curve(0, 0, order, *data, losses, StopFlag{true});
    for (const double loss : losses) REQUIRE(std::isnan(loss));
  });
}

}  // namespace eigenstudent::test
