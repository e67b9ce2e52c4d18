// The bookkeeping of students whose state lives in host memory: specs, layouts, state blocks, counters,
// progress, and the checks of arguments. A backend that derives from it adds only arithmetic and scheduling.
#pragma once

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "core/backend.h"
#include "core/chain.h"
#include "core/errors.h"

namespace eigenstudent {

template <class T>
inline constexpr DType dtype_of = sizeof(T) == sizeof(float) ? DType::float32 : DType::float64;

/// Derived classes implement: run, evaluate, predict, pruning_curve, gradient, bytes.
template <class T>
class HostPopulation : public Population {
 public:
  std::size_t size() const override { return members_.size(); }
  const Graph& network(std::size_t student) const override { return member(student).network; }
  Progress progress(std::size_t student) const override {
    Progress progress = member(student).progress;
    progress.seconds_trained = member(student).seconds_trained;
    return progress;
  }

  void set_data(std::size_t student, DatasetPtr data) override {
    Member& m = member(student);
    if (!m.spec.trainer || !m.spec.trainer->stream)
      throw Error("invalid_argument",
                  "student " + std::to_string(student) +
                      ": expected a student of a stream for other data, got one of fixed data");
    Trainer changed = *m.spec.trainer;
    changed.data = std::move(data);
    validate(changed, m.network, m.spec.objective, dtype_of<T>);
    m.spec.trainer->data = changed.data;
    if (m.state.place.position > 0) m.state.place = {m.state.place.epoch + 1, 0};
    m.progress.epoch = m.state.place.epoch;
  }

  /// to: [layout.size()] of T; nothing is written for a second moment that the optimiser does not keep.
  void read(std::size_t student, StateBlock block, void* to) const override {
    const std::vector<T>& from = block_of(member(student).state, block);
    std::copy(from.begin(), from.end(), static_cast<T*>(to));
  }
  /// from: [layout.size()] of T.
  void write(std::size_t student, StateBlock block, const void* from) override {
    std::vector<T>& to = block_of(member(student).state, block);
    const T* values = static_cast<const T*>(from);
    std::copy(values, values + to.size(), to.begin());
  }

  Counters counters(std::size_t student) const override {
    const StudentState<T>& state = member(student).state;
    return {state.step, state.update_count, state.place};
  }
  /// Progress follows the step; a divergence is cleared, so that a student with corrected parameters trains
  /// again.
  void set_counters(std::size_t student, const Counters& counters) override {
    Member& m = member(student);
    if (!m.spec.trainer)
      throw Error("invalid_argument",
                  "student " + std::to_string(student) +
                      ": expected a student with a trainer, got one that is only evaluated");
    if (counters.update_count.size() != m.network.layout().tensors().size())
      throw Error("invalid_argument", "student " + std::to_string(student) + ": expected update counts for " +
                                          std::to_string(m.network.layout().tensors().size()) +
                                          " tensors, got " + std::to_string(counters.update_count.size()) +
                                          "; the state was saved by another network");
    if (counters.place) check_place(student, *counters.place);
    m.state.step = counters.step;
    m.state.place = counters.place ? *counters.place : place_after(*m.spec.trainer, counters.step);
    m.state.update_count = counters.update_count;
    m.progress = progress_at(m);
    m.publish_step();
  }
  std::optional<std::uint64_t> steps_now(std::size_t student) const override {
    return member(student).steps_now->load(std::memory_order_relaxed);
  }

 protected:
  /// On a cache line of its own: each student's thread writes its own after every step.
  struct alignas(64) PublishedStep : std::atomic<std::uint64_t> {
    using std::atomic<std::uint64_t>::atomic;
  };
  struct Member {
    StudentSpec spec;
    Graph network;
    std::optional<Chain> chain;  // the network as a chain, where a fused path trains it
    StudentState<T> state;
    Progress progress;
    double seconds_trained = 0;  // see Progress
    /// state.step for other threads.
    std::unique_ptr<PublishedStep> steps_now = std::make_unique<PublishedStep>(0);

    void publish_step() { steps_now->store(state.step, std::memory_order_relaxed); }
  };

  /// Which class holds a student's parameters and moments. `derived`: the blocks of `state` stay empty, and
  /// read() and write() are overridden.
  enum class BlockOwner : std::uint8_t { base, derived };

  /// Checks every student (see validate(StudentSpec)); parameters, moments and counters start at zero.
  /// chains: which class holds the blocks of students that a fused path trains.
  explicit HostPopulation(PopulationSpec&& spec, BlockOwner chains = BlockOwner::base) {
    if (spec.students.empty())
      throw Error("invalid_argument", "a population needs at least one student, got none");
    members_.reserve(spec.students.size());
    for (std::size_t i = 0; i < spec.students.size(); ++i) {
      try {
        Graph network(spec.students[i].network);
        validate(spec.students[i], network, dtype_of<T>);
        add_member(std::move(spec.students[i]), std::move(network), chains, spec.general);
      } catch (const Error& error) {
        throw Error(error.code(), "student " + std::to_string(i) + ": " + error.what());
      }
    }
  }

  /// Whether the student has work left: not diverged, and short of `until_epoch` completed epochs.
  static bool wants_step(const Member& m, std::uint64_t until_epoch) {
    if (!m.spec.trainer && until_epoch > 0)
      throw Error("invalid_argument", "expected a student with a trainer, got one that is only evaluated");
    return !m.progress.divergence && m.state.place.epoch < until_epoch;
  }
  /// Counts steps that have been applied; batch_loss is the last one's.
  static void after_step(Member& m, double batch_loss, std::uint64_t steps = 1) {
    m.state.step += steps;
    m.state.place = advanced(*m.spec.trainer, m.state.place, steps);
    m.progress = progress_at(m);
    m.progress.batch_loss = batch_loss;
    m.publish_step();
  }
  /// One step of a student whose steps a GraphStudent (executor/graph_student.h) makes.
  template <class Student>
  static void train_step(Member& m, Student& student) {
    const auto step = student.train();
    if (step.applied()) return after_step(m, step.loss);
    diverged(m, step.layer,
             learning_rate_at(m.spec.trainer->learning_rate, m.state.step, m.spec.trainer->clock()));
  }
  /// Records a step that has not been applied because its batch loss was not finite. The student never trains
  /// again; batch_loss stays that of the last step that was applied.
  static void diverged(Member& m, int layer, double learning_rate) {
    m.progress.divergence = Divergence{m.state.step, layer, learning_rate};
  }

  Member& member(std::size_t student) {
    check_student(student);
    return members_[student];
  }
  const Member& member(std::size_t student) const {
    check_student(student);
    return members_[student];
  }

  void check_place(std::size_t student, const EpochPlace& place) const {
    const Trainer& trainer = *members_[student].spec.trainer;
    if (place.position % trainer.batch() == 0 && place.position < trainer.samples()) return;
    throw Error("invalid_argument",
                "student " + std::to_string(student) + ": expected a position in its " +
                    std::to_string(trainer.samples()) + " samples, a multiple of the batch of " +
                    std::to_string(trainer.batch()) + ", got " + std::to_string(place.position));
  }

  // Checks for the calls that a backend implements; each throws Error with the expected and the received value.
  void check_student(std::size_t student) const {
    if (student >= members_.size())
      throw Error("invalid_argument", "expected a student from 0 to " + std::to_string(members_.size() - 1) +
                                          ", got " + std::to_string(student));
  }
  /// `what` names the argument; one entry per student is expected.
  void check_count(std::size_t count, const char* what) const {
    if (count != members_.size())
      throw Error("invalid_argument", std::string(what) + ": expected one entry for each of the " +
                                          std::to_string(members_.size()) + " students, got " +
                                          std::to_string(count));
  }
  /// The arguments of evaluate(), [sets][students] each.
  void check_questions(std::span<const DatasetPtr> data, std::span<const Evaluation> results) const {
    if (data.empty() || data.size() % members_.size() != 0)
      throw Error("invalid_argument",
                  "data: expected one entry for each of the " + std::to_string(members_.size()) +
                      " students, or that several times over, got " + std::to_string(data.size()));
    if (results.size() != data.size())
      throw Error("invalid_argument", "results: expected one entry for each of the " +
                                          std::to_string(data.size()) + " of data, got " +
                                          std::to_string(results.size()));
    for (std::size_t q = 0; q < data.size(); ++q)
      if (data[q]) check_data(q % members_.size(), *data[q], true);
  }
  void check_data(std::size_t student, const Dataset& data, bool needs_targets) const {
    check_fits(data, member(student).network, member(student).spec.objective, dtype_of<T>, needs_targets);
  }
  void check_pruning(std::size_t student, std::size_t layer, std::span<const std::uint32_t> removal_order,
                     const Dataset& data, std::span<double> losses,
                     std::span<const std::uint32_t> points) const {
    check_data(student, data, true);
    check_removal_order(member(student).network, layer, removal_order);
    if (losses.size() != removal_order.size() + 1)
      throw Error("invalid_argument", "losses: expected room for " +
                                          std::to_string(removal_order.size() + 1) + " values, got " +
                                          std::to_string(losses.size()));
    for (const std::uint32_t point : points)
      if (point > removal_order.size())
        throw Error("invalid_argument", "points: expected numbers of kept nodes from 0 to " +
                                            std::to_string(removal_order.size()) + ", got " +
                                            std::to_string(point));
  }

  std::vector<Member> members_;

 private:
  template <class State>  // const or not
  static auto& block_of(State& state, StateBlock block) {
    switch (block) {
      case StateBlock::first_moment:
        return state.first_moment;
      case StateBlock::second_moment:
        return state.second_moment;
      case StateBlock::buffers:
        return state.buffers;
      case StateBlock::parameters:
        break;
    }
    return state.parameters;
  }

  static Progress progress_at(const Member& m) {
    Progress progress;
    progress.step = m.state.step;
    progress.epoch = m.state.place.epoch;
    progress.batch_loss = std::numeric_limits<double>::quiet_NaN();
    return progress;
  }

  void add_member(StudentSpec&& spec, Graph&& network, BlockOwner chains, bool general) {
    const ParameterLayout& layout = network.layout();
    StudentState<T> state;
    std::optional<Chain> chain = general ? std::nullopt : chain_of(spec);
    const std::size_t held = chain && chains == BlockOwner::derived ? 0 : layout.size();
    state.parameters.assign(held, T(0));
    if (spec.moments() > 0) state.first_moment.assign(held, T(0));
    if (spec.moments() == 2) state.second_moment.assign(held, T(0));
    for (const Buffer& buffer : layout.buffers())
      state.buffers.insert(state.buffers.end(), buffer.description.size(),
                           static_cast<T>(buffer.description.initial));
    state.update_count.assign(layout.tensors().size(), 0);
    members_.push_back({std::move(spec), std::move(network), std::move(chain), std::move(state), {}, 0});
    members_.back().progress = progress_at(members_.back());
  }
};

}  // namespace eigenstudent
