// Evaluation, prediction and gradient of every backend against the oracle, at odd sizes.
#include <cmath>
#include <limits>

#include "contract.h"

namespace eigenstudent::test {

namespace {

/// 6 -> 5 -> 4 with any loss.
Chain small_network(LossKind loss) {
  Chain network;
  network.layers = {spectral_layer(6, 5, Activation::relu), dense_layer(5, 4, Activation::linear)};
  network.loss = loss;
  return network;
}

void check_answers(Pair& pair, const Chain& network, std::size_t samples, std::uint32_t part) {
  const double tolerance = tolerance_of(pair.subject.dtype());
  const DatasetPtr data = make_data(network, pair.subject.dtype(), samples, part);
  const DatasetPtr exact = make_data(network, DType::float64, samples, part);
  REQUIRE_CLOSE(relative_difference(pair.subject.predict(0, *data), pair.oracle.predict(0, *exact)), 0,
                tolerance);

  const Evaluation got = pair.subject.evaluate(0, data), expected = pair.oracle.evaluate(0, exact);
  REQUIRE_CLOSE(got.loss, expected.loss, tolerance * std::max(1., expected.loss));
  REQUIRE(std::isnan(got.accuracy) == (network.loss == LossKind::mse));

  const Gradient gradient = pair.subject.gradient(0, *data), exact_gradient = pair.oracle.gradient(0, *exact);
  REQUIRE_CLOSE(gradient.data_loss, exact_gradient.data_loss, tolerance * std::max(1., expected.loss));
  REQUIRE_CLOSE(gradient.penalty, exact_gradient.penalty, tolerance * std::max(1., exact_gradient.penalty));
  require_same_tensors(network, gradient.block, exact_gradient.block, tolerance);
}

}  // namespace

TEST("contract: predictions, losses and gradients are those of the oracle at every pair of odd sizes") {
  on_every_backend(
      [](const Backend& backend, DType dtype) {
        for (std::size_t n = 0; n < odd_student_count; ++n) {
          const auto make = [&](DType d) { return odd_student(n, d); };
          const StudentSpec student = make(dtype);
          const Context context("case " + std::to_string(n) + ": " + describe(student));
          const std::uint32_t part = static_cast<std::uint32_t>(n);
          Pair pair = make_pair(backend, dtype, make, part);
          check_answers(pair, chain_in(student), student.trainer->batch_size, 200 + part);
        }
      },
      true);
}

TEST("contract: every activation works on a hidden layer and on the last one") {
  on_every_backend(
      [](const Backend& backend, DType dtype) {
        for (int a = 0; a < activation_count; ++a) {
          Chain network;
          network.layers = {spectral_layer(9, 20, static_cast<Activation>(a)),
                            dense_layer(20, 5, static_cast<Activation>((a + 3) % activation_count))};
          for (ChainLayer& layer : network.layers) layer.tensor(TensorRole::bias) = trained(0.01, 0.01);
          const Context context(name_of(network.layers[0].activation));
          const std::uint32_t part = 300 + static_cast<std::uint32_t>(a);
          Pair pair = make_pair(
              backend, dtype, [&](DType d) { return make_student(network, d, 4, part); }, part);
          check_answers(pair, network, 37, part);
        }
      },
      true);
}

TEST("contract: sets may be larger than any block of rows") {
  on_every_backend(
      [](const Backend& backend, DType dtype) {
        for (const LossKind loss : {LossKind::mse, LossKind::softmax_cross_entropy}) {
          const Chain network = small_network(loss);
          Pair pair = make_pair(
              backend, dtype, [&](DType d) { return make_student(network, d, 4, 1); }, 1);
          check_answers(pair, network, 5003, 320);
        }
      },
      true);
}

TEST("contract: the loss of a set is the mean over all its samples") {
  on_every_backend([](const Backend& backend, DType dtype) {
    const Chain network = small_network(LossKind::mse);
    Subject subject = make_subject(backend, dtype, {make_student(network, dtype, 4, 1)});
    const DatasetPtr data =
        make_data(network, DType::float64, 1001, 322);  // the same numbers in either dtype
    const DatasetPtr same = make_data(network, dtype, 1001, 322);
    const std::vector<double> y = subject.predict(0, *same);
    double sum = 0;
    for (std::size_t i = 0; i < y.size(); ++i) sum += std::pow(y[i] - data->float64.targets[i], 2);
    const double expected = sum / static_cast<double>(y.size());
    REQUIRE_CLOSE(subject.evaluate(0, same).loss, expected, tolerance_of(dtype) * expected);
  });
}

TEST("contract: accuracy counts the samples whose largest output is the class") {
  on_every_backend([](const Backend& backend, DType dtype) {
    const Chain network = small_network(LossKind::softmax_cross_entropy);
    Subject subject = make_subject(backend, dtype, {make_student(network, dtype, 4, 1)});
    const DatasetPtr data = make_data(network, dtype, 300, 321);
    const std::vector<std::uint32_t>& classes =
        dtype == DType::float32 ? data->float32.classes : data->float64.classes;
    const std::vector<double> y = subject.predict(0, *data);
    double correct = 0;
    for (std::size_t b = 0; b < 300; ++b) {
      const auto row = y.begin() + static_cast<std::ptrdiff_t>(4 * b);
      if (std::max_element(row, row + 4) - row == classes[b]) ++correct;
    }
    REQUIRE(correct > 0 && correct < 300);
    REQUIRE(subject.evaluate(0, data).accuracy == correct / 300);
  });
}

TEST("contract: evaluation skips students without data, and predictions need no targets") {
  on_every_backend([](const Backend& backend, DType dtype) {
    const Chain network = small_network(LossKind::mse);
    const StudentSpec student = make_student(network, dtype, 4, 1);
    Subject subject = make_subject(backend, dtype, {student, student, student});
    std::vector<Evaluation> results(3, Evaluation{-1, -1});
    const DatasetPtr sets[] = {student.trainer->data, nullptr, student.trainer->data};
    subject.population().evaluate(sets, results, StopFlag{false});
    REQUIRE(results[0].loss > 0 && results[0].loss == results[2].loss);
    REQUIRE(results[1].loss == -1 && results[1].accuracy == -1);

    const DatasetPtr other = make_data(network, dtype, 17, 4);
    std::vector<Evaluation> twice(6, Evaluation{-1, -1});
    const DatasetPtr several[] = {student.trainer->data, nullptr, other, nullptr, student.trainer->data,
                                  student.trainer->data};
    subject.population().evaluate(several, twice, StopFlag{false});
    const double loss = subject.evaluate(1, student.trainer->data).loss,
                 loss_of_other = subject.evaluate(2, other).loss;
    const std::vector<double> expected{loss, -1, loss_of_other, -1, loss, loss};
    for (std::size_t q = 0; q < 6; ++q) REQUIRE(twice[q].loss == expected[q]);

    Dataset bare = *student.trainer->data;
    bare.float32.targets.clear();
    bare.float64.targets.clear();
    bare.target_count = 0;
    REQUIRE(subject.predict(1, bare) == subject.predict(1, *student.trainer->data));
  });
}

TEST("contract: evaluations do not change a student") {
  on_every_backend([](const Backend& backend, DType dtype) {
    const StudentSpec student = odd_student(10, dtype);
    Subject subject = make_subject(backend, dtype, {student});
    subject.run(1);
    const State before = subject.state(0);
    const double batch_loss = subject.population().progress(0).batch_loss;
    subject.evaluate(0, student.trainer->data);
    subject.predict(0, *student.trainer->data);
    subject.gradient(0, *student.trainer->data);
    REQUIRE(subject.state(0) == before);
    REQUIRE(subject.population().progress(0).batch_loss == batch_loss);
    REQUIRE(subject.population().bytes() >= before.parameters.size() * (dtype == DType::float32 ? 4 : 8));
  });
}

namespace {

/// H v of the subject's first student, NaN where nothing is written.
template <class T>
std::vector<double> hessian_product_as(Subject& subject, const Dataset& data, const std::vector<double>& v) {
  const std::vector<T> direction(v.begin(), v.end());
  std::vector<T> product(v.size(), std::numeric_limits<T>::quiet_NaN());
  subject.population().hessian_product(0, data, direction.data(), product.data(), Statistics::batch);
  return {product.begin(), product.end()};
}

}  // namespace

TEST("contract: products of the Hessian agree with the oracle's") {
  on_every_backend([](const Backend& backend, DType dtype) {
    for (const std::size_t n : {2, 9, 19, 28}) {
      const auto make = [n](DType d) { return odd_student(n, d); };
      const Context context(describe(make(dtype)));
      Pair pair = make_pair(backend, dtype, make, static_cast<std::uint32_t>(n));
      const DatasetPtr data = make(dtype).data(), exact = make(DType::float64).data();
      const std::vector<double> v = normals(pair.subject.parameters(0).size(), 77);
      const std::vector<double> got = dtype == DType::float32
                                          ? hessian_product_as<float>(pair.subject, *data, v)
                                          : hessian_product_as<double>(pair.subject, *data, v);
      require_same_tensors(make(dtype).network, got, hessian_product_as<double>(pair.oracle, *exact, v),
                           tolerance_of(dtype));
    }
  });
}

}  // namespace eigenstudent::test
