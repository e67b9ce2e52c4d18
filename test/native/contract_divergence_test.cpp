// A loss that stops being finite: the step is not applied, the student rests, its neighbours go on.
#include <cmath>
#include <limits>

#include "contract.h"

namespace eigenstudent::test {

namespace {

/// 3 -> 4 -> 2 with one step per epoch, at a learning rate that sends it to infinity within a few epochs.
StudentSpec runaway(DType dtype) {
  Chain network;
  network.layers = {spectral_layer(3, 4, Activation::linear), dense_layer(4, 2, Activation::linear)};
  StudentSpec student = make_student(network, dtype, 6, 1);
  student.trainer->learning_rate.base = 1e3;
  return student;
}

StudentSpec calm(DType dtype) {
  StudentSpec student = runaway(dtype);
  student.trainer->learning_rate.base = 1e-3;
  return student;
}

/// 1 -> 1 -> 1 -> 1, weights given; input 1, target 0.
Subject chain(const Backend& backend, DType dtype, Activation activation,
              const std::vector<double>& weights) {
  Chain network;
  for (int k = 0; k < 3; ++k) network.layers.push_back(dense_layer(1, 1, activation));
  StudentSpec student = make_student(network, dtype, 1, 1);
  auto data = std::make_shared<Dataset>(*student.trainer->data);
  data->float32.inputs.assign(data->float32.inputs.size(), 1);
  data->float64.inputs.assign(data->float64.inputs.size(), 1);
  data->float32.targets.assign(data->float32.targets.size(), 0);
  data->float64.targets.assign(data->float64.targets.size(), 0);
  student.trainer->data = data;
  Subject subject(backend, dtype, {student});
  subject.set_parameters(0, weights);
  return subject;
}

}  // namespace

TEST("contract: a step with a loss that is not finite is not applied") {
  on_every_backend([](const Backend& backend, DType dtype) {
    Subject subject = make_subject(backend, dtype, {runaway(dtype)});
    State before = subject.state(0);
    double batch_loss = 0;
    std::uint64_t epoch = 0;
    while (epoch < 2000 && !subject.population().progress(0).divergence) {
      before = subject.state(0);
      batch_loss = subject.population().progress(0).batch_loss;
      subject.run(++epoch);
    }
    const Progress progress = subject.population().progress(0);
    REQUIRE(progress.divergence.has_value());
    if (!progress.divergence) return;
    REQUIRE(subject.state(0) == before);
    REQUIRE(progress.step == epoch - 1 && progress.epoch == epoch - 1);
    REQUIRE(progress.divergence->step == epoch - 1);
    REQUIRE(progress.divergence->learning_rate == 1e3);
    REQUIRE(progress.divergence->layer >= -1 && progress.divergence->layer <= 1);
    REQUIRE(progress.batch_loss == batch_loss && std::isfinite(batch_loss));
    subject.run(epoch + 10);  // it rests for good
    REQUIRE(subject.state(0) == before);
    REQUIRE(subject.population().progress(0).divergence->step == epoch - 1);
  });
}

TEST("contract: students beside a diverged one go on, with the same bits") {
  on_every_backend([](const Backend& backend, DType dtype) {
    Subject together = make_subject(backend, dtype, {calm(dtype), runaway(dtype), calm(dtype)}, 2);
    Subject alone = make_subject(backend, dtype, {calm(dtype)});
    together.run(2000);
    alone.run(2000);
    REQUIRE(together.population().progress(1).divergence.has_value());
    for (const std::size_t s : {std::size_t{0}, std::size_t{2}}) {
      REQUIRE(!together.population().progress(s).divergence);
      REQUIRE(together.population().progress(s).epoch == 2000);
      REQUIRE(together.state(s) == alone.state(0));
    }
  });
}

TEST("contract: a student with corrected parameters trains again") {
  on_every_backend([](const Backend& backend, DType dtype) {
    Subject subject = make_subject(backend, dtype, {calm(dtype)});
    const State good = subject.state(0);
    State bad = good;
    bad.parameters[0] = std::numeric_limits<double>::quiet_NaN();
    subject.restore(0, bad);
    subject.run(3);
    REQUIRE(subject.population().progress(0).divergence.has_value());
    REQUIRE(subject.population().progress(0).step == 0);
    subject.restore(0, good);
    REQUIRE(!subject.population().progress(0).divergence);
    subject.run(3);
    REQUIRE(subject.population().progress(0).epoch == 3);
    Subject fresh = make_subject(backend, dtype, {calm(dtype)});
    fresh.run(3);
    REQUIRE(subject.state(0) == fresh.state(0));
  });
}

TEST("contract: the divergence names the first layer that is not finite") {
  on_every_backend([](const Backend& backend, DType dtype) {
    const double huge = dtype == DType::float32 ? 1e30 : 1e200;
    const double nan = std::numeric_limits<double>::quiet_NaN();
    const struct {
      std::vector<double> weights;
      Activation activation;
      int layer;
    } cases[] = {
        {{huge, huge, 1}, Activation::linear, 1},
        {{1, huge, huge}, Activation::linear, 2},
        {{nan, 1, 1}, Activation::relu, 0},  // relu must not turn a NaN into a 0
        {{1, nan, 1}, Activation::relu, 1},
    };
    for (const auto& row : cases) {
      const Context context("expecting layer " + std::to_string(row.layer));
      Subject subject = chain(backend, dtype, row.activation, row.weights);
      subject.run(1);
      const Progress progress = subject.population().progress(0);
      REQUIRE(progress.divergence && progress.divergence->layer == row.layer);
      REQUIRE(progress.step == 0);
    }
  });
}

TEST("contract: -1 stands for finite outputs whose loss overflows") {
  on_every_backend([](const Backend& backend, DType dtype) {
    if (dtype == DType::float32)
      return;  // squares are formed in float64: a float32 output cannot overflow them
    Subject subject = chain(backend, dtype, Activation::linear, {1, 1, 1e200});
    subject.run(1);
    const Progress progress = subject.population().progress(0);
    REQUIRE(progress.divergence && progress.divergence->layer == -1);
    REQUIRE(progress.divergence && progress.divergence->step == 0);
  });
}

}  // namespace eigenstudent::test
