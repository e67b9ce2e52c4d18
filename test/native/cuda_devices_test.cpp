// Several devices, devices that fail, stops and divergence, on emulated devices.
#include <chrono>
#include <cmath>
#include <thread>

#include "contract.h"
#include "cuda/population/cuda_backend.h"

namespace eigenstudent::test {

namespace {

std::unique_ptr<Backend> emulated(int devices, bool resident, long long fails_after = -1) {
  cuda::EmulatedLimits limits;
  limits.devices = devices;
  limits.resident = resident;
  limits.fails_after = fails_after;
  return make_emulated_cuda_backend(limits);
}

/// 3 -> 4 -> 2 at a learning rate that keeps it calm, or sends it to infinity within a few epochs.
StudentSpec small_student(double learning_rate, std::uint32_t trial) {
  Chain network;
  network.layers = {spectral_layer(3, 4, Activation::linear), dense_layer(4, 2, Activation::linear)};
  StudentSpec student = make_student(network, DType::float32, 6, 1);
  student.trainer->batch_size = 4;
  student.trainer->learning_rate.base = learning_rate;
  student.trainer->trial = trial;
  return student;
}

template <class Check>
void with_both_kernels(const Check& check) {
  for (const bool resident : {true, false}) {
    const Context context(resident ? "fused" : "layer-wise");
    check(resident);
  }
}

}  // namespace

TEST("cuda: results do not depend on the number of devices") {
  with_both_kernels([](bool resident) {
    const std::vector<StudentSpec> students = mixed_students(DType::float32);
    Subject one = make_subject(*emulated(1, resident), DType::float32, students);
    one.run(3);
    for (const int devices : {2, 3, 7}) {  // and more devices than students
      const Context context(std::to_string(devices) + " devices");
      Subject several = make_subject(*emulated(devices, resident), DType::float32, students);
      several.run(3);
      for (std::size_t s = 0; s < students.size(); ++s) {
        REQUIRE(several.state(s) == one.state(s));
        REQUIRE(several.evaluate(s, students[s].trainer->data).loss ==
                one.evaluate(s, students[s].trainer->data).loss);
        REQUIRE(several.predict(s, *students[s].trainer->data) == one.predict(s, *students[s].trainer->data));
      }
    }
  });
}

TEST("cuda: one student of many diverges, and the others finish with the same bits") {
  with_both_kernels([](bool resident) {
    std::vector<StudentSpec> students;
    for (std::uint32_t i = 0; i < 40; ++i) students.push_back(small_student(i == 17 ? 1e3 : 1e-3, i));
    Subject many = make_subject(*emulated(2, resident), DType::float32, students);
    many.run(60);
    for (std::size_t s = 0; s < students.size(); ++s) {
      const Progress progress = many.population().progress(s);
      REQUIRE(progress.divergence.has_value() == (s == 17));
      if (s != 17) REQUIRE(progress.epoch == 60 && progress.step == 120);
    }
    Subject alone = make_subject(*emulated(1, resident), DType::float32, {students[16], students[18]});
    alone.run(60);
    REQUIRE(many.state(16) == alone.state(0));
    REQUIRE(many.state(18) == alone.state(1));
    for (const double value : many.parameters(17)) REQUIRE(std::isfinite(value));
    REQUIRE(many.population().progress(17).divergence->step == many.population().counters(17).step);
  });
}

TEST("cuda: a run returns soon after a stop") {
  with_both_kernels([](bool resident) {
    std::vector<StudentSpec> students;
    for (std::uint32_t i = 0; i < 8; ++i) students.push_back(small_student(1e-3, i));
    Subject subject = make_subject(*emulated(2, resident), DType::float32, students);
    StopFlag stop{false};
    std::chrono::steady_clock::time_point stopped;
    std::thread stopper([&] {
      std::this_thread::sleep_for(std::chrono::milliseconds(300));  // so that chunks are as long as they get
      stopped = std::chrono::steady_clock::now();
      stop = true;
    });
    const std::vector<std::uint64_t> until(students.size(), 1'000'000'000);
    subject.population().run(until, stop);
    const std::chrono::duration<double> late = std::chrono::steady_clock::now() - stopped;
    stopper.join();
    // 0.2 s is what is promised of a device; the machine of a test may be busy, so that chunks of 0.05 s take longer.
    REQUIRE(late.count() < 1);
    std::uint64_t epochs = 0;  // with layer-wise kernels the first students may have had all the time
    for (std::size_t s = 0; s < students.size(); ++s) epochs += subject.population().progress(s).epoch;
    REQUIRE(epochs > 0);
  });
}

TEST("cuda: after a device fails, its population reports it and all others still work") {
  with_both_kernels([](bool resident) {
    const std::vector<StudentSpec> students = mixed_students(DType::float32);
    Subject good = make_subject(*emulated(1, resident), DType::float32, students);
    {
      Subject subject = make_subject(*emulated(2, resident, 5), DType::float32, students);
      const std::string first = error_of([&] { subject.run(50); });
      REQUIRE(first.rfind("cuda_failed: native/cuda/device/emulated/device_emulated.cpp: ", 0) == 0);
      const std::string second = error_of([&] { subject.parameters(0); });
      REQUIRE(second.rfind("cuda_failed: ", 0) == 0);
      REQUIRE(second.find("this population cannot go on: dispose of it") != std::string::npos);
      REQUIRE(error_of([&] { subject.run(51); }) == second);
      REQUIRE(error_of([&] { subject.evaluate(0, students[0].trainer->data); }) == second);
      REQUIRE(subject.population().size() == students.size());
    }
    good.run(1);
    REQUIRE(good.population().progress(0).epoch == 1);
  });
}

TEST("cuda: a short data set is shuffled beside a long one as it is alone") {
  std::vector<StudentSpec> students;
  for (const std::size_t samples : {70'000, 8'000}) {
    const StudentSpec small = small_student(1e-3, 0);
    students.push_back(make_student(chain_in(small), DType::float32, samples, 1));
    students.back().trainer->batch_size = 8'000;
  }
  Subject both = make_subject(*emulated(1, true), DType::float32, students);
  both.run(1);
  for (std::size_t s = 0; s < students.size(); ++s) {
    Subject alone = make_subject(*emulated(1, true), DType::float32, {students[s]});
    alone.run(1);
    REQUIRE(alone.state(0) == both.state(s));
  }
}

TEST("cuda: execution names the kernels of a student, and why not the fused ones") {
  StudentSpec small = small_student(1e-3, 0), deep = small;
  Chain nine;
  nine.layers.assign(9, dense_layer(3, 3, Activation::tanh));
  deep = make_student(nine, DType::float32, 6, 1);
  Subject both = make_subject(*emulated(2, true), DType::float32, {small, deep});
  REQUIRE(both.population().execution(0).kernels == Kernels::resident);
  REQUIRE(both.population().execution(0).reason.empty());
  REQUIRE(both.population().execution(1).kernels == Kernels::layerwise);
  REQUIRE(both.population().execution(1).reason == "it has 9 layers, resident students have at most 8");
  REQUIRE_ERROR(both.population().execution(2), "invalid_argument: expected a student from 0 to 1, got 2");
  Subject never = make_subject(*emulated(1, false), DType::float32, {small});
  REQUIRE(never.population().execution(0).kernels == Kernels::layerwise);
  REQUIRE(never.population().execution(0).reason == "resident kernels are turned off");
  Subject other = make_subject(*make_reference_backend(), DType::float32, {small});
  REQUIRE(other.population().execution(0).kernels == Kernels::unspecified);
}

TEST(
    "cuda: a student whose cluster does not start on this device trains under another plan, or layer by "
    "layer") {
  Chain network;
  network.layers = {dense_layer(4, 300, Activation::relu), dense_layer(300, 3, Activation::linear)};
  const StudentSpec student = make_student(network, DType::float32, 10, 1);
  std::vector<State> states;
  for (const int most_ranks : {8, 2, 1}) {
    const Context context("clusters of up to " + std::to_string(most_ranks));
    cuda::EmulatedLimits limits;
    limits.limits.shared_bytes_per_block = 16 * 1024;  // 300 nodes take two blocks at the least
    limits.most_ranks = most_ranks;
    Subject subject = make_subject(*make_emulated_cuda_backend(limits), DType::float32, {student});
    const Execution execution = subject.population().execution(0);
    REQUIRE((execution.kernels == Kernels::resident) == (most_ranks > 1));
    REQUIRE(execution.reason == (most_ranks > 1
                                     ? ""
                                     : "a step needs a cluster of 2 blocks, and emulated has no room "
                                       "to start one"));
    subject.run(2);
    states.push_back(subject.state(0));
    require_same_tensors(network, states.back().parameters, states[0].parameters, 1e-5);
  }
}

TEST("cuda: a kernel that its table does not load is refused, recorded or not") {
  const std::unique_ptr<cuda::Device> device = cuda::open_emulated_device({});
  const auto launch = [&] { device->run_here("forgotten", [] {}); };
  const std::string refusal = "internal: forgotten is launched, but its table does not load it";
  REQUIRE_ERROR(launch(), refusal);
  REQUIRE_ERROR(device->record(launch), refusal);
  bool ran = false;  // the recording ended with the refusal
  device->load_here("known");
  device->run_here("known", [&] { ran = true; });
  REQUIRE(ran);
}

TEST("cuda: float64 is refused") {
  REQUIRE_ERROR(
      Subject(*emulated(1, true), DType::float64, {odd_student(3, DType::float64)}),
      "invalid_argument: dtype: the CUDA backend computes in float32, got float64; use device 'cpu' for "
      "float64");
}

TEST("cuda: parameters written between runs are the ones that train") {
  with_both_kernels([](bool resident) {
    const StudentSpec student = small_student(1e-3, 0);
    Subject subject = make_subject(*emulated(1, resident), DType::float32, {student});
    const State start = subject.state(0);
    subject.run(3);
    const State after = subject.state(0);
    subject.restore(0, start);
    REQUIRE(subject.state(0) == start);
    subject.run(3);
    REQUIRE(subject.state(0) == after);
  });
}

}  // namespace eigenstudent::test
