#include "cpu/population.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>
#include <numeric>

#include "core/penalty.h"
#include "executor/divergence.h"

namespace eigenstudent::cpu {
namespace {

/// Samples that one task evaluates: long enough to hide the packing of the weights, short enough to share a
/// data set of 10 000 among a few cores. Part of the result's definition: sums are formed chunk by chunk.
constexpr std::size_t chunk_samples = 2048;
constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();

/// The layer where a batch with a non-finite loss stops being finite; parameters in public order.
template <class T>
int find_divergence(const Trainer& trainer, const Graph& network, const std::vector<T>& parameters,
                    Batch batch) {
  const Dataset& data = *trainer.data;
  std::vector<T> x;
  for (std::size_t r = 0; r < batch.count; ++r) {
    const T* row = data.as<T>().inputs.data() + batch.sample(r) * data.input_count;
    x.insert(x.end(), row, row + data.input_count);
  }
  return first_nonfinite_layer(network, parameters.data(), x.data(), batch.count);
}

}  // namespace

template <class T>
CpuPopulation<T>::CpuPopulation(PopulationSpec&& spec, const Kernels<T>& kernels)
    : HostPopulation<T>(std::move(spec), HostPopulation<T>::BlockOwner::derived),
      pool_(spec.threads > 0 ? spec.threads : available_cores()),
      shared_{Workspace<T>(kernels), {}, {}} {
  for (unsigned i = 0; i < pool_.size(); ++i) workers_.push_back({Workspace<T>(kernels), {}, {}});
  students_.reserve(this->size());
  for (std::size_t i = 0; i < this->size(); ++i) {
    const Member& m = this->members_[i];
    if (m.chain)
      students_.push_back(std::make_unique<PackedStudent<T>>(*m.chain, m.network.layout(),
                                                             plan_for(i, kernels), m.spec.moments()));
    else
      students_.push_back(nullptr);
  }
}

template <class T>
std::shared_ptr<const Plan> CpuPopulation<T>::plan_for(std::size_t student, const Kernels<T>& kernels) const {
  const Chain& network = *this->members_[student].chain;
  const auto known = std::find_if(students_.begin(), students_.end(),
                                  [&](const auto& other) { return other && other->network() == network; });
  if (known != students_.end()) return (*known)->shared_plan();
  return std::make_shared<const Plan>(Plan::make(network, kernels));
}

template <class T>
void CpuPopulation<T>::read(std::size_t student, StateBlock block, void* to) const {
  this->check_student(student);
  if (is_general(student) || block == StateBlock::buffers) return HostPopulation<T>::read(student, block, to);
  students_[student]->read(block, static_cast<T*>(to));
}

template <class T>
void CpuPopulation<T>::write(std::size_t student, StateBlock block, const void* from) {
  this->check_student(student);
  if (is_general(student) || block == StateBlock::buffers)
    return HostPopulation<T>::write(student, block, from);
  students_[student]->write(block, static_cast<const T*>(from));
}

template <class T>
std::vector<T> CpuPopulation<T>::parameters(std::size_t student) const {
  std::vector<T> values(students_[student]->layout().size());
  students_[student]->read(StateBlock::parameters, values.data());
  return values;
}

template <class T>
void CpuPopulation<T>::set_stop_flag(const StopFlag& stop) {
  shared_.workspace.set_parallel_loop(ParallelLoop(pool_, stop));
  for (Worker& worker : workers_) worker.workspace.set_parallel_loop(ParallelLoop(stop));
}

template <class T>
void CpuPopulation<T>::for_students(const std::vector<std::size_t>& students, const StopFlag& stop,
                                    const std::function<void(Worker&, std::size_t)>& task) {
  std::vector<std::size_t> narrow;
  set_stop_flag(stop);
  const auto general =
      std::count_if(students.begin(), students.end(), [&](std::size_t i) { return is_general(i); });
  const bool too_few = static_cast<std::size_t>(general) < pool_.size();
  for (const std::size_t i : students) {
    if (is_wide_student(i) || (is_general(i) && too_few))
      task(shared_, i);
    else
      narrow.push_back(i);
  }
  pool_.run(narrow.size(),
            [&](unsigned worker, std::size_t index) { task(workers_[worker], narrow[index]); });
}

template <class T>
void CpuPopulation<T>::run(std::span<const std::uint64_t> until_epoch, const StopFlag& stop) {
  this->check_count(until_epoch.size(), "untilEpoch");
  const auto work = [&](std::size_t i) {  // remaining work of a student, in parameters x samples
    const Member& m = this->members_[i];
    const std::uint64_t epoch = m.state.place.epoch;
    const std::uint64_t left = m.spec.trainer && until_epoch[i] > epoch
                                   ? (until_epoch[i] - epoch) * m.spec.trainer->steps_per_epoch()
                                   : 0;
    return static_cast<double>(left) * static_cast<double>(m.network.layout().size() * m.spec.batch());
  };
  std::vector<std::size_t> order(this->size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  // Largest first, so that no thread is still working on a long student when all others have finished.
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return work(a) > work(b); });
  for_students(order, stop, [&](Worker& worker, std::size_t i) {
    const auto start = std::chrono::steady_clock::now();
    if (is_general(i))
      train_general(i, until_epoch[i], worker, stop);
    else
      train(i, until_epoch[i], worker, stop);
    const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - start;
    this->members_[i].seconds_trained += taken.count();
  });
}

template <class T>
void CpuPopulation<T>::train(std::size_t student, std::uint64_t until_epoch, Worker& worker,
                             const StopFlag& stop) {
  Member& m = this->members_[student];
  if (!this->wants_step(m, until_epoch) || stop.load(std::memory_order_relaxed)) return;
  const Trainer& trainer = *m.spec.trainer;
  const std::uint64_t clock = trainer.clock();
  Workspace<T>& workspace = worker.workspace;
  workspace.prepare(*students_[student], trainer.batch(), Workspace<T>::Use::training);
  const struct GiveBack {
    Workspace<T>& workspace;
    ~GiveBack() { workspace.give_back(); }
  } give_back_at_the_end{workspace};
  std::uint64_t shuffled = std::numeric_limits<std::uint64_t>::max();
  while (this->wants_step(m, until_epoch) && !stop.load(std::memory_order_relaxed)) {
    const std::uint64_t step = m.state.step;
    const BatchPlace place = batch_place(trainer, m.state.place);
    if (place.epoch != shuffled) shuffle_epoch(trainer, place.epoch, worker.order, kernels<T>().draw_blocks);
    shuffled = place.epoch;
    const std::uint8_t mask = phase_mask_at(trainer.phases, step, clock);
    const double rate = learning_rate_at(trainer.learning_rate, step, clock);
    const Batch batch{worker.order.data(), place.first, place.count};
    const double loss = workspace.accumulate_gradients(*trainer.data, batch, mask);
    if (workspace.interrupted()) break;  // the unfinished step has no effect
    if (!std::isfinite(loss)) {
      workspace.give_back();
      workspace.invalidate();
      this->diverged(m, find_divergence(trainer, m.network, parameters(student), batch), rate);
      return;
    }
    workspace.update(trainer.optimizer, rate, mask, m.state.update_count);
    this->after_step(m, loss);
  }
}

template <class T>
void CpuPopulation<T>::append_chunks(std::size_t student, std::size_t request, const Dataset& data,
                                     std::vector<Chunk>& chunks) {
  for (std::size_t first = 0; first < data.samples; first += chunk_samples)
    chunks.push_back(
        {student, request, &data, {nullptr, first, std::min(chunk_samples, data.samples - first)}});
}

template <class T>
void CpuPopulation<T>::for_chunks(const std::vector<Chunk>& chunks, const StopFlag& stop,
                                  const std::function<void(Workspace<T>&, std::size_t)>& task) {
  set_stop_flag(stop);
  const auto run = [&](Workspace<T>& workspace, std::size_t c) {
    if (stop.load(std::memory_order_relaxed)) return;
    workspace.prepare(*students_[chunks[c].student], chunk_samples, Workspace<T>::Use::evaluation);
    task(workspace, c);
  };
  std::vector<std::size_t> narrow;
  for (std::size_t c = 0; c < chunks.size(); ++c) {
    if (is_wide_student(chunks[c].student))
      run(shared_.workspace, c);
    else
      narrow.push_back(c);
  }
  pool_.run(narrow.size(),
            [&](unsigned worker, std::size_t index) { run(workers_[worker].workspace, narrow[index]); });
}

template <class T>
void CpuPopulation<T>::evaluate(std::span<const DatasetPtr> data, std::span<Evaluation> results,
                                const StopFlag& stop, Statistics statistics) {
  this->check_questions(data, results);
  std::vector<Chunk> chunks;
  for (std::size_t i = 0; i < this->size();
       ++i)  // all of a student's in a row, as its weights are formed once
    for (std::size_t q = i; q < data.size(); q += this->size())
      if (data[q] && !is_general(i)) append_chunks(i, q, *data[q], chunks);
  std::vector<Score> scores(chunks.size());
  for_chunks(chunks, stop, [&](Workspace<T>& workspace, std::size_t c) {
    scores[c] = workspace.evaluate(*chunks[c].data, chunks[c].batch, chunks[c].data->samples);
  });
  std::vector<std::size_t> correct(data.size(), 0);
  for (std::size_t q = 0; q < data.size(); ++q)
    if (data[q]) results[q] = {stop ? not_a_number : 0, not_a_number};
  for (std::size_t c = 0; c < chunks.size(); ++c) {
    const std::size_t q = chunks[c].request;
    results[q].loss += scores[c].loss;
    correct[q] += scores[c].correct;
    if (!data[q]->template as<T>().classes.empty() && !stop)
      results[q].accuracy = static_cast<double>(correct[q]) / static_cast<double>(data[q]->samples);
  }
  evaluate_general(data, results, statistics, stop);
}

template <class T>
void CpuPopulation<T>::predict(std::size_t student, const Dataset& data, void* outputs,
                               Statistics statistics) {
  this->check_data(student, data, false);
  if (is_general(student))
    return general_student(student, shared_).predict(data, statistics, static_cast<T*>(outputs));
  const std::size_t width = this->member(student).network.outputs();
  std::vector<Chunk> chunks;
  append_chunks(student, 0, data, chunks);
  const StopFlag never{false};
  for_chunks(chunks, never, [&](Workspace<T>& workspace, std::size_t c) {
    workspace.predict(data, chunks[c].batch, static_cast<T*>(outputs) + chunks[c].batch.first * width);
  });
}

template <class T>
void CpuPopulation<T>::pruning_curve(std::size_t student, std::size_t layer,
                                     std::span<const std::uint32_t> removal_order, const Dataset& data,
                                     std::span<double> losses, const StopFlag& stop, Statistics statistics,
                                     std::span<const std::uint32_t> points) {
  this->check_pruning(student, layer, removal_order, data, losses, points);
  if (is_general(student))
    return general_student(student, shared_)
        .pruning_curve(layer, removal_order, data, statistics, losses, stop, points);
  std::vector<Chunk> chunks;
  append_chunks(student, 0, data, chunks);
  std::vector<std::vector<double>> shares(chunks.size(), std::vector<double>(losses.size(), 0.0));
  for_chunks(chunks, stop, [&](Workspace<T>& workspace, std::size_t c) {
    workspace.pruning_losses(layer, removal_order, data, chunks[c].batch, data.samples, shares[c]);
  });
  std::fill(losses.begin(), losses.end(), stop ? not_a_number : 0.0);
  for (const std::vector<double>& share : shares)
    for (std::size_t k = 0; k < losses.size(); ++k) losses[k] += share[k];
}

template <class T>
Losses CpuPopulation<T>::gradient(std::size_t student, const Dataset& data, void* gradient,
                                  const GradientOptions& options) {
  this->check_data(student, data, true);
  if (is_general(student) || options.inputs)
    return general_gradient(student, data, static_cast<T*>(gradient), options);
  Losses losses;
  const Member& m = this->member(student);
  const StopFlag never{false};
  for_students({student}, never, [&](Worker& worker, std::size_t) {
    Workspace<T>& workspace = worker.workspace;
    workspace.prepare(*students_[student], data.samples, Workspace<T>::Use::gradients);
    losses.data = workspace.accumulate_gradients(data, {nullptr, 0, data.samples}, train_everything);
    workspace.read_gradient(static_cast<T*>(gradient));
    if (!std::isfinite(losses.data)) workspace.invalidate();
  });
  const std::vector<T> values = parameters(student);
  losses.penalty = penalty_of(m.network.layout(), values.data());
  return losses;
}

template <class T>
std::size_t CpuPopulation<T>::bytes() const {
  std::size_t total = 0;
  for (const auto& student : students_) total += student ? student->bytes() : 0;
  for (const Member& m : this->members_)
    total +=
        (m.state.parameters.size() + m.state.first_moment.size() + m.state.second_moment.size()) * sizeof(T);
  const auto held = [](const Worker& worker) {
    return worker.workspace.bytes() + worker.scratch.bytes() +
           worker.order.capacity() * sizeof(std::uint32_t);
  };
  for (const Worker& worker : workers_) total += held(worker);
  total += held(shared_);
  return total;
}

template class CpuPopulation<float>;
template class CpuPopulation<double>;

}  // namespace eigenstudent::cpu
