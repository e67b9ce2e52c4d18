// Networks so wide that a fast backend changes its way of working: long inner dimensions cut into chunks, all
// threads on one student, a stop in the middle of a step.
#include <atomic>
#include <chrono>
#include <thread>

#include "contract.h"

namespace eigenstudent::test {

namespace {

/// 130 -> 1100 -> 111 -> 3: more than 2^18 weights, longer sides on either end, no dimension a multiple of a
/// panel.
Chain wide_network() {
  Chain network;
  network.layers = {spectral_layer(130, 1100, Activation::relu), spectral_layer(1100, 111, Activation::gelu),
                    dense_layer(111, 3, Activation::linear)};
  network.layers[0].tensor(TensorRole::bias) = trained(0.01);
  network.layers[2].tensor(TensorRole::bias) = trained();
  return network;
}

/// 7 -> 20 001 -> outputs -> 3: wide, but thin below and above its nodes. What trains in a layer, and by which penalties, differs.
Chain thin_network(Activation activation, std::size_t outputs) {
  Chain network;
  network.layers = {spectral_layer(7, 20001, activation), dense_layer(20001, outputs, Activation::leaky_relu),
                    dense_layer(outputs, 3, Activation::linear)};
  ChainLayer& first = network.layers[0];
  first.tensor(TensorRole::eigenvalues_in) = trained(0.02);
  first.tensor(TensorRole::bias) = trained(0.01);
  first.tensor(TensorRole::matrix).group_lasso = 0.001;
  network.layers[1].tensor(TensorRole::bias) = trained(0.01);
  network.layers[1].tensor(TensorRole::matrix).group_lasso = 0.001;
  return network;
}

StudentSpec two_steps(const Chain& network, DType dtype) {
  StudentSpec student = make_student(network, dtype, 50, 3);
  student.trainer->batch_size = 31;
  student.trainer->optimizer.kind = OptimizerKind::adam;
  return student;
}

/// Two steps per epoch, the second a partial batch.
StudentSpec wide_student(DType dtype) { return two_steps(wide_network(), dtype); }

/// f' follows from y.
StudentSpec thin_student(DType dtype) { return two_steps(thin_network(Activation::relu, 11), dtype); }

/// f' needs z, 48 outputs are whole panels, and the first layer is frozen.
StudentSpec thin_gelu_student(DType dtype) {
  Chain network = thin_network(Activation::gelu, 48);
  for (TensorOptions& tensor : network.layers[0].tensors) tensor.trainable = false;
  StudentSpec student = two_steps(network, dtype);
  student.trainer->optimizer.kind = OptimizerKind::sgd;  // Adam makes much of gradients that are near zero
  return student;
}

StudentSpec two_blocks(const Chain& network, DType dtype) {
  StudentSpec student = make_student(network, dtype, 1100, 3);
  student.trainer->batch_size = 1100;
  student.trainer->optimizer.kind = OptimizerKind::sgd;
  return student;
}

/// One step of more samples than a fast backend passes through a wide student at a time.
StudentSpec wide_student_of_two_blocks(DType dtype) { return two_blocks(wide_network(), dtype); }
StudentSpec thin_student_of_two_blocks(DType dtype) {
  return two_blocks(thin_network(Activation::leaky_relu, 11), dtype);
}

using MakeStudent = StudentSpec (*)(DType);
constexpr MakeStudent wide_students[] = {wide_student, thin_student, thin_gelu_student};

}  // namespace

TEST("contract: a student that one block of a GPU cannot hold agrees with the oracle") {
  on_every_backend(
      [](const Backend& backend, DType dtype) {
        Pair pair = make_pair(backend, dtype, cluster_student, 5);
        pair.subject.run(2);
        pair.oracle.run(2);
        // As below: Adam keeps the relative error of gradients near zero.
        require_same_tensors(cluster_student(dtype).network, pair.subject.parameters(0),
                             pair.oracle.parameters(0), 100 * tolerance_of(dtype));
        REQUIRE(pair.subject.population().progress(0).step == 4);
      },
      true);
}

TEST("contract: a wide student agrees with the oracle") {
  on_every_backend(
      [](const Backend& backend, DType dtype) {
        for (const MakeStudent make : wide_students) {
          Pair pair = make_pair(backend, dtype, make, 5);
          const StudentSpec student = make(dtype);
          const Gradient got = pair.subject.gradient(0, *student.trainer->data);
          const Gradient expected = pair.oracle.gradient(0, *make(DType::float64).trainer->data);
          require_same_tensors(student.network, got.block, expected.block, 10 * tolerance_of(dtype));
          pair.subject.run(2);
          pair.oracle.run(2);
          // Adam divides by the size of the gradient, so that entries near zero keep their relative error.
          require_same_tensors(student.network, pair.subject.parameters(0), pair.oracle.parameters(0),
                               100 * tolerance_of(dtype));
          const Evaluation here = pair.subject.evaluate(0, student.trainer->data);
          const Evaluation there = pair.oracle.evaluate(0, make(DType::float64).trainer->data);
          REQUIRE_CLOSE(here.loss, there.loss, 100 * tolerance_of(dtype) * there.loss);
        }
      },
      true);
}

TEST("contract: a wide student whose batch is longer than a block agrees with the oracle") {
  on_every_backend([](const Backend& backend, DType dtype) {
    if (backend.name() == "reference") return;  // it has no blocks, and takes seconds
    for (const MakeStudent make : {wide_student_of_two_blocks, thin_student_of_two_blocks}) {
      Pair pair = make_pair(backend, dtype, make, 5);
      pair.subject.run(1);
      pair.oracle.run(1);
      require_same_tensors(make(dtype).network, pair.subject.parameters(0), pair.oracle.parameters(0),
                           10 * tolerance_of(dtype));
    }
  });
}

TEST("contract: a wide student trains the same on 1 thread and on 3, alone and among others") {
  on_every_backend([](const Backend& backend, DType dtype) {
    for (const MakeStudent make : wide_students) {
      const std::vector<StudentSpec> both = {odd_student(9, dtype), make(dtype)};
      Subject one = make_subject(backend, dtype, both, 1), three = make_subject(backend, dtype, both, 3);
      Subject alone = make_subject(backend, dtype, {make(dtype)}, 2);
      one.run(2);
      three.run(2);
      alone.run(2);
      REQUIRE(one.parameters(1) == three.parameters(1));
      REQUIRE(one.parameters(1) == alone.parameters(0));
      REQUIRE(one.parameters(0) == three.parameters(0));
      REQUIRE(one.evaluate(1, both[1].trainer->data).loss == three.evaluate(1, both[1].trainer->data).loss);
    }
  });
}

TEST("contract: stopping a wide student at any moment leaves whole steps") {
  on_every_backend([](const Backend& backend, DType dtype) {
    Subject whole = make_subject(backend, dtype, {wide_student(dtype)}, 2);
    Subject stopped = make_subject(backend, dtype, {wide_student(dtype)}, 2);
    whole.run(6);
    const std::vector<std::uint64_t> until{6};
    for (int moment = 0; stopped.population().progress(0).epoch < 6; ++moment) {
      REQUIRE(moment < 1000);
      StopFlag stop{false};
      std::thread stopper([&] {
        std::this_thread::sleep_for(std::chrono::milliseconds(2 + 3 * moment));
        stop = true;
      });
      stopped.population().run(until, stop);
      stopper.join();
    }
    REQUIRE(whole.parameters(0) == stopped.parameters(0));
  });
}

}  // namespace eigenstudent::test
