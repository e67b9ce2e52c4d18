// Device memory, on emulated devices: what fits, what goes in batches, what is refused, and that all of it is given back.
#include <atomic>
#include <cmath>

#include "contract.h"
#include "cuda/population/cuda_backend.h"
#include "cuda/population/memory_batches.h"

namespace eigenstudent::test {

namespace {

using Batches = std::vector<std::vector<std::size_t>>;

/// 7 -> 31 -> 2, small enough for either kind of kernel; each student has data of its own.
std::vector<StudentSpec> some_students(std::size_t count) {
  Chain network;
  network.layers = {spectral_layer(7, 31, Activation::relu), dense_layer(31, 2, Activation::linear)};
  std::vector<StudentSpec> students;
  for (std::size_t i = 0; i < count; ++i) {
    students.push_back(make_student(network, DType::float32, 33, static_cast<std::uint32_t>(i + 1)));
    students.back().trainer->batch_size = 10;
    students.back().trainer->trial = static_cast<std::uint32_t>(i);
    students.back().trainer->optimizer.kind = OptimizerKind::adam;
  }
  return students;
}

cuda::EmulatedLimits limits_of(std::size_t memory_bytes, bool resident) {
  cuda::EmulatedLimits limits;
  limits.memory_bytes = memory_bytes;
  limits.resident = resident;
  limits.used_bytes = std::make_shared<std::atomic<std::size_t>>(0);
  return limits;
}

std::vector<State> states_after(const cuda::EmulatedLimits& limits, std::uint64_t epochs) {
  Subject subject = make_subject(*make_emulated_cuda_backend(limits), DType::float32, some_students(12));
  for (std::uint64_t epoch = 1; epoch <= epochs; ++epoch) subject.run(epoch);
  std::vector<State> states;
  for (std::size_t s = 0; s < 12; ++s) states.push_back(subject.state(s));
  return states;
}

/// The least memory, to 16 KiB, with which `students` train an epoch.
std::size_t least_memory(std::size_t students, bool resident) {
  for (std::size_t bytes = 1 << 14;; bytes += 1 << 14) {
    try {
      Subject subject = make_subject(*make_emulated_cuda_backend(limits_of(bytes, resident)), DType::float32,
                                     some_students(students));
      subject.run(1);
      return bytes;
    } catch (const Error& error) {
      REQUIRE(error.code() == "out_of_memory");
    }
  }
}

}  // namespace

TEST("batches are cut where the next student does not fit, and shared data count once") {
  const int mine = 0, ours = 0;
  const cuda::MemoryNeed needs[] = {
      {0, 40, 0, &mine, 10}, {1, 40, 0, &mine, 10}, {2, 40, 0, &ours, 10}, {3, 10, 60, &ours, 10}};
  REQUIRE((cuda::plan_memory_batches(needs, 210) == Batches{{0, 1, 2, 3}}));
  REQUIRE((cuda::plan_memory_batches(needs, 209) == Batches{{0, 1, 2}, {3}}));
  REQUIRE((cuda::plan_memory_batches(needs, 90) == Batches{{0, 1}, {2}, {3}}));
  REQUIRE((cuda::plan_memory_batches(needs, 89) == Batches{{0}, {1}, {2}, {3}}));
  REQUIRE_ERROR(cuda::plan_memory_batches(needs, 79),
                "out_of_memory: student 3 needs 80 bytes of device memory, 79 are free");
  REQUIRE(cuda::plan_memory_batches({}, 0).empty());
}

TEST("cuda: a population in batches trains to the bits of one that fits") {
  for (const bool resident : {true, false}) {
    const Context context(resident ? "fused" : "layer-wise");
    const std::size_t one = least_memory(1, resident), all = least_memory(12, resident);
    const std::vector<State> fitting = states_after(limits_of(std::size_t{1} << 28, resident), 3);
    // Where one student at a time fits, twelve need batches: a quarter more than one student is far from enough for all.
    if (!resident) REQUIRE(all == one);  // they take turns anyway
    REQUIRE(states_after(limits_of(one, resident), 3) == fitting);
    REQUIRE(states_after(limits_of(one + one / 4, resident), 3) == fitting);
  }
}

TEST(
    "cuda: a state is held once, on the host until it trains and on the device from then on; data do not "
    "count") {
  for (const bool resident : {true, false}) {
    const cuda::EmulatedLimits limits = limits_of(std::size_t{1} << 26, resident);
    const std::vector<StudentSpec> students = some_students(2);
    Subject subject = make_subject(*make_emulated_cuda_backend(limits), DType::float32, students);
    const std::size_t a_state = 3 * sizeof(float) * Graph(students[0].network).layout().size();
    REQUIRE(subject.population().bytes() == 2 * a_state);
    subject.run(1);
    REQUIRE(subject.population().bytes() >= 2 * a_state);
    REQUIRE(subject.population().bytes() < *limits.used_bytes);  // none on the host, and not the data
  }
}

TEST("cuda: a student that can never fit is refused with the bytes it needs") {
  const auto backend = make_emulated_cuda_backend(limits_of(1 << 14, false));
  const std::string got = error_of([&] { Subject(*backend, DType::float32, some_students(2)); });
  REQUIRE(got.rfind("out_of_memory: student ", 0) == 0);
  REQUIRE(got.find(" bytes of device memory, 15565 are free") != std::string::npos);
}

TEST("cuda: an evaluation that does not fit is refused, and the population goes on") {
  const cuda::EmulatedLimits limits = limits_of(least_memory(1, false), false);
  const auto backend = make_emulated_cuda_backend(limits);
  const std::vector<StudentSpec> students = some_students(1);
  Subject subject = make_subject(*backend, DType::float32, students);
  subject.run(1);
  const State before = subject.state(0);
  const DatasetPtr large = make_data(chain_in(students[0]), DType::float32, 1 << 16, 77);
  REQUIRE(error_of([&] { subject.evaluate(0, large); }).rfind("out_of_memory: device memory: needed ", 0) ==
          0);
  REQUIRE(subject.state(0) == before);
  REQUIRE(std::isfinite(subject.evaluate(0, students[0].trainer->data).loss));
  subject.run(2);
  REQUIRE(subject.population().progress(0).epoch == 2);
}

TEST("cuda: evaluations do not depend on how much of a set fits at a time") {
  const std::vector<StudentSpec> students = some_students(1);
  const DatasetPtr data = make_data(chain_in(students[0]), DType::float32, 3000, 77);
  std::vector<std::uint32_t> order(31);
  for (std::uint32_t i = 0; i < 31; ++i) order[i] = 30 - i;
  // 396 KB of activations in one go, beside 108 KB of data; half of what is free goes to scratch.
  const auto ample = make_emulated_cuda_backend(limits_of(std::size_t{1} << 24, false));
  const auto scarce = make_emulated_cuda_backend(limits_of(std::size_t{1} << 19, false));
  Subject whole = make_subject(*ample, DType::float32, students);
  Subject parts = make_subject(*scarce, DType::float32, students);
  REQUIRE(parts.evaluate(0, data).loss == whole.evaluate(0, data).loss);
  REQUIRE(parts.predict(0, *data) == whole.predict(0, *data));
  REQUIRE(parts.pruning_curve(0, 0, order, *data) == whole.pruning_curve(0, 0, order, *data));
}

TEST("cuda: copies of evaluation data are kept with their data sets, and freed when memory is short") {
  const cuda::EmulatedLimits limits = limits_of(std::size_t{1} << 26, false);
  const auto backend = make_emulated_cuda_backend(limits);
  const std::vector<StudentSpec> students = some_students(1);
  Subject subject = make_subject(*backend, DType::float32, students);
  DatasetPtr data = make_data(chain_in(students[0]), DType::float32, 1000, 77);
  const double loss = subject.evaluate(0, data).loss;
  const std::size_t with_data = *limits.used_bytes;
  REQUIRE(subject.evaluate(0, data).loss == loss);
  REQUIRE(*limits.used_bytes == with_data);
  data = nullptr;
  subject.evaluate(0, students[0].trainer->data);
  REQUIRE(*limits.used_bytes < with_data);
}

TEST("cuda: a population frees all its memory, a thousand times") {
  for (const bool resident : {true, false}) {
    const cuda::EmulatedLimits limits = limits_of(std::size_t{1} << 26, resident);
    const auto backend = make_emulated_cuda_backend(limits);
    const std::vector<StudentSpec> students = some_students(2);
    for (int time = 0; time < 1000; ++time) {
      Subject subject(*backend, DType::float32, students);
      if (time % 10 != 0) continue;  // the others are disposed of before they did anything
      subject.run(1);
      subject.evaluate(0, students[1].trainer->data);
      REQUIRE(*limits.used_bytes > 0);
      REQUIRE(subject.population().bytes() > 0);
    }
    REQUIRE(*limits.used_bytes == 0);
  }
}

}  // namespace eigenstudent::test
