#include "cuda/population/cuda_population.h"

#include <algorithm>
#include <exception>
#include <numeric>
#include <thread>

#include "core/penalty.h"
#include "executor/divergence.h"
#include "executor/hessian_product.h"

namespace eigenstudent::cuda {

CudaPopulation::CudaPopulation(PopulationSpec&& spec, std::vector<std::unique_ptr<Device>> devices,
                               bool resident)
    : HostPopulation<float>(std::move(spec)), places_(members_.size()) {
  deal(std::move(devices), resident);
  for (const auto& worker : workers_) worker->check_memory();
}

/// Largest first to the device with the least work, so that no device is still busy when all others have finished.
void CudaPopulation::deal(std::vector<std::unique_ptr<Device>> devices, bool resident) {
  const auto work = [&](std::size_t i) {
    return static_cast<double>(members_[i].network.layout().size()) *
           static_cast<double>(members_[i].spec.batch());
  };
  std::vector<std::size_t> order(members_.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return work(a) > work(b); });
  std::vector<double> load(devices.size(), 0);
  std::vector<std::vector<DeviceMember>> dealt(devices.size());
  for (const std::size_t i : order) {
    const auto least = static_cast<std::size_t>(std::min_element(load.begin(), load.end()) - load.begin());
    places_[i] = {least, dealt[least].size()};
    dealt[least].push_back(
        {i, &members_[i].spec, &*members_[i].chain, &members_[i].network.layout(), &members_[i].state});
    load[least] += work(i);
  }
  for (std::size_t d = 0; d < devices.size(); ++d)
    workers_.push_back(std::make_unique<DeviceWorker>(std::move(devices[d]), std::move(dealt[d]), resident));
}

template <class Work>
auto CudaPopulation::guarded(const Work& work) const {
  if (failure_) throw Error("cuda_failed", *failure_ + "; this population cannot go on: dispose of it");
  try {
    return work();
  } catch (const Error& error) {
    if (error.code() == "cuda_failed") failure_ = error.what();
    throw;
  }
}

void CudaPopulation::on_every_device(const std::function<void(std::size_t)>& work) {
  std::vector<std::exception_ptr> thrown(workers_.size());
  const auto caught = [&](std::size_t w) {
    try {
      work(w);
    } catch (...) {
      thrown[w] = std::current_exception();
    }
  };
  std::vector<std::thread> threads;
  threads.reserve(workers_.size());
  for (std::size_t w = 1; w < workers_.size(); ++w) {
    try {
      threads.emplace_back(caught, w);
    } catch (...) {  // the system cannot create a thread: the running ones are joined all the same
      thrown[w] = std::current_exception();
    }
  }
  caught(0);
  for (std::thread& thread : threads) thread.join();
  for (const std::exception_ptr& exception : thrown)
    if (exception) std::rethrow_exception(exception);
}

Execution CudaPopulation::execution(std::size_t student) const {
  check_student(student);
  return worker_of(student).execution(places_[student].member);
}

void CudaPopulation::run(std::span<const std::uint64_t> until_epoch, const StopFlag& stop) {
  check_count(until_epoch.size(), "untilEpoch");
  std::vector<std::vector<std::uint64_t>> until_step(workers_.size());
  for (std::size_t w = 0; w < workers_.size(); ++w) until_step[w].resize(workers_[w]->size(), 0);
  for (std::size_t i = 0; i < size(); ++i)
    if (wants_step(members_[i], until_epoch[i]))
      until_step[places_[i].worker][places_[i].member] =
          until_epoch[i] * members_[i].spec.trainer->steps_per_epoch();
  guarded([&] {
    on_every_device([&](std::size_t w) {
      workers_[w]->run(until_step[w], stop, [&](const StepsDone& done) { count_steps(w, done); });
    });
  });
}

void CudaPopulation::count_steps(std::size_t worker, const StepsDone& done) {
  const std::size_t student = workers_[worker]->member(done.member).student;
  Member& m = members_[student];
  m.seconds_trained += done.seconds;
  if (done.applied > 0) after_step(m, done.batch_loss, done.applied);
  if (done.halted)
    diverged(
        m, find_divergence(student),
        learning_rate_at(m.spec.trainer->learning_rate, m.state.step, m.spec.trainer->steps_per_epoch()));
}

/// The layer where the batch of the student's next step stops being finite.
int CudaPopulation::find_divergence(std::size_t student) {
  const Member& m = members_[student];
  std::vector<float> parameters(m.network.layout().size());
  worker_of(student).read(places_[student].member, StateBlock::parameters, parameters.data());
  const BatchPlace place = batch_place(*m.spec.trainer, m.state.place);
  std::vector<std::uint32_t> order;
  shuffle_epoch(*m.spec.trainer, place.epoch, order);
  const Dataset& data = *m.spec.trainer->data;
  std::vector<float> x;
  for (std::size_t r = 0; r < place.count; ++r) {
    const float* row = data.float32.inputs.data() + order[place.first + r] * data.input_count;
    x.insert(x.end(), row, row + data.input_count);
  }
  return first_nonfinite_layer(m.network, parameters.data(), x.data(), place.count);
}

void CudaPopulation::evaluate(std::span<const DatasetPtr> data, std::span<Evaluation> results,
                              const StopFlag& stop, Statistics /*statistics*/) {
  check_questions(data, results);
  guarded([&] { on_every_device([&](std::size_t w) { evaluate_on(w, data, results, stop); }); });
}

void CudaPopulation::evaluate_on(std::size_t worker, std::span<const DatasetPtr> data,
                                 std::span<Evaluation> results, const StopFlag& stop) {
  std::vector<std::size_t> requests, members;
  std::vector<DatasetPtr> sets;
  for (std::size_t q = 0; q < data.size(); ++q) {
    const auto& place = places_[q % size()];
    if (!data[q] || place.worker != worker) continue;
    requests.push_back(q);
    members.push_back(place.member);
    sets.push_back(data[q]);
  }
  std::vector<Evaluation> found(requests.size());
  workers_[worker]->evaluate(members, sets, found, stop);
  for (std::size_t i = 0; i < requests.size(); ++i) results[requests[i]] = found[i];
}

void CudaPopulation::predict(std::size_t student, const Dataset& data, void* outputs,
                             Statistics /*statistics*/) {
  check_data(student, data, false);
  guarded([&] { worker_of(student).predict(places_[student].member, data, static_cast<float*>(outputs)); });
}

void CudaPopulation::pruning_curve(std::size_t student, std::size_t layer,
                                   std::span<const std::uint32_t> removal_order, const Dataset& data,
                                   std::span<double> losses, const StopFlag& stop, Statistics /*statistics*/,
                                   std::span<const std::uint32_t> points) {
  check_pruning(student, layer, removal_order, data, losses, points);
  guarded([&] {
    worker_of(student).pruning_curve(places_[student].member, layer, removal_order, data, losses, stop);
  });
}

void CudaPopulation::set_data(std::size_t student, DatasetPtr) {
  check_student(student);
  refuse_streams(student, true);
}

/// On the host.
void CudaPopulation::hessian_product(std::size_t student, const Dataset& data, const void* direction,
                                     void* product, Statistics statistics) {
  const Objective& objective = member(student).spec.objective;
  eigenstudent::hessian_product(*this, student, objective, DType::float32, data, statistics, direction,
                                product);
}

Losses CudaPopulation::gradient(std::size_t student, const Dataset& data, void* gradient,
                                const GradientOptions& options) {
  check_data(student, data, true);
  refuse_input_gradients(options);
  const Member& m = member(student);
  std::vector<float> parameters(m.network.layout().size());
  read(student, StateBlock::parameters, parameters.data());
  const double data_loss = guarded([&] {
    return worker_of(student).gradient(places_[student].member, data, static_cast<float*>(gradient));
  });
  return {data_loss, penalty_of(m.network.layout(), parameters.data())};
}

void CudaPopulation::read(std::size_t student, StateBlock block, void* to) const {
  check_student(student);
  guarded([&] {
    // a chain has no buffers, wherever it is
    if (block == StateBlock::buffers || !worker_of(student).is_on_device(places_[student].member))
      HostPopulation<float>::read(student, block, to);
    else
      worker_of(student).read(places_[student].member, block, static_cast<float*>(to));
  });
}

void CudaPopulation::write(std::size_t student, StateBlock block, const void* from) {
  check_student(student);
  guarded([&] {
    if (block == StateBlock::buffers || !worker_of(student).is_on_device(places_[student].member))
      HostPopulation<float>::write(student, block, from);
    else
      worker_of(student).write(places_[student].member, block, static_cast<const float*>(from));
  });
}

std::size_t CudaPopulation::bytes() const {
  std::size_t total = 0;
  for (const auto& m : members_)
    total += sizeof(float) *
             (m.state.parameters.size() + m.state.first_moment.size() + m.state.second_moment.size());
  for (const auto& worker : workers_) total += worker->bytes();
  return total;
}

}  // namespace eigenstudent::cuda
