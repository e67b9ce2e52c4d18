// Students that train on a population loss, on every backend.
#include <cmath>
#include <vector>

#include "contract.h"
#include "executor/population_pass.h"

namespace eigenstudent::test {

namespace {

/// A student with 5 inputs and 3 hidden units, against a teacher of 4 neurons: the samples.
StudentSpec population_student(DType dtype, std::size_t outputs = 1) {
  Chain network;
  network.layers = {spectral_layer(5, 3, Activation::scaled_erf),
                    dense_layer(3, outputs, Activation::linear)};
  StudentSpec student = make_student(network, dtype, 4, 3);
  student.trainer->batch_size = 4;
  student.trainer->population = true;
  return student;
}

}  // namespace

TEST("population loss: its gradient by the tensors of a network is the slope of its value") {
  const StudentSpec student = population_student(DType::float64);
  const Graph network(student.network);
  PopulationPass<double> pass(network, *student.trainer->data);
  std::vector<double> at(network.layout().size()), gradient(at.size(), std::nan(""));
  fill_normal({3, 0, Purpose::free_use, 0}, 0, 0.5, at.data(), at.size());
  REQUIRE_CLOSE(pass.gradient(at.data(), gradient.data()), pass.value(at.data()), 0);
  constexpr double h = 1e-3;  // fourth order: an error of 1e-12 of the fifth derivatives
  for (std::size_t p = 0; p < at.size(); ++p) {
    const auto moved = [&](double by) {
      std::vector<double> there = at;
      there[p] += by;
      return pass.value(there.data());
    };
    REQUIRE_CLOSE(gradient[p], (8 * (moved(h) - moved(-h)) - (moved(2 * h) - moved(-2 * h))) / (12 * h),
                  1e-9);
  }
  const std::vector<bool> none(3, false);
  double teacher_alone = pass.value(at.data(), &none);
  std::fill(at.begin(), at.end(), 0.0);
  REQUIRE_CLOSE(pass.value(at.data()), teacher_alone, 1e-14);
}

TEST("population loss: the general executor trains on it, and the CUDA backend refuses it") {
  for (const std::unique_ptr<Backend>& backend : backends()) {
    const auto create = [&] {
      return backend->create(
          {.dtype = DType::float32, .students = {population_student(DType::float32)}, .threads = 1});
    };
    if (backend->name() == "cuda")
      REQUIRE(
          error_of(create) ==
          "invalid_argument: student 0: the CUDA backend trains on samples, not on a population loss; use "
          "device 'cpu'");
    if (backend->name() == "cpu") {
      const Execution execution = create()->execution(0);
      REQUIRE(execution.kernels == Kernels::general && execution.reason == "its loss is a population loss");
    }
  }
}

TEST("population loss: networks and batches that do not fit are refused") {
  const StudentSpec two = population_student(DType::float64, 2);
  const Graph network(two.network);
  REQUIRE_ERROR(
      (PopulationPass<double>(network, *two.trainer->data)),
      "invalid_network: expected a network of one hidden layer and one linear output, dense or spectral, "
      "without biases, for a population loss, received 2 outputs");
  StudentSpec part = population_student(DType::float64);
  part.trainer->batch_size = 3;
  REQUIRE_ERROR(
      validate(part, Graph(part.network), DType::float64),
      "invalid_argument: batchSize: expected all 4 neurons of the teacher of a population loss, got 3");
}

}  // namespace eigenstudent::test
