// A population on one device or several. Students are assigned to devices once, at construction; each device has a
// separate host thread while there is work, and a student's results do not depend on its device.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/host_population.h"
#include "cuda/population/device_worker.h"
#include "cuda/population/refusal.h"

namespace eigenstudent::cuda {

class CudaPopulation final : public HostPopulation<float> {
 public:
  /// resident: small students train in the persistent kernel; false for tests of the layer-wise kernels.
  CudaPopulation(PopulationSpec&& spec, std::vector<std::unique_ptr<Device>> devices, bool resident);

  Execution execution(std::size_t student) const override;
  void run(std::span<const std::uint64_t> until_epoch, const StopFlag& stop) override;
  void evaluate(std::span<const DatasetPtr> data, std::span<Evaluation> results, const StopFlag& stop,
                Statistics /*statistics*/) override;
  void predict(std::size_t student, const Dataset& data, void* outputs, Statistics /*statistics*/) override;
  void pruning_curve(std::size_t student, std::size_t layer, std::span<const std::uint32_t> removal_order,
                     const Dataset& data, std::span<double> losses, const StopFlag& stop,
                     Statistics /*statistics*/, std::span<const std::uint32_t> points) override;
  /// Its networks have no running statistics.
  void recalibrate(std::size_t, const Dataset&, std::size_t, const StopFlag&) override {}
  void hessian_product(std::size_t student, const Dataset& data, const void* direction, void* product,
                       Statistics statistics) override;
  std::vector<std::uint32_t> oracle_order(std::size_t, std::size_t, const Dataset&,
                                          const StopFlag&) override {
    refuse_oracle();
  }
  Losses gradient(std::size_t student, const Dataset& data, void* gradient,
                  const GradientOptions& options) override;
  void set_data(std::size_t student, DatasetPtr data) override;
  void read(std::size_t student, StateBlock block, void* to) const override;
  void write(std::size_t student, StateBlock block, const void* from) override;
  std::size_t bytes() const override;

 private:
  /// The device of a student.
  struct Place {
    std::size_t worker;
    std::size_t member;
  };
  void deal(std::vector<std::unique_ptr<Device>> devices, bool resident);
  /// Calls work(worker) for all workers at once, each on a thread of its own; throws what the first of them threw.
  void on_every_device(const std::function<void(std::size_t worker)>& work);
  /// Calls work(), and records when a device failed for good: every later call then fails with the same message.
  template <class Work>
  auto guarded(const Work& work) const;
  void evaluate_on(std::size_t worker, std::span<const DatasetPtr> data, std::span<Evaluation> results,
                   const StopFlag& stop);
  void count_steps(std::size_t worker, const StepsDone& done);
  int find_divergence(std::size_t student);
  DeviceWorker& worker_of(std::size_t student) const { return *workers_[places_[student].worker]; }

  std::vector<std::unique_ptr<DeviceWorker>> workers_;
  std::vector<Place> places_;  // [students]
  mutable std::optional<std::string> failure_;
};

}  // namespace eigenstudent::cuda
