// Training steps of every backend against the oracle, and what must hold of them on any backend.
#include <cmath>

#include "contract.h"

namespace eigenstudent::test {

namespace {

/// 5 -> 7 spectral with bias -> 2; everything trains.
Chain small_network() {
  Chain network;
  network.layers = {spectral_layer(5, 7, Activation::tanh), dense_layer(7, 2, Activation::linear)};
  network.layers[0].tensor(TensorRole::bias) = trained(0.01);
  return network;
}

/// Six steps per epoch.
StudentSpec small_student(DType dtype) {
  StudentSpec student = make_student(small_network(), dtype, 11, 1);
  student.trainer->batch_size = 2;
  student.trainer->optimizer.kind = OptimizerKind::adam;
  return student;
}

/// Which tensors of `before` and `after` differ, by position in the layout.
std::vector<bool> moved(const ParameterLayout& layout, const std::vector<double>& before,
                        const std::vector<double>& after) {
  std::vector<bool> differs;
  for (const Tensor& tensor : layout.tensors()) {
    const auto from = before.begin() + static_cast<std::ptrdiff_t>(tensor.offset);
    const auto to = after.begin() + static_cast<std::ptrdiff_t>(tensor.offset);
    differs.push_back(!std::equal(from, from + static_cast<std::ptrdiff_t>(tensor.size()), to));
  }
  return differs;
}

}  // namespace

TEST("contract: two epochs of training agree with the oracle at every pair of odd sizes") {
  on_every_backend(
      [](const Backend& backend, DType dtype) {
        for (std::size_t n = 0; n < odd_student_count; ++n) {
          const auto make = [&](DType d) { return odd_student(n, d); };
          const StudentSpec student = make(dtype);
          const Context context("case " + std::to_string(n) + ": " + describe(student));
          Pair pair = make_pair(backend, dtype, make, static_cast<std::uint32_t>(n));
          pair.subject.run(2);
          pair.oracle.run(2);
          const State got = pair.subject.state(0), expected = pair.oracle.state(0);
          const double tolerance = tolerance_of(dtype);
          require_same_tensors(student.network, got.parameters, expected.parameters, tolerance);
          require_same_tensors(student.network, got.first_moment, expected.first_moment, tolerance);
          if (student.trainer->optimizer.moments() == 2)
            require_same_tensors(student.network, got.second_moment, expected.second_moment, tolerance);
          REQUIRE(got.counters.step == 2 * student.trainer->steps_per_epoch());
          REQUIRE(got.counters.update_count == expected.counters.update_count);
          const double loss = pair.oracle.population().progress(0).batch_loss;
          REQUIRE_CLOSE(pair.subject.population().progress(0).batch_loss, loss,
                        tolerance * std::max(1., loss));
        }
      },
      true);
}

TEST("contract: a step is the gradient of the batch, taken where the step begins") {
  on_every_backend([](const Backend& backend, DType dtype) {
    StudentSpec student =
        make_student(small_network(), dtype, 11, 1);  // SGD at 0.01, one batch: one step per epoch
    Subject subject = make_subject(backend, dtype, {student});
    const std::vector<double> before = subject.parameters(0);
    const Gradient gradient = subject.gradient(0, *student.trainer->data);
    const double loss = subject.evaluate(0, student.trainer->data).loss;
    subject.run(1);
    const std::vector<double> after = subject.parameters(0);
    std::vector<double> expected = before;
    for (std::size_t i = 0; i < before.size(); ++i) expected[i] -= 0.01 * gradient.block[i];
    REQUIRE_CLOSE(relative_difference(after, expected), 0, tolerance_of(dtype));
    REQUIRE(after != before);
    REQUIRE_CLOSE(subject.population().progress(0).batch_loss, loss, tolerance_of(dtype));
    REQUIRE(subject.evaluate(0, student.trainer->data).loss < loss);
  });
}

TEST("contract: progress counts steps and completed epochs") {
  on_every_backend([](const Backend& backend, DType dtype) {
    Subject subject = make_subject(backend, dtype, {small_student(dtype), small_student(dtype)});
    const Progress fresh = subject.population().progress(0);
    REQUIRE(fresh.step == 0 && fresh.epoch == 0 && std::isnan(fresh.batch_loss) && !fresh.divergence);
    const std::uint64_t until[] = {3, 1};
    subject.population().run(until, StopFlag{false});
    const Progress first = subject.population().progress(0), second = subject.population().progress(1);
    REQUIRE(first.step == 18 && first.epoch == 3 && std::isfinite(first.batch_loss));
    REQUIRE(second.step == 6 && second.epoch == 1);
    const State rested = subject.state(0);
    subject.run(2);  // the first is further already, the second catches up
    REQUIRE(subject.state(0) == rested);
    REQUIRE(subject.population().progress(1).epoch == 2);
  });
}

TEST("contract: frozen tensors do not change in any bit") {
  on_every_backend([](const Backend& backend, DType dtype) {
    for (const OptimizerKind kind : {OptimizerKind::sgd, OptimizerKind::adam, OptimizerKind::adamw}) {
      StudentSpec student = small_student(dtype);
      student.trainer->optimizer.kind = kind;
      student.trainer->optimizer.weight_decay = 0.5;
      Chain network = chain_in(student);
      network.layers[0].tensor(TensorRole::eigenvalues_in) = {{false, 1, 1, 0}, true};
      network.layers[1].tensor(TensorRole::matrix) = {{false, 1, 1, 0}, true};
      student.network = network;
      Subject subject = make_subject(backend, dtype, {student});
      const State before = subject.state(0);
      subject.run(2);
      const State after = subject.state(0);
      const std::vector<bool> expected = {true, false, true, true, false};
      const std::vector<std::uint64_t> counts = {12, 0, 12, 12, 0};
      REQUIRE(moved(subject.population().layout(0), before.parameters, after.parameters) == expected);
      REQUIRE(moved(subject.population().layout(0), before.first_moment, after.first_moment) == expected);
      REQUIRE(after.counters.update_count == counts);
    }
  });
}

TEST("contract: outside its phase a tensor, its moments and its count do not change") {
  on_every_backend([](const Backend& backend, DType dtype) {
    StudentSpec student = small_student(dtype);
    student.trainer->phases = {{train_eigenvalues_in | train_eigenvalues_out | train_weights, 1, true},
                               {train_eigenvectors | train_bias, 2, true}};
    Subject subject = make_subject(backend, dtype, {student});
    const ParameterLayout& layout = subject.population().layout(0);
    const State before = subject.state(0);
    subject.run(1);
    const State first = subject.state(0);
    const std::vector<bool> eigenvalues = {false, true, true, false, true},
                            others = {true, false, false, true, false};
    REQUIRE(moved(layout, before.parameters, first.parameters) == eigenvalues);
    REQUIRE(moved(layout, before.second_moment, first.second_moment) == eigenvalues);
    REQUIRE((first.counters.update_count == std::vector<std::uint64_t>{0, 6, 6, 0, 6}));
    subject.run(3);
    const State second = subject.state(0);
    REQUIRE(moved(layout, first.parameters, second.parameters) == others);
    REQUIRE(moved(layout, first.first_moment, second.first_moment) == others);
    REQUIRE((second.counters.update_count == std::vector<std::uint64_t>{12, 6, 6, 12, 6}));
    subject.run(4);
    REQUIRE(
        (subject.population().counters(0).update_count == std::vector<std::uint64_t>{12, 12, 12, 12, 12}));
  });
}

TEST("contract: the shuffle depends on seed and trial") {
  on_every_backend([](const Backend& backend, DType dtype) {
    StudentSpec student = small_student(dtype), twin = student, other_seed = student, other_trial = student;
    other_seed.trainer->seed += 1;
    other_trial.trainer->trial += 1;
    Subject subject(backend, dtype, {student, twin, other_seed, other_trial});
    for (std::size_t s = 0; s < 4; ++s) subject.set_parameters(s, make_parameters(student.network, 1));
    subject.run(1);
    REQUIRE(subject.parameters(0) == subject.parameters(1));
    REQUIRE(subject.parameters(0) != subject.parameters(2));
    REQUIRE(subject.parameters(0) != subject.parameters(3));
  });
}

}  // namespace eigenstudent::test
