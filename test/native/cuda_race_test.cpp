// The resident kernels on real threads: a third execution policy, in which each thread of each rank is a thread of its own
// and barriers are barriers. Built with ThreadSanitizer (cmake -DES_SANITIZE=thread) it reports every barrier that is missing,
// in a block or across ranks; without, it still has to give the emulated group's bits.
#include <barrier>
#include <memory>
#include <thread>
#include <variant>
#include <vector>

#include "check.h"
#include "core/graph.h"
#include "cuda/resident/resident_kernel.h"
#include "students.h"

namespace eigenstudent::test {

namespace {

using cuda::LaunchShape;
using cuda::Quad;
using cuda::ResidentJob;
using cuda::ResidentPlan;
using cuda::ResidentResult;

/// What the threads of one group have in common.
struct SharedState {
  explicit SharedState(const LaunchShape& launch) : shape(launch), all(launch.ranks * launch.threads) {
    for (int rank = 0; rank < shape.ranks; ++rank) {
      memory.emplace_back(shape.shared_bytes / sizeof(Quad) + 1);
      blocks.push_back(std::make_unique<std::barrier<>>(shape.threads));
    }
  }
  LaunchShape shape;
  std::barrier<> all;
  std::vector<std::unique_ptr<std::barrier<>>> blocks;
  std::vector<std::vector<Quad>> memory;
};

/// One thread of the group, as a GPU thread sees it.
class ThreadedGroup {
 public:
  template <class State>
  class PerThread {
   public:
    explicit PerThread(const ThreadedGroup&) {}
    State& operator()(int, int) { return state_; }

   private:
    State state_;
  };

  ThreadedGroup(SharedState& shared, int rank, int thread) : group_(shared), rank_(rank), thread_(thread) {}
  int ranks() const { return group_.shape.ranks; }
  int rank() const { return rank_; }
  unsigned index() const { return 0; }
  int threads() const { return group_.shape.threads; }
  void sync() const { group_.blocks[static_cast<std::size_t>(rank_)]->arrive_and_wait(); }
  void sync_cluster() const { group_.all.arrive_and_wait(); }
  template <class T>
  T* shared(int) const {
    return remote<T>(rank_);
  }
  template <class T>
  T* remote(int rank) const {
    return reinterpret_cast<T*>(group_.memory[static_cast<std::size_t>(rank)].data());
  }
  template <class Body>
  void each(const Body& body) const {
    body(rank_, thread_);
  }

 private:
  SharedState& group_;
  int rank_, thread_;
};

void run_threaded(const LaunchShape& shape, const cuda::ResidentKernel& kernel) {
  SharedState shared(shape);
  std::vector<std::thread> threads;
  for (int rank = 0; rank < shape.ranks; ++rank)
    for (int thread = 0; thread < shape.threads; ++thread)
      threads.emplace_back([&, rank, thread] {
        ThreadedGroup member(shared, rank, thread);
        kernel(member);
      });
  for (std::thread& thread : threads) thread.join();
}

/// Sums cross ranks both ways; spectral layers that are split, that read split nodes, and that every rank has alike.
StudentSpec crossing_student() {
  Chain network;
  network.layers = {spectral_layer(5, 9, Activation::relu), spectral_layer(9, 6, Activation::tanh),
                    spectral_layer(6, 10, Activation::gelu), dense_layer(10, 3, Activation::linear),
                    spectral_layer(3, 2, Activation::softplus)};
  network.layers[1].tensor(TensorRole::bias) = trained();
  StudentSpec student = make_student(network, DType::float32, 22, 4);
  student.trainer->batch_size = 12;
  student.trainer->optimizer.kind = OptimizerKind::adam;
  return student;
}

struct Outcome {
  std::vector<float> parameters;
  ResidentResult result;
};

template <class Run>
Outcome train(const StudentSpec& student, const ResidentPlan& plan, const Run& run) {
  const std::vector<double> first = make_parameters(student.network, 2);
  Outcome outcome{{first.begin(), first.end()}, {}};
  std::vector<float> m(first.size(), 0), v(first.size(), 0);
  std::vector<std::uint64_t> counts(Graph(student.network).layout().tensors().size(), 0);
  std::vector<std::uint32_t> order, epoch;
  for (int e = 0; e < 2; ++e) {
    shuffle_epoch(*student.trainer, static_cast<std::uint64_t>(e), epoch);
    order.insert(order.end(), epoch.begin(), epoch.end());
  }
  const Samples<float>& data = student.trainer->data->as<float>();
  ResidentJob job{};
  job.parameters = outcome.parameters.data();
  job.first_moment = m.data();
  job.second_moment = v.data();
  job.update_count = counts.data();
  job.inputs = data.inputs.data();
  job.targets = data.targets.data();
  job.order = order.data();
  job.result = &outcome.result;
  job.until_step = 3;
  job.samples = static_cast<std::uint32_t>(student.trainer->data->samples);
  job.batch = static_cast<std::uint32_t>(student.trainer->batch());
  job.optimizer = student.trainer->optimizer;
  job.learning_rate = student.trainer->learning_rate;
  run(plan.shape(1), cuda::ResidentKernel{plan, &job});
  return outcome;
}

}  // namespace

TEST("resident: real threads give the emulated group's bits, and race nowhere") {
  const StudentSpec student = crossing_student();
  for (const int ranks : {1, 2}) {
    const auto plan = cuda::plan_resident(chain_in(student), student.trainer->batch(), {}, {ranks, 64, 4});
    REQUIRE(std::holds_alternative<ResidentPlan>(plan));
    const ResidentPlan& chosen = std::get<ResidentPlan>(plan);
    const Outcome threaded = train(student, chosen, run_threaded);
    const Outcome emulated = train(student, chosen, [](const LaunchShape& shape, const auto& kernel) {
      cuda::run_emulated(shape, kernel);
    });
    REQUIRE(threaded.parameters == emulated.parameters);
    REQUIRE(threaded.result.step == 3 && !threaded.result.diverged);
    REQUIRE(threaded.result.batch_loss == emulated.result.batch_loss);
  }
}

}  // namespace eigenstudent::test
