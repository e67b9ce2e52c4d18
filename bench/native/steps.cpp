// The training of bench/trials/overhead.ts without Node: the same population, made and run through core/backend.h.
//
//   bench_steps START --width H --students S --epochs N [--general 1]
//
// --general 1: through the general executor instead of the fused path.
// START is a file of float32: inputs [8000][10], targets [8000], then the first parameters of each student. Speaks the
// protocol of bench/peer-process.ts; a repeat trains N epochs. An answer also has the loss of the last batch of the
// first student, by which the caller knows that these are its own steps, and the allocations that the repeats made.
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <new>
#include <string>
#include <vector>

#include "core/backend.h"
#include "core/chain.h"
#include "cpu/cpu_backend.h"

using namespace eigenstudent;

// Arrays of the program, and the two operators for memory aligned beyond the usual, end in these.
static std::atomic<std::uint64_t> allocations{0};

void* operator new(std::size_t size) {
  ++allocations;
  if (void* memory = std::malloc(size == 0 ? 1 : size)) return memory;
  throw std::bad_alloc();
}
void* operator new(std::size_t size, std::align_val_t alignment) {
  ++allocations;
  const auto boundary = static_cast<std::size_t>(alignment);
  if (void* memory = std::aligned_alloc(boundary, (size + boundary - 1) / boundary * boundary)) return memory;
  throw std::bad_alloc();
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::align_val_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept { std::free(memory); }

namespace {

// The paper's student and protocol, as in bench/students.ts.
constexpr std::size_t samples = 8000, inputs = 10, second_width = 20;

struct Options {
  std::string start;
  std::size_t width = 0, students = 1, epochs = 1, general = 0;
};

/// Exits with 2 and a message when something is missing.
Options parse(int count, char** arguments) {
  Options options;
  if (count > 1) options.start = arguments[1];
  for (int i = 2; i + 1 < count; i += 2) {
    const std::string name = arguments[i];
    const std::size_t value = std::strtoull(arguments[i + 1], nullptr, 10);
    if (name == "--width") options.width = value;
    if (name == "--students") options.students = value;
    if (name == "--epochs") options.epochs = value;
    if (name == "--general") options.general = value;
  }
  if (options.start.empty() || options.width == 0 || options.students == 0 || options.epochs == 0) {
    std::fputs("usage: bench_steps START --width H --students S --epochs N [--general 1]\n", stderr);
    std::exit(2);
  }
  return options;
}

ChainLayer layer(LayerKind kind, std::size_t from, std::size_t to, Activation activation) {
  ChainLayer spec;
  spec.kind = kind;
  spec.inputs = from;
  spec.outputs = to;
  spec.activation = activation;
  spec.tensor(TensorRole::matrix) = {{true}, true};
  return spec;
}

Chain network(std::size_t width) {
  ChainLayer first = layer(LayerKind::spectral, inputs, width, Activation::relu);
  first.tensor(TensorRole::matrix).l2 = 0.01;
  first.tensor(TensorRole::eigenvalues_in) = {{}, true};
  first.tensor(TensorRole::eigenvalues_out) = {{true, 0, 5e-4}, true};
  ChainLayer sum = layer(LayerKind::dense, second_width, 1, Activation::linear);
  sum.tensor(TensorRole::matrix).trainable = false;
  Chain spec;
  spec.layers = {first, layer(LayerKind::dense, width, second_width, Activation::relu), sum};
  return spec;
}

/// The next `count` numbers of the file. Exits with 1 when it is too short.
std::vector<float> read(std::ifstream& file, std::size_t count) {
  std::vector<float> values(count);
  file.read(reinterpret_cast<char*>(values.data()), static_cast<std::streamsize>(count * sizeof(float)));
  if (file) return values;
  std::fputs("bench_steps: START holds too few numbers\n", stderr);
  std::exit(1);
}

std::unique_ptr<Population> create(const Backend& backend, const Options& options) {
  std::ifstream file(options.start, std::ios::binary);
  auto data = std::make_shared<Dataset>();
  data->dtype = DType::float32;
  data->samples = samples;
  data->input_count = inputs;
  data->target_count = 1;
  data->float32.inputs = read(file, samples * inputs);
  data->float32.targets = read(file, samples);
  PopulationSpec spec;
  spec.threads = 1;
  spec.general = options.general > 0;
  for (std::size_t i = 0; i < options.students; ++i) {
    StudentSpec student;
    const Chain chain = network(options.width);
    student.network = chain;
    student.objective = chain.objective();
    student.trainer.emplace();
    student.trainer->optimizer.kind = OptimizerKind::adam;
    student.trainer->learning_rate.base = 5e-3;
    student.trainer->data = data;
    student.trainer->batch_size = 300;
    student.trainer->seed = i;
    spec.students.push_back(std::move(student));
  }
  std::unique_ptr<Population> population = backend.create(std::move(spec));
  for (std::size_t i = 0; i < options.students; ++i)
    population->write(i, StateBlock::parameters, read(file, population->layout(i).size()).data());
  return population;
}

/// A call of run() for each repeat, as train() makes one for each of its reports.
void answer(Population& population, const Options& options, std::uint64_t repeats) {
  static std::uint64_t epoch = 0;
  const StopFlag stop{false};
  const std::uint64_t before = allocations;
  const auto start = std::chrono::steady_clock::now();
  for (std::uint64_t i = 0; i < repeats; ++i) {
    epoch += options.epochs;
    population.run(std::vector<std::uint64_t>(options.students, epoch), stop);
  }
  const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - start;
  std::printf("{\"seconds\": %.9f, \"batchLoss\": %.17g, \"allocations\": %llu}\n", elapsed.count(),
              population.progress(0).batch_loss, static_cast<unsigned long long>(allocations - before));
}

}  // namespace

int main(int count, char** arguments) {
  const Options options = parse(count, arguments);
  const std::unique_ptr<Backend> backend = make_cpu_backend();
  const std::unique_ptr<Population> population = create(*backend, options);
  std::printf("{\"engine\": \"%s\"}\n", backend->engine().c_str());
  std::fflush(stdout);
  for (unsigned long long repeats = 0; std::scanf("%llu", &repeats) == 1;) {
    answer(*population, options, repeats);
    std::fflush(stdout);
  }
}
