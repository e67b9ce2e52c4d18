// A call that finds no memory throws, and leaves a population that goes on as if the call had not been made.
#include <functional>
#include <numeric>
#include <optional>

#include "contract.h"
#include "failing_memory.h"

namespace eigenstudent::test {

namespace {

/// So many weights that all threads of the CPU work on it.
StudentSpec wide_student(DType dtype) {
  Chain network;
  network.layers = {spectral_layer(513, 513, Activation::tanh), dense_layer(513, 1, Activation::linear)};
  StudentSpec student = make_student(network, dtype, 9, 3);
  student.trainer->batch_size = 5;
  return student;
}

/// No chain: it trains through the general executor.
StudentSpec normalised_student(DType dtype) {
  Chain chain;
  chain.layers = {dense_layer(7, 5, Activation::tanh), dense_layer(5, 2, Activation::linear)};
  StudentSpec student = make_student(chain, dtype, 11, 4);
  std::vector<LayerSpec>& layers = student.network.layers;
  LayerSpec norm{BatchNorm{}, {1}, {{TensorOptions{}, "scale"}, {TensorOptions{}, "shift"}}};
  layers.insert(layers.begin() + 1, norm);
  layers[2].reads = {2};
  student.objective[0].layer = 2;
  student.trainer->batch_size = 4;
  return student;
}

/// What a caller sees of a call.
using Call = std::function<std::vector<double>(Subject&)>;

struct NamedCall {
  const char* name;
  Call call;
};

std::vector<NamedCall> calls_on(const StudentSpec& spec) {
  const DatasetPtr data = spec.trainer->data;
  std::vector<std::uint32_t> order(Graph(spec.network).layers()[0].size);
  std::iota(order.begin(), order.end(), 0u);
  return {
      {"run",
       [](Subject& subject) {
         subject.run(2);
         return subject.state(0).parameters;
       }},
      {"evaluate", [data](Subject& subject) { return std::vector<double>{subject.evaluate(0, data).loss}; }},
      {"predict", [data](Subject& subject) { return subject.predict(0, *data); }},
      {"gradient", [data](Subject& subject) { return subject.gradient(0, *data).block; }},
      {"pruning curve",
       [data, order](Subject& subject) { return subject.pruning_curve(0, 0, order, *data); }},
  };
}

/// What the call returns, or nothing where it failed for want of memory.
std::optional<std::vector<double>> attempt(const Call& call, Subject& subject) {
  try {
    return call(subject);
  } catch (const std::bad_alloc&) {
    return std::nullopt;
  } catch (const Error& error) {  // of the CUDA library, whose errors cross a boundary
    REQUIRE(error.code() == "out_of_memory");
    return std::nullopt;
  }
}

/// Allocations of the call fail, one by one: the first ones, and of the later ones fewer and fewer.
void check_call(const Backend& backend, DType dtype, const StudentSpec& spec, const NamedCall& named) {
  const Context context(named.name);
  const auto subject = [&] { return make_subject(backend, dtype, {spec}, 2); };
  Subject undisturbed = subject();
  const std::vector<double> expected = named.call(undisturbed);
  for (std::size_t after = 0;; after += 1 + after / 2) {
    const Context number("allocation " + std::to_string(after));
    Subject disturbed = subject();
    std::optional<std::vector<double>> prediction;
    {
      const FailingAllocation failing(after);
      prediction = attempt(named.call, disturbed);
      if (!failing.reached()) return;
    }
    // Some of the standard library does without what it is not given, as std::stable_sort does.
    REQUIRE(prediction.value_or(named.call(disturbed)) == expected);
  }
}

/// The emulated kernels of the CUDA library allocate, and cannot be told apart from here (failing_memory.cpp).
bool kernels_allocate(const Backend& backend) {
  return backend.engine().starts_with("cuda-emulated") && why_no_gpu().empty();
}

}  // namespace

TEST("contract: a call without memory throws, and the next one is right") {
  on_every_backend([](const Backend& backend, DType dtype) {
    if (kernels_allocate(backend)) return;
    std::vector<StudentSpec> students = {odd_student(9, dtype), normalised_student(dtype)};
    if (backend.name() == "cpu" && dtype == DType::float32) students.push_back(wide_student(dtype));
    for (const StudentSpec& spec : students) {
      if (!backend.refusal(spec.network, spec.objective).empty()) continue;
      const Context context("student of " + std::to_string(spec.network.input[0]) + " inputs");
      for (const NamedCall& named : calls_on(spec)) check_call(backend, dtype, spec, named);
    }
  });
}

TEST("contract: creating a population without enough memory throws") {
  on_every_backend([](const Backend& backend, DType dtype) {
    if (kernels_allocate(backend)) return;
    const std::vector<StudentSpec> students = {odd_student(9, dtype), odd_student(19, dtype)};
    for (std::size_t after = 0;; after += 1 + after / 2) {
      const Context number("allocation " + std::to_string(after));
      const FailingAllocation failing(after);
      const std::string error = error_of([&] {
        try {
          Subject(backend, dtype, students, 2);
        } catch (const std::bad_alloc&) {
          throw Error("out_of_memory", "");
        }
      });
      if (!failing.reached()) break;
      const Context message(error);
      REQUIRE(error.starts_with("out_of_memory: "));
    }
  });
}

}  // namespace eigenstudent::test
