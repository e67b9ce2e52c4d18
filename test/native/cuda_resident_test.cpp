// The resident kernels on the emulated group, in plain host memory, against the oracle; their plans; and their shuffles.
#include <cmath>
#include <limits>
#include <memory>
#include <utility>
#include <variant>
#include <vector>

#include "contract.h"
#include "cuda/resident/resident_kernel.h"
#include "cuda/resident/resident_shuffle.h"

namespace eigenstudent::test {

namespace {

using cuda::DeviceLimits;
using cuda::PlanChoice;
using cuda::ResidentJob;
using cuda::ResidentPlan;
using cuda::ResidentResult;

constexpr float nan = std::numeric_limits<float>::quiet_NaN();

/// A float32 student whose "device memory" is the host's.
class Resident {
 public:
  Resident(const StudentSpec& student, const std::vector<double>& parameters)
      : spec_(student),
        layout_(Graph(student.network).layout()),
        parameters_(parameters.begin(), parameters.end()) {
    first_moment_.assign(layout_.size(), 0);
    second_moment_.assign(layout_.size(), 0);
    counts_.assign(layout_.tensors().size(), 0);
  }

  /// The job of the steps up to `until`.
  ResidentJob job(std::uint64_t until) {
    const std::uint64_t steps = spec_.trainer->steps_per_epoch();
    order_.clear();
    for (std::uint64_t epoch = result_.step / steps; epoch * steps < until; ++epoch) {
      std::vector<std::uint32_t> shuffle;
      shuffle_epoch(*spec_.trainer, epoch, shuffle);
      order_.insert(order_.end(), shuffle.begin(), shuffle.end());
    }
    const Samples<float>& data = spec_.trainer->data->as<float>();
    ResidentJob job{};
    job.parameters = parameters_.data();
    job.first_moment = first_moment_.data();
    job.second_moment = spec_.trainer->optimizer.moments() == 2 ? second_moment_.data() : nullptr;
    job.update_count = counts_.data();
    job.inputs = data.inputs.data();
    job.targets = data.targets.empty() ? nullptr : data.targets.data();
    job.classes = data.classes.empty() ? nullptr : data.classes.data();
    job.order = order_.data();
    job.phases = spec_.trainer->phases.data();
    job.phase_count = static_cast<std::uint32_t>(spec_.trainer->phases.size());
    job.result = &result_;
    job.first_step = result_.step;
    job.until_step = until;
    job.samples = static_cast<std::uint32_t>(spec_.trainer->data->samples);
    job.batch = static_cast<std::uint32_t>(spec_.trainer->batch());
    job.optimizer = spec_.trainer->optimizer;
    job.learning_rate = spec_.trainer->learning_rate;
    return job;
  }

  void run(const ResidentPlan& plan, std::uint64_t until) {
    const ResidentJob one = job(until);
    cuda::run_emulated(plan.shape(1), cuda::ResidentKernel{plan, &one});
  }

  /// As a checkpoint holds it.
  State state() const {
    State state{
        {parameters_.begin(), parameters_.end()}, {first_moment_.begin(), first_moment_.end()}, {}, {}};
    if (spec_.trainer->optimizer.moments() == 2)
      state.second_moment = {second_moment_.begin(), second_moment_.end()};
    state.counters = {result_.step, counts_};
    return state;
  }
  const ResidentResult& result() const { return result_; }
  const StudentSpec& spec() const { return spec_; }

 private:
  StudentSpec spec_;
  ParameterLayout layout_;
  std::vector<float> parameters_, first_moment_, second_moment_;
  std::vector<std::uint64_t> counts_;
  std::vector<std::uint32_t> order_;
  ResidentResult result_{0, nan, 0};
};

ResidentPlan planned(const StudentSpec& student, const PlanChoice& choice = {}) {
  const auto plan = cuda::plan_resident(chain_in(student), student.trainer->batch(), DeviceLimits{}, choice);
  if (const std::string* reason = std::get_if<std::string>(&plan)) throw Error("no_plan", *reason);
  return std::get<ResidentPlan>(plan);
}

std::string words_for(const ResidentPlan& plan) {
  return std::to_string(plan.ranks) + " ranks of " + std::to_string(plan.threads) + " threads, chunks of " +
         std::to_string(plan.rows);
}

/// Trains `steps` steps under the plan and requires the oracle's numbers.
template <class Make>
void require_oracle(const Make& make, const PlanChoice& choice, std::uint64_t epochs, std::uint32_t part,
                    double tolerance) {
  const StudentSpec student = make(DType::float32);
  const ResidentPlan plan = planned(student, choice);
  const Context context(describe(student) + "; " + words_for(plan));
  const std::vector<double> parameters = make_parameters(student.network, part);
  Resident resident(student, parameters);
  Subject oracle(*make_reference_backend(), DType::float64, {make(DType::float64)});
  oracle.set_parameters(0, parameters);
  resident.run(plan, epochs * student.trainer->steps_per_epoch());
  oracle.run(epochs);
  const State got = resident.state(), expected = oracle.state(0);
  require_same_tensors(student.network, got.parameters, expected.parameters, tolerance);
  require_same_tensors(student.network, got.first_moment, expected.first_moment, tolerance);
  if (student.trainer->optimizer.moments() == 2)
    require_same_tensors(student.network, got.second_moment, expected.second_moment, tolerance);
  REQUIRE(got.counters.step == epochs * student.trainer->steps_per_epoch());
  REQUIRE(got.counters.update_count == expected.counters.update_count);
  const double loss = oracle.population().progress(0).batch_loss;
  REQUIRE_CLOSE(resident.result().batch_loss, loss, tolerance * std::max(1., loss));
}

/// The paper's student, with 1 000 patterns.
StudentSpec paper_student(std::size_t width, DType dtype) {
  Chain network;
  ChainLayer hidden = spectral_layer(10, width, Activation::relu);
  hidden.tensor(TensorRole::matrix).l2 = 0.01;
  hidden.tensor(TensorRole::eigenvalues_in) = frozen();
  hidden.tensor(TensorRole::eigenvalues_out).l2 = 5e-4;
  ChainLayer sum = dense_layer(20, 1, Activation::linear);
  sum.tensor(TensorRole::matrix) = frozen();
  network.layers = {hidden, dense_layer(width, 20, Activation::relu), sum};
  StudentSpec student = make_student(network, dtype, 1000, 5);
  student.trainer->batch_size = 300;
  student.trainer->optimizer.kind = OptimizerKind::adam;
  student.trainer->optimizer.epsilon =
      1e-2;  // as in odd_student: else rounding noise decides the first updates
  student.trainer->learning_rate.base = 0.005;
  return student;
}

/// Narrow and wide layers in turn, so that sums cross ranks on the way up and on the way down.
StudentSpec deep_student(Activation activation, LossKind loss, DType dtype) {
  Chain network;
  network.layers = {spectral_layer(5, 37, activation), spectral_layer(37, 6, activation),
                    dense_layer(6, 41, activation), spectral_layer(41, 3, activation)};
  for (ChainLayer& layer : network.layers) layer.tensor(TensorRole::bias) = trained(1e-3, 1e-3);
  if (activation == Activation::quadratic)  // z^16 would overflow
    network.layers[1].activation = network.layers[3].activation = Activation::tanh;
  network.layers[1].tensor(TensorRole::matrix).l1 = 1e-3;
  network.loss = loss;
  StudentSpec student = make_student(network, dtype, 45, static_cast<std::uint32_t>(activation) + 1);
  student.trainer->batch_size = 19;
  student.trainer->optimizer.momentum = 0.9;
  return student;
}

constexpr PlanChoice narrow_choices[] = {{1, 64, 0}, {2, 64, 0}, {4, 128, 0}, {8, 64, 0}};

}  // namespace

TEST("resident: two epochs of training agree with the oracle at every pair of odd sizes") {
  for (std::size_t n = 0; n < odd_student_count; ++n)
    require_oracle([&](DType dtype) { return odd_student(n, dtype); }, {}, 2, static_cast<std::uint32_t>(n),
                   tolerance_of(DType::float32));
}

TEST("resident: students split over ranks and cut into chunks agree with the oracle") {
  std::size_t tried = 0;
  for (std::size_t n = 0; n < odd_student_count; n += 3) {
    const StudentSpec student = odd_student(n, DType::float32);
    for (const PlanChoice& fixed : narrow_choices) {
      PlanChoice choice = fixed;
      if (student.trainer->batch() > 8)
        choice.rows = 4 * static_cast<int>((student.trainer->batch() / 2 + 3) / 4);
      const auto plan =
          cuda::plan_resident(chain_in(student), student.trainer->batch(), DeviceLimits{}, choice);
      if (std::holds_alternative<std::string>(plan)) continue;  // too large, or nothing to split
      ++tried;
      require_oracle([&](DType dtype) { return odd_student(n, dtype); }, choice, 1,
                     static_cast<std::uint32_t>(n), tolerance_of(DType::float32));
    }
  }
  REQUIRE(tried > odd_student_count / 3 * 2);
}

TEST("resident: every activation and loss agrees with the oracle, on one rank and on several") {
  for (int a = 0; a < activation_count; ++a)
    for (const LossKind loss : {LossKind::mse, LossKind::softmax_cross_entropy})
      for (const PlanChoice& choice : narrow_choices)
        require_oracle([&](DType dtype) { return deep_student(static_cast<Activation>(a), loss, dtype); },
                       choice, 2, 7,
                       // Twice that of two layers: four of them, quadratic ones among them, and six steps.
                       2 * tolerance_of(DType::float32));
}

TEST("resident: the paper's students agree with the oracle in an H200's plans") {
  for (const std::size_t width : {10, 20, 200, 500, 1500})
    require_oracle([&](DType dtype) { return paper_student(width, dtype); }, {}, 1, 3,
                   tolerance_of(DType::float32));
}

TEST("resident: a run in pieces is the run in one, bit for bit") {
  for (const std::size_t n : {2, 6, 11, 19, 28, 30}) {
    const StudentSpec student = odd_student(n, DType::float32);
    const Context context(describe(student));
    const std::vector<double> parameters = make_parameters(student.network, 1);
    Resident whole(student, parameters), pieces(student, parameters);
    const ResidentPlan plan = planned(student);
    whole.run(plan, 41);
    for (const std::uint64_t until : {1, 3, 4, 20, 40, 41}) pieces.run(plan, until);
    REQUIRE(whole.state() == pieces.state());
    REQUIRE(whole.result().batch_loss == pieces.result().batch_loss);
  }
}

TEST("resident: a student whose loss is not finite stops before that step, and the others go on") {
  for (const int ranks : {1, 2}) {
    const StudentSpec student = paper_student(33, DType::float32);
    StudentSpec broken = student;
    broken.trainer->optimizer.kind = OptimizerKind::sgd;
    broken.trainer->learning_rate.base = 1e5;
    const std::vector<double> parameters = make_parameters(student.network, 1);
    Resident alone(student, parameters), neighbour(student, parameters), fatal(broken, parameters);
    const ResidentPlan plan = planned(student, {ranks, 0, 0});
    alone.run(plan, 8);
    const ResidentJob jobs[] = {fatal.job(8), neighbour.job(8)};
    cuda::run_emulated(plan.shape(2), cuda::ResidentKernel{plan, jobs});
    REQUIRE(neighbour.state() == alone.state());
    REQUIRE(neighbour.result().step == 8 && !neighbour.result().diverged);
    REQUIRE(fatal.result().diverged && fatal.result().step > 0 && fatal.result().step < 8);
    REQUIRE(std::isfinite(fatal.result().batch_loss));
    Resident before(broken, parameters);
    before.run(plan, fatal.result().step);
    REQUIRE(before.state() == fatal.state());
  }
}

TEST("resident: a student with nothing to train still has losses") {
  StudentSpec student = paper_student(20, DType::float32);
  Chain network = chain_in(student);
  for (ChainLayer& layer : network.layers)
    for (ChainTensor& tensor : layer.tensors) tensor.trainable = false;
  student.network = network;
  const std::vector<double> parameters = make_parameters(student.network, 1);
  Resident resident(student, parameters);
  resident.run(planned(student), 3);
  REQUIRE(resident.state().parameters == parameters);
  REQUIRE(std::isfinite(resident.result().batch_loss) && resident.result().step == 3);
}

namespace {

/// Requires that the device draws the permutations of `epochs` epochs; returns how many draws had to be repeated.
std::size_t require_shuffles(std::uint64_t seed, std::uint32_t samples, std::uint32_t epochs) {
  std::vector<std::uint32_t> order(std::size_t{samples} * epochs, 0xffffffffu), expected(samples);
  const cuda::ShuffleJob job{seed, 3, 5, epochs, samples, order.data()};
  const std::uint32_t in_shared = samples <= cuda::most_short_samples ? samples : 0;
  cuda::run_emulated({epochs + 1, 1, cuda::shuffle_threads, cuda::ShuffleShared::bytes(in_shared)},
                     cuda::ShuffleKernel{&job, epochs + 1, in_shared});
  std::size_t repeated = 0;
  for (std::uint32_t epoch = 0; epoch < epochs; ++epoch) {
    const Stream stream{seed, 3, Purpose::shuffle, 5 + epoch};
    fill_permutation(stream, expected.data(), samples);
    REQUIRE(std::equal(expected.begin(), expected.end(), order.begin() + std::size_t{samples} * epoch));
    std::uint32_t word = 0, drawn;
    for (std::uint32_t left = samples; left > 1; --left)
      while (!cuda::draw_below(cuda::word_at(stream, word++), left, drawn)) ++repeated;
  }
  return repeated;
}

}  // namespace

TEST("resident: shuffles are the host's, also where a draw is repeated") {
  for (const std::uint32_t samples : {1u, 2u, 3u, 127u, 128u, 129u, 257u, 8000u})
    require_shuffles(11, samples, 3);
  REQUIRE(require_shuffles(12, 65536, 8) > 0);
  require_shuffles(13, 65537, 2);
}

}  // namespace eigenstudent::test
