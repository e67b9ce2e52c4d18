// Wrong calls: every backend refuses them with the same code and text.
#include "contract.h"

namespace eigenstudent::test {

namespace {

Chain small_network() {
  Chain network;
  network.layers = {spectral_layer(4, 6, Activation::relu), dense_layer(6, 3, Activation::linear)};
  return network;
}

DType other(DType dtype) { return dtype == DType::float32 ? DType::float64 : DType::float32; }

}  // namespace

TEST("contract: a population without students, or with an invalid one, is refused") {
  on_every_backend([](const Backend& backend, DType dtype) {
    REQUIRE_ERROR(Subject(backend, dtype, {}),
                  "invalid_argument: a population needs at least one student, got none");
    StudentSpec good = make_student(small_network(), dtype, 5, 1), bad = good;
    bad.trainer->batch_size = 0;
    REQUIRE_ERROR(Subject(backend, dtype, {good, bad}),
                  "invalid_argument: student 1: batchSize: expected at least 1, got 0");
    if (!computes_in(backend, other(dtype))) return;
    REQUIRE_ERROR(Subject(backend, other(dtype), {good}),
                  std::string("data_mismatch: student 0: data: expected ") +
                      (dtype == DType::float32 ? "float64, got float32" : "float32, got float64"));
  });
}

TEST("contract: a student without a trainer can be evaluated, and is refused training") {
  on_every_backend([](const Backend& backend, DType dtype) {
    StudentSpec student = make_student(small_network(), dtype, 5, 1);
    std::vector<DatasetPtr> questions{student.trainer->data};
    student.trainer.reset();
    PopulationSpec spec;
    spec.dtype = dtype;
    spec.students = {student};
    const std::unique_ptr<Population> population = backend.create(std::move(spec));
    const StopFlag stop{false};
    std::vector<Evaluation> results(1);
    population->evaluate(questions, results, stop);
    REQUIRE(std::isfinite(results[0].loss) && results[0].loss > 0);
    const std::uint64_t until[] = {1};
    REQUIRE_ERROR(population->run(until, stop),
                  "invalid_argument: expected a student with a trainer, got one that is only evaluated");
  });
}

TEST("contract: calls with the wrong number of entries are refused") {
  on_every_backend([](const Backend& backend, DType dtype) {
    const StudentSpec student = make_student(small_network(), dtype, 5, 1);
    Subject subject = make_subject(backend, dtype, {student, student});
    Population& population = subject.population();
    const StopFlag stop{false};
    const std::uint64_t until[] = {1};
    REQUIRE_ERROR(population.run(until, stop),
                  "invalid_argument: untilEpoch: expected one entry for each of the 2 students, got 1");
    std::vector<Evaluation> results(3);
    const std::vector<DatasetPtr> three(3), two(2);
    REQUIRE_ERROR(population.evaluate(three, results, stop),
                  "invalid_argument: data: expected one entry for each of the 2 students, or that several "
                  "times over, got 3");
    REQUIRE_ERROR(population.evaluate({}, {}, stop),
                  "invalid_argument: data: expected one entry for each of the 2 students, or that several "
                  "times over, got 0");
    REQUIRE_ERROR(population.evaluate(two, results, stop),
                  "invalid_argument: results: expected one entry for each of the 2 of data, got 3");
    Counters counters = population.counters(0);
    counters.update_count.push_back(0);
    REQUIRE_ERROR(
        population.set_counters(0, counters),
        "invalid_argument: student 0: expected update counts for 4 tensors, got 5; the state was saved by "
        "another network");
  });
}

TEST("contract: an index beyond the students is refused") {
  on_every_backend([](const Backend& backend, DType dtype) {
    const StudentSpec student = make_student(small_network(), dtype, 5, 1);
    Subject subject = make_subject(backend, dtype, {student, student});
    Population& population = subject.population();
    const std::string expected = "invalid_argument: expected a student from 0 to 1, got 2";
    std::vector<double> room(200), losses(7);
    const std::vector<std::uint32_t> order = {0, 1, 2, 3, 4, 5};
    REQUIRE_ERROR(population.progress(2), expected);
    REQUIRE_ERROR(population.layout(2), expected);
    REQUIRE_ERROR(population.read(2, StateBlock::parameters, room.data()), expected);
    REQUIRE_ERROR(population.write(2, StateBlock::parameters, room.data()), expected);
    REQUIRE_ERROR(population.counters(2), expected);
    REQUIRE_ERROR(population.set_counters(2, {}), expected);
    REQUIRE_ERROR(population.predict(2, *student.trainer->data, room.data()), expected);
    REQUIRE_ERROR(population.gradient(2, *student.trainer->data, room.data()), expected);
    REQUIRE_ERROR(population.pruning_curve(2, 0, order, *student.trainer->data, losses, StopFlag{false}),
                  expected);
  });
}

TEST("contract: data that do not fit are refused before anything is computed") {
  on_every_backend([](const Backend& backend, DType dtype) {
    const StudentSpec student = make_student(small_network(), dtype, 5, 1);
    Subject subject = make_subject(backend, dtype, {student});
    Population& population = subject.population();
    Chain wider = small_network();
    wider.layers[0].inputs = 5;
    const DatasetPtr data = make_data(wider, dtype, 5, 1);
    const std::string expected =
        "data_mismatch: features per sample: expected 4, the inputs of the network, got 5";
    std::vector<double> room(200), losses(7);
    const std::vector<std::uint32_t> order = {0, 1, 2, 3, 4, 5};
    REQUIRE_ERROR(subject.evaluate(0, data), expected);
    REQUIRE_ERROR(population.predict(0, *data, room.data()), expected);
    REQUIRE_ERROR(population.gradient(0, *data, room.data()), expected);
    REQUIRE_ERROR(population.pruning_curve(0, 0, order, *data, losses, StopFlag{false}), expected);
  });
}

TEST("contract: pruning with a wrong layer, order or output array is refused") {
  on_every_backend([](const Backend& backend, DType dtype) {
    const StudentSpec student = make_student(small_network(), dtype, 5, 1);
    Subject subject = make_subject(backend, dtype, {student});
    const auto prune = [&](std::size_t layer, const std::vector<std::uint32_t>& order, std::size_t room) {
      std::vector<double> losses(room);
      subject.population().pruning_curve(0, layer, order, *student.trainer->data, losses, StopFlag{false});
    };
    REQUIRE_ERROR(prune(1, {0, 1, 2}, 4),
                  "invalid_argument: layer: expected a hidden layer, from 0 to below 1, got 1");
    REQUIRE_ERROR(prune(0, {0, 1, 2, 3, 4, 4}, 7),
                  "invalid_argument: expected each node once, got node 4 twice");
    REQUIRE_ERROR(prune(0, {0, 1, 2, 3, 4, 5}, 6),
                  "invalid_argument: losses: expected room for 7 values, got 6");
  });
}

}  // namespace eigenstudent::test
