#include "reference/reference_backend.h"

#include <algorithm>
#include <chrono>
#include <limits>

#include "core/divergence.h"
#include "core/host_population.h"
#include "reference/network_pass.h"

namespace eigenstudent {

namespace reference {

namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

/// Rows taken through the network at once by evaluate, predict and pruning_curve. Arbitrary: keeps scratch
/// small.
constexpr std::size_t rows_at_once = 256;

template <class T>
class ReferencePopulation final : public HostPopulation<T> {
 public:
  explicit ReferencePopulation(PopulationSpec&& spec) : HostPopulation<T>(std::move(spec)) {}

  void run(std::span<const std::uint64_t> until_epoch, const StopFlag& stop) override {
    this->check_count(until_epoch.size(), "untilEpoch");
    for (std::size_t s = 0; s < this->size(); ++s) {
      Member& m = this->members_[s];
      const auto start = std::chrono::steady_clock::now();
      std::vector<std::uint32_t> order;
      while (!stop && this->wants_step(m, until_epoch[s])) train_batch(m, order);
      m.seconds_trained += std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    }
  }

  void evaluate(std::span<const DatasetPtr> data, std::span<Evaluation> results,
                const StopFlag& stop) override {
    this->check_questions(data, results);
    for (std::size_t q = 0; q < data.size(); ++q)
      if (data[q]) results[q] = answer(view(this->members_[q % this->size()]), *data[q], nullptr, stop);
  }

  void predict(std::size_t student, const Dataset& data, void* outputs) override {
    this->check_data(student, data, false);
    T* to = static_cast<T*>(outputs);
    for (std::size_t first = 0; first < data.samples; first += rows_at_once) {
      const Batch<T> batch = slice<T>(data, first, std::min(rows_at_once, data.samples - first));
      const Activity<T> activity = forward(view(this->member(student)), batch);
      to = std::copy(activity.y.back().begin(), activity.y.back().end(), to);
    }
  }

  void pruning_curve(std::size_t student, std::size_t layer, std::span<const std::uint32_t> removal_order,
                     const Dataset& data, std::span<double> losses, const StopFlag& stop) override {
    this->check_pruning(student, layer, removal_order, data, losses);
    const std::size_t nodes = removal_order.size();
    Gate gate{layer, std::vector<bool>(nodes, false)};
    for (std::size_t kept = 0; kept <= nodes; ++kept) {
      if (kept > 0) gate.kept[removal_order[nodes - kept]] = true;
      losses[kept] = answer(view(this->member(student)), data, &gate, stop).loss;
    }
  }

  void gradient(std::size_t student, const Dataset& data, void* gradient, double* data_loss,
                double* penalty_value) override {
    this->check_data(student, data, true);
    const auto& m = this->member(student);
    const Batch<T> batch = slice<T>(data, 0, data.samples);
    const Activity<T> activity = forward(view(m), batch);
    std::vector<T> delta(activity.y.back().size());
    *data_loss = loss(m.spec.network, batch, activity.y.back(), batch.rows, delta.data());
    std::vector<T> block = backward(view(m), batch, activity, delta);
    spectral_gradient(view(m), block);
    *penalty_value = penalty(view(m), block);
    std::copy(block.begin(), block.end(), static_cast<T*>(gradient));
  }

  std::size_t bytes() const override {
    std::size_t scalars = 0;
    for (const auto& m : this->members_)
      scalars += m.state.parameters.size() + m.state.first_moment.size() + m.state.second_moment.size();
    return scalars * sizeof(T);
  }

 private:
  using Member = typename HostPopulation<T>::Member;

  static NetworkView<T> view(const Member& m) {
    return {m.spec.network, m.layout, m.state.parameters.data()};
  }

  /// One step. order: the shuffle of the running epoch, renewed where an epoch starts and where it is empty.
  void train_batch(Member& m, std::vector<std::uint32_t>& order) {
    const BatchPlace place = batch_place(m.spec, m.state.step);
    if (place.first == 0 || order.empty()) shuffle_epoch(m.spec, place.epoch, order);
    const Batch<T> batch = gather<T>(*m.spec.data, order.data() + place.first, place.count);

    const Activity<T> activity = forward(view(m), batch);
    std::vector<T> delta(activity.y.back().size());
    const double batch_loss = loss(m.spec.network, batch, activity.y.back(), batch.rows, delta.data());
    if (!std::isfinite(batch_loss)) return rest(m, batch);
    std::vector<T> gradient = backward(view(m), batch, activity, delta);
    spectral_gradient(view(m), gradient);
    penalty(view(m), gradient);
    optimizer(m.spec, m.layout, gradient, m.state);
    this->after_step(m, batch_loss);
  }

  void rest(Member& m, const Batch<T>& batch) {
    const int layer = first_nonfinite_layer(m.spec.network, m.layout, m.state.parameters.data(),
                                            batch.x.data(), batch.rows);
    this->diverged(m, layer, learning_rate_at(m.spec.learning_rate, m.state.step, m.spec.steps_per_epoch()));
  }

  /// Loss and accuracy over a whole set; NaN when stopped on the way.
  static Evaluation answer(const NetworkView<T>& network, const Dataset& data, const Gate* gate,
                           const StopFlag& stop) {
    double sum = 0;
    std::size_t correct = 0;
    for (std::size_t first = 0; first < data.samples; first += rows_at_once) {
      if (stop) return {nan, nan};
      const Batch<T> batch = slice<T>(data, first, std::min(rows_at_once, data.samples - first));
      const Activity<T> activity = forward(network, batch, gate);
      sum += loss<T>(network.spec, batch, activity.y.back(), data.samples, nullptr);
      correct += correct_answers(network.spec, batch, activity.y.back());
    }
    const bool has_classes = !data.as<T>().classes.empty();
    return {sum, has_classes ? static_cast<double>(correct) / static_cast<double>(data.samples) : nan};
  }
};

class ReferenceBackend final : public Backend {
 public:
  std::string name() const override { return "reference"; }
  std::string engine() const override { return "reference"; }
  std::unique_ptr<Population> create(PopulationSpec spec) const override {
    if (spec.dtype == DType::float32) return std::make_unique<ReferencePopulation<float>>(std::move(spec));
    return std::make_unique<ReferencePopulation<double>>(std::move(spec));
  }
};

}  // namespace

}  // namespace reference

std::unique_ptr<Backend> make_reference_backend() { return std::make_unique<reference::ReferenceBackend>(); }

}  // namespace eigenstudent
