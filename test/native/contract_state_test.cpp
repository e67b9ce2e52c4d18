// Reading, writing, stopping, sharing: whatever happens around a student, its numbers are the same bits.
#include <chrono>
#include <cmath>
#include <thread>

#include "contract.h"

namespace eigenstudent::test {

namespace {

constexpr unsigned thread_counts[] = {2, 3, 8};

std::vector<State> states(Subject& subject) {
  std::vector<State> all;
  for (std::size_t s = 0; s < subject.population().size(); ++s) all.push_back(subject.state(s));
  return all;
}

/// States after `epochs` epochs in one population with so many threads.
std::vector<State> trained_states(const Backend& backend, DType dtype,
                                  const std::vector<StudentSpec>& students, unsigned threads,
                                  std::uint64_t epochs) {
  Subject subject = make_subject(backend, dtype, students, threads);
  subject.run(epochs);
  return states(subject);
}

/// A student wide enough to be worth several threads by itself.
StudentSpec wide_student(DType dtype) {
  Chain network;
  network.layers = {spectral_layer(33, 1000, Activation::relu), dense_layer(1000, 20, Activation::relu)};
  StudentSpec student = make_student(network, dtype, 301, 1);
  student.trainer->batch_size = 100;
  student.trainer->optimizer.kind = OptimizerKind::adam;
  return student;
}

}  // namespace

TEST("contract: a resumed student is the uninterrupted one, bit for bit") {
  on_every_backend([](const Backend& backend, DType dtype) {
    for (std::size_t n = 8; n < 32; ++n) {  // all optimisers, schedules and kinds of phase, small and large
      const StudentSpec student = odd_student(n, dtype);
      const Context context("case " + std::to_string(n) + ": " + describe(student));
      Subject whole = make_subject(backend, dtype, {student}),
              first = make_subject(backend, dtype, {student});
      whole.run(3);
      first.run(1);
      Subject second(backend, dtype, {student});
      second.restore(0, first.state(0));
      REQUIRE(second.state(0) == first.state(0));
      REQUIRE(second.population().progress(0).epoch == 1);
      REQUIRE(std::isnan(second.population().progress(0).batch_loss));
      second.run(3);
      REQUIRE(second.state(0) == whole.state(0));
      REQUIRE(second.population().progress(0).batch_loss == whole.population().progress(0).batch_loss);
    }
  });
}

TEST("contract: a student alone is the student among others, bit for bit") {
  on_every_backend([](const Backend& backend, DType dtype) {
    const std::vector<StudentSpec> students = mixed_students(dtype);
    const std::vector<State> together = trained_states(backend, dtype, students, 2, 3);
    for (std::size_t s = 0; s < students.size(); ++s) {
      const Context context("student " + std::to_string(s) + ": " + describe(students[s]));
      REQUIRE(trained_states(backend, dtype, {students[s]}, 1, 3)[0] == together[s]);
    }
    std::vector<StudentSpec> reversed(students.rbegin(), students.rend());
    std::vector<State> other_way = trained_states(backend, dtype, reversed, 2, 3);
    std::reverse(other_way.begin(), other_way.end());
    REQUIRE(other_way == together);
  });
}

TEST("contract: one thread gives the bits of several") {
  on_every_backend([](const Backend& backend, DType dtype) {
    const std::vector<State> mixed = trained_states(backend, dtype, mixed_students(dtype), 1, 2);
    const std::vector<State> wide = trained_states(backend, dtype, {wide_student(dtype)}, 1, 1);
    for (const unsigned threads : thread_counts) {
      const Context context(std::to_string(threads) + " threads");
      REQUIRE(trained_states(backend, dtype, mixed_students(dtype), threads, 2) == mixed);
      REQUIRE(trained_states(backend, dtype, {wide_student(dtype)}, threads, 1) == wide);
    }
  });
}

TEST("contract: populations trained from two threads at once have the bits of one after the other") {
  on_every_backend([](const Backend& backend, DType dtype) {
    const std::vector<StudentSpec> some = mixed_students(dtype);
    const std::vector<StudentSpec> others = {wide_student(dtype), odd_student(19, dtype)};
    const std::vector<State> first = trained_states(backend, dtype, some, 2, 2);
    const std::vector<State> second = trained_states(backend, dtype, others, 2, 1);
    Subject here = make_subject(backend, dtype, some, 2), beside = make_subject(backend, dtype, others, 2);
    std::thread other([&] { beside.run(1); });
    here.run(2);
    other.join();
    REQUIRE(states(here) == first);
    REQUIRE(states(beside) == second);
  });
}

TEST("contract: evaluations do not depend on threads either") {
  on_every_backend([](const Backend& backend, DType dtype) {
    const StudentSpec student = wide_student(dtype);
    const DatasetPtr data = make_data(chain_in(student), dtype, 601, 500);
    Subject one = make_subject(backend, dtype, {student}, 1);
    std::vector<std::uint32_t> order(1000);
    for (std::uint32_t i = 0; i < 1000; ++i) order[i] = 999 - i;
    const DatasetPtr few = make_data(chain_in(student), dtype, 3, 501);
    for (const unsigned threads : thread_counts) {
      const Context context(std::to_string(threads) + " threads");
      Subject several = make_subject(backend, dtype, {student}, threads);
      REQUIRE(several.evaluate(0, data).loss == one.evaluate(0, data).loss);
      REQUIRE(several.predict(0, *data) == one.predict(0, *data));
      REQUIRE(several.gradient(0, *few).block == one.gradient(0, *few).block);
      if (threads == 2)
        REQUIRE(several.pruning_curve(0, 0, order, *few) == one.pruning_curve(0, 0, order, *few));
    }
  });
}

TEST("contract: a run with a raised stop flag does nothing") {
  on_every_backend([](const Backend& backend, DType dtype) {
    const std::vector<StudentSpec> students = mixed_students(dtype);
    Subject subject = make_subject(backend, dtype, students, 2);
    const std::vector<State> before = states(subject);
    const std::vector<std::uint64_t> until(students.size(), 5);
    subject.population().run(until, StopFlag{true});
    REQUIRE(states(subject) == before);
    std::vector<DatasetPtr> sets;
    for (const StudentSpec& student : students) sets.push_back(student.trainer->data);
    std::vector<Evaluation> results(students.size(), Evaluation{1, 1});
    subject.population().evaluate(sets, results, StopFlag{true});
    for (const Evaluation& result : results) REQUIRE(std::isnan(result.loss) && std::isnan(result.accuracy));
  });
}

TEST("contract: a stopped run has done whole steps, and continues with the same bits") {
  on_every_backend([](const Backend& backend, DType dtype) {
    const std::vector<StudentSpec> students = mixed_students(dtype);
    Subject subject = make_subject(backend, dtype, students, 2);
    StopFlag stop{false};
    std::thread stopper([&stop] {
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
      stop = true;
    });
    const std::vector<std::uint64_t> until(students.size(), 1'000'000'000);
    subject.population().run(until, stop);
    stopper.join();
    for (std::size_t s = 0; s < students.size(); ++s) {
      const Context context("student " + std::to_string(s) + ": " + describe(students[s]));
      const Progress progress = subject.population().progress(s);
      REQUIRE(progress.epoch < 1'000'000'000);
      REQUIRE(progress.step == subject.state(s).counters.step);
      REQUIRE(progress.epoch == progress.step / students[s].trainer->steps_per_epoch());
      // Restored from the middle of an epoch, and trained to its end, the twin is where a straight run is.
      Subject resumed(backend, dtype, {students[s]}), whole = make_subject(backend, dtype, {students[s]});
      resumed.restore(0, subject.state(s));
      resumed.run(progress.epoch + 1);
      whole.run(progress.epoch + 1);
      REQUIRE(resumed.state(0) == whole.state(0));
    }
  });
}

TEST("contract: thread count 0 uses all cores of the machine") {
  on_every_backend([](const Backend& backend, DType dtype) {
    const std::vector<StudentSpec> students = mixed_students(dtype);
    REQUIRE(trained_states(backend, dtype, students, 0, 1) == trained_states(backend, dtype, students, 1, 1));
  });
}

TEST("contract: a network without buffers has none, before and after training") {
  on_every_backend([](const Backend& backend, DType dtype) {
    Subject subject = make_subject(backend, dtype, {odd_student(9, dtype)});
    for (int epoch = 0; epoch < 2; ++epoch) {
      const std::vector<double> parameters = subject.parameters(0);
      const double untouched = 1.5;
      double room[2] = {untouched, untouched};
      subject.population().read(0, StateBlock::buffers, room);
      subject.population().write(0, StateBlock::buffers, room);
      REQUIRE(room[0] == untouched && room[1] == untouched);
      REQUIRE(subject.parameters(0) == parameters);
      const StopFlag stop{false};
      const std::uint64_t until[] = {1};
      subject.population().run(until, stop);
    }
  });
}

}  // namespace eigenstudent::test
