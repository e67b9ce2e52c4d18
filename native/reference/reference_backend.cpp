#include "reference/reference_backend.h"

#include <chrono>
#include <utility>

#include "core/host_population.h"
#include "executor/graph_student.h"
#include "executor/hessian_product.h"
#include "executor/oracle_order.h"
#include "executor/recalibration.h"
#include "layers/reference_list.h"

namespace eigenstudent {

namespace reference {

namespace {

/// The general executor with plain loops, on one thread.
template <class T>
class ReferencePopulation final : public HostPopulation<T> {
 public:
  explicit ReferencePopulation(PopulationSpec&& spec) : HostPopulation<T>(std::move(spec)) {}

  void run(std::span<const std::uint64_t> until_epoch, const StopFlag& stop) override {
    this->check_count(until_epoch.size(), "untilEpoch");
    for (std::size_t s = 0; s < this->size(); ++s) {
      Member& m = this->members_[s];
      const auto start = std::chrono::steady_clock::now();
      Student student = at_work(m);
      while (!stop && this->wants_step(m, until_epoch[s])) this->train_step(m, student);
      m.seconds_trained += std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    }
  }

  void evaluate(std::span<const DatasetPtr> data, std::span<Evaluation> results, const StopFlag& stop,
                Statistics statistics) override {
    this->check_questions(data, results);
    for (std::size_t q = 0; q < data.size(); ++q)
      if (data[q])
        results[q] = at_work(this->members_[q % this->size()]).evaluate(*data[q], statistics, nullptr, stop);
  }

  void predict(std::size_t student, const Dataset& data, void* outputs, Statistics statistics) override {
    this->check_data(student, data, false);
    at_work(this->member(student)).predict(data, statistics, static_cast<T*>(outputs));
  }

  void pruning_curve(std::size_t student, std::size_t layer, std::span<const std::uint32_t> removal_order,
                     const Dataset& data, std::span<double> losses, const StopFlag& stop,
                     Statistics statistics, std::span<const std::uint32_t> points) override {
    this->check_pruning(student, layer, removal_order, data, losses, points);
    at_work(this->member(student))
        .pruning_curve(layer, removal_order, data, statistics, losses, stop, points);
  }

  void recalibrate(std::size_t student, const Dataset& data, std::size_t batch_size,
                   const StopFlag& stop) override {
    this->check_data(student, data, false);
    Member& m = this->member(student);
    eigenstudent::recalibrate<T, ReferenceKernels>(m.network, m.state.parameters, data, batch_size, stop,
                                                   m.state.buffers);
  }

  Losses gradient(std::size_t student, const Dataset& data, void* gradient,
                  const GradientOptions& options) override {
    this->check_data(student, data, true);
    return at_work(this->member(student)).gradient(data, static_cast<T*>(gradient), options);
  }

  void hessian_product(std::size_t student, const Dataset& data, const void* direction, void* product,
                       Statistics statistics) override {
    const Member& m = this->member(student);
    eigenstudent::hessian_product(*this, student, m.spec.objective, dtype_of<T>, data, statistics, direction,
                                  product);
  }

  std::vector<std::uint32_t> oracle_order(std::size_t student, std::size_t layer, const Dataset& data,
                                          const StopFlag& stop) override {
    this->check_data(student, data, true);
    Member& m = this->member(student);
    return eigenstudent::oracle_order<T, ReferenceKernels>(m.spec, m.network, m.state, layer, data, stop);
  }

  std::size_t bytes() const override {
    std::size_t scalars = 0;
    for (const auto& m : this->members_)
      scalars += m.state.parameters.size() + m.state.first_moment.size() + m.state.second_moment.size();
    return scalars * sizeof(T);
  }

 private:
  using Member = typename HostPopulation<T>::Member;
  using Student = GraphStudent<T, ReferenceKernels>;

  Student at_work(Member& m) { return Student(m.spec, m.network, m.state, scratch_); }

  GraphScratch<T> scratch_;
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
