#include <limits>

#include "check.h"
#include "students.h"

namespace eigenstudent::test {

namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

Chain small_network(LossKind loss = LossKind::mse) {
  Chain network;
  network.layers = {spectral_layer(4, 6, Activation::relu), dense_layer(6, 3, Activation::linear)};
  network.loss = loss;
  return network;
}

/// A valid student, changed by `change`, as an error text.
template <class Change>
std::string refusal(const Change& change) {
  StudentSpec student = make_student(small_network(), DType::float64, 5, 1);
  change(student);
  return error_of([&] { validate(student, Graph(student.network), DType::float64); });
}

/// Valid data for the network, changed by `change`, as an error text.
template <class Change>
std::string data_refusal(LossKind loss, const Change& change) {
  Dataset data = *make_data(small_network(loss), DType::float64, 5, 1);
  change(data);
  return error_of([&] {
    check_fits(data, Graph(small_network(loss)), small_network(loss).objective(), DType::float64, true);
  });
}

}  // namespace

TEST("a valid student is not refused") {
  REQUIRE(refusal([](StudentSpec&) {}) == "nothing was thrown");
  for (std::size_t n = 0; n < odd_student_count; ++n) {
    for (const DType dtype : {DType::float32, DType::float64}) {
      const StudentSpec student = odd_student(n, dtype);
      validate(student, Graph(student.network), dtype);
    }
  }
}

TEST(
    "a student without a trainer is fine, as it may only answer; a trainer without data or batch is "
    "refused") {
  REQUIRE(refusal([](StudentSpec& s) { s.trainer.reset(); }) == "nothing was thrown");
  REQUIRE(refusal([](StudentSpec& s) { s.trainer->data = nullptr; }) ==
          "invalid_argument: data: expected training data, got none");
  REQUIRE(refusal([](StudentSpec& s) { s.trainer->batch_size = 0; }) ==
          "invalid_argument: batchSize: expected at least 1, got 0");
}

TEST("optimiser settings out of range are refused") {
  REQUIRE(refusal([](StudentSpec& s) { s.trainer->optimizer.momentum = -1; }) ==
          "invalid_argument: momentum: expected a finite number, at least 0, got -1.000000");
  REQUIRE(refusal([](StudentSpec& s) { s.trainer->optimizer.nesterov = true; }) ==
          "invalid_argument: nesterov: expected a momentum above 0 with it, got 0");
  REQUIRE(refusal([](StudentSpec& s) {
            s.trainer->optimizer.kind = OptimizerKind::adam;
            s.trainer->optimizer.beta1 = 1;
          }) == "invalid_argument: beta1: expected a number from 0 to below 1, got 1.000000");
  REQUIRE(refusal([](StudentSpec& s) {
            s.trainer->optimizer.kind = OptimizerKind::adam;
            s.trainer->optimizer.beta2 = nan;
          }) == "invalid_argument: beta2: expected a number from 0 to below 1, got nan");
  REQUIRE(refusal([](StudentSpec& s) {
            s.trainer->optimizer.kind = OptimizerKind::adam;
            s.trainer->optimizer.epsilon = 0;
          }) == "invalid_argument: epsilon: expected a finite number above 0, got 0.000000");
  REQUIRE(refusal([](StudentSpec& s) {
            s.trainer->optimizer.kind = OptimizerKind::adamw;
            s.trainer->optimizer.weight_decay = -0.1;
          }) == "invalid_argument: weightDecay: expected a finite number, at least 0, got -0.100000");
}

TEST("schedules out of range are refused") {
  REQUIRE(refusal([](StudentSpec& s) { s.trainer->learning_rate.base = nan; }) ==
          "invalid_argument: learningRate: expected a finite number, at least 0, got nan");
  REQUIRE(refusal([](StudentSpec& s) { s.trainer->learning_rate.warmup = -1; }) ==
          "invalid_argument: warmup: expected a finite number, at least 0, got -1.000000");
  REQUIRE(refusal([](StudentSpec& s) {
            s.trainer->learning_rate.kind = ScheduleKind::step;
            s.trainer->learning_rate.every = 0;
          }) == "invalid_argument: every: expected a finite number above 0, got 0.000000");
  REQUIRE(refusal([](StudentSpec& s) {
            s.trainer->learning_rate.kind = ScheduleKind::step;
            s.trainer->learning_rate.factor = -2;
          }) == "invalid_argument: factor: expected a finite number, at least 0, got -2.000000");
  REQUIRE(refusal([](StudentSpec& s) {
            s.trainer->learning_rate.kind = ScheduleKind::cosine;
            s.trainer->learning_rate.total = 0;
          }) == "invalid_argument: total: expected a finite number above 0, got 0.000000");
  REQUIRE(refusal([](StudentSpec& s) {
            s.trainer->learning_rate.kind = ScheduleKind::cosine;
            s.trainer->learning_rate.minimum = -1;
          }) == "invalid_argument: minimum: expected a finite number, at least 0, got -1.000000");
}

TEST("invalid phases are refused") {
  REQUIRE(refusal([](StudentSpec& s) {
            s.trainer->phases = {{train_everything, 0, false}};
          }) == "invalid_argument: phase 0: expected a length of at least 1, got 0");
  REQUIRE(refusal([](StudentSpec& s) {
            s.trainer->phases = {{128, 1, false}};
          }) == "invalid_argument: phase 0: expected a mask of at most 127, got 128");
  REQUIRE(refusal([](StudentSpec& s) {
            s.trainer->phases = {{train_everything, 1, false}, {train_bias, 1, true}};
          }) ==
          "invalid_argument: phase 1: expected the unit of the first phase, got the other; count all phases "
          "in steps, "
          "or all in epochs");
}

TEST("data that do not fit the network are refused") {
  const auto mse = LossKind::mse, entropy = LossKind::softmax_cross_entropy;
  REQUIRE(data_refusal(mse, [](Dataset& d) { d.dtype = DType::float32; }) ==
          "data_mismatch: data: expected float64, got float32");
  REQUIRE(data_refusal(mse, [](Dataset& d) { d.samples = 0; }) ==
          "data_mismatch: data: expected at least one sample, got none");
  REQUIRE(data_refusal(mse, [](Dataset& d) { d.input_count = 5; }) ==
          "data_mismatch: features per sample: expected 4, the inputs of the network, got 5");
  REQUIRE(data_refusal(mse, [](Dataset& d) { d.float64.inputs.pop_back(); }) ==
          "data_mismatch: inputs: expected 20 values, got 19");
  REQUIRE(data_refusal(mse, [](Dataset& d) { d.float64.targets.clear(); }) ==
          "data_mismatch: data: expected targets, which mse needs, got none");
  REQUIRE(data_refusal(mse, [](Dataset& d) { d.target_count = 2; }) ==
          "data_mismatch: targets per sample: expected 3, the outputs of the network, got 2");
  REQUIRE(data_refusal(mse, [](Dataset& d) { d.float64.targets.push_back(0); }) ==
          "data_mismatch: targets: expected 15 values, got 16");
  REQUIRE(data_refusal(entropy, [](Dataset& d) { d.float64.classes.clear(); }) ==
          "data_mismatch: data: expected classes, which cross-entropy needs, got none");
  REQUIRE(data_refusal(entropy, [](Dataset& d) { d.float64.classes.pop_back(); }) ==
          "data_mismatch: classes: expected 5 values, got 4");
  REQUIRE(data_refusal(entropy, [](Dataset& d) { d.float64.classes[2] = 3; }) ==
          "data_mismatch: class of sample 2: expected at most 2, got 3");
}

TEST("data without targets are enough for predictions") {
  Dataset data = *make_data(small_network(), DType::float64, 5, 1);
  data.float64.targets.clear();
  data.target_count = 0;
  REQUIRE(error_of([&] {
            check_fits(data, Graph(small_network()), small_network().objective(), DType::float64, false);
          }) == "nothing was thrown");
}

TEST("a removal order names every node of a hidden layer once") {
  const Graph network(small_network());
  const auto refuse = [&](std::size_t layer, std::vector<std::uint32_t> order) {
    return error_of([&] { check_removal_order(network, layer, order); });
  };
  REQUIRE(refuse(0, {5, 4, 3, 2, 1, 0}) == "nothing was thrown");
  REQUIRE(refuse(1, {0, 1, 2}) ==
          "invalid_argument: layer: expected a hidden layer, from 0 to below 1, got 1");
  REQUIRE(refuse(0, {0, 1}) == "invalid_argument: expected the 6 nodes of layer 0, got 2");
  REQUIRE(refuse(0, {0, 1, 2, 3, 4, 6}) == "invalid_argument: expected nodes from 0 to 5, got 6");
  REQUIRE(refuse(0, {0, 1, 2, 3, 4, 4}) == "invalid_argument: expected each node once, got node 4 twice");
}

}  // namespace eigenstudent::test
