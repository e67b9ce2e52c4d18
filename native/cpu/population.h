// A population on the CPU: one student a core, workspaces that belong to the threads.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "core/host_population.h"
#include "cpu/thread_pool.h"
#include "cpu/workspace.h"

namespace eigenstudent::cpu {

template <class T>
class CpuPopulation final : public HostPopulation<T> {
 public:
  CpuPopulation(PopulationSpec&& spec, const Kernels<T>& kernels);

  void run(std::span<const std::uint64_t> until_epoch, const StopFlag& stop) override;
  void evaluate(std::span<const DatasetPtr> data, std::span<Evaluation> results,
                const StopFlag& stop) override;
  void predict(std::size_t student, const Dataset& data, void* outputs) override;
  void pruning_curve(std::size_t student, std::size_t layer, std::span<const std::uint32_t> removal_order,
                     const Dataset& data, std::span<double> losses, const StopFlag& stop) override;
  void gradient(std::size_t student, const Dataset& data, void* gradient, double* data_loss,
                double* penalty) override;
  std::size_t bytes() const override;

 private:
  using Member = typename HostPopulation<T>::Member;
  using Score = typename Workspace<T>::Score;

  /// What a thread keeps between tasks.
  struct Worker {
    Workspace<T> workspace;
    std::vector<std::uint32_t> order;    // the epoch's shuffle
    const Member* evaluating = nullptr;  // whose parameters the workspace holds, within one call
  };

  void train(Member& member, std::uint64_t until_epoch, Worker& worker, const StopFlag& stop);
  Workspace<T>& loaded(Worker& worker, const Member& member);
  /// Runs task(worker, chunk, batch) over fixed stretches of a data set, so that sums never depend on the
  /// threads.
  void for_chunks(const Dataset& data,
                  const std::function<void(Worker& worker, std::size_t chunk, Batch batch)>& task);
  void forget_loaded();

  ThreadPool pool_;
  std::vector<Worker> workers_;
};

}  // namespace eigenstudent::cpu
