// A population on the CPU: one narrow student per thread, all threads on one wide student after the other.
// Students that are not a chain of dense and spectral layers use the general executor, one per thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "core/host_population.h"
#include "cpu/fused/workspace.h"
#include "cpu/general_kernels.h"
#include "cpu/thread_pool.h"
#include "executor/graph_student.h"

namespace eigenstudent::cpu {

template <class T>
class CpuPopulation final : public HostPopulation<T> {
 public:
  CpuPopulation(PopulationSpec&& spec, const Kernels<T>& kernels);

  void run(std::span<const std::uint64_t> until_epoch, const StopFlag& stop) override;
  void evaluate(std::span<const DatasetPtr> data, std::span<Evaluation> results, const StopFlag& stop,
                Statistics statistics) override;
  void predict(std::size_t student, const Dataset& data, void* outputs, Statistics statistics) override;
  void pruning_curve(std::size_t student, std::size_t layer, std::span<const std::uint32_t> removal_order,
                     const Dataset& data, std::span<double> losses, const StopFlag& stop,
                     Statistics statistics, std::span<const std::uint32_t> points) override;
  void recalibrate(std::size_t student, const Dataset& data, std::size_t batch_size,
                   const StopFlag& stop) override;
  Losses gradient(std::size_t student, const Dataset& data, void* gradient,
                  const GradientOptions& options) override;
  void hessian_product(std::size_t student, const Dataset& data, const void* direction, void* product,
                       Statistics statistics) override;
  std::vector<std::uint32_t> oracle_order(std::size_t student, std::size_t layer, const Dataset& data,
                                          const StopFlag& stop) override;
  void read(std::size_t student, StateBlock block, void* to) const override;
  void write(std::size_t student, StateBlock block, const void* from) override;
  std::size_t bytes() const override;
  Execution execution(std::size_t student) const override;

 private:
  using Member = typename HostPopulation<T>::Member;

  /// State that a thread keeps between tasks.
  struct Worker {
    Workspace<T> workspace;
    std::vector<std::uint32_t> order;  // the epoch's shuffle
    GraphScratch<T> scratch;           // of the general executor
  };

  /// A range of a data set that a student is evaluated on; `request` is an index of the caller's. Ranges are
  /// fixed, so that sums never depend on the threads.
  struct Chunk {
    std::size_t student;
    std::size_t request;
    const Dataset* data;
    Batch batch;
  };
  static void append_chunks(std::size_t student, std::size_t request, const Dataset& data,
                            std::vector<Chunk>& chunks);
  /// Runs task(workspace, index) for every chunk; the workspace has taken the chunk's student.
  void for_chunks(const std::vector<Chunk>& chunks, const StopFlag& stop,
                  const std::function<void(Workspace<T>& workspace, std::size_t index)>& task);

  /// Sets the stop flag of every workspace to that of the call.
  void set_stop_flag(const StopFlag& stop);
  /// Runs task(worker, index) for every student of the list, wide ones one after the other with all threads.
  void for_students(const std::vector<std::size_t>& students, const StopFlag& stop,
                    const std::function<void(Worker& worker, std::size_t student)>& task);
  void train(std::size_t student, std::uint64_t until_epoch, Worker& worker, const StopFlag& stop);
  /// Students that no fused path supports; see population_general.cpp.
  void train_general(std::size_t student, std::uint64_t until_epoch, Worker& worker, const StopFlag& stop);
  GraphStudent<T, GeneralKernels> general_student(std::size_t student, Worker& worker);
  void evaluate_general(std::span<const DatasetPtr> data, std::span<Evaluation> results,
                        Statistics statistics, const StopFlag& stop);
  Losses general_gradient(std::size_t student, const Dataset& data, T* gradient,
                          const GradientOptions& options);
  bool is_general(std::size_t student) const { return students_[student] == nullptr; }
  bool is_wide_student(std::size_t student) const {
    return !is_general(student) && is_wide(*this->members_[student].chain);
  }
  std::vector<T> parameters(std::size_t student) const;  // public order
  StudentState<T> evaluation_state(std::size_t student) const;
  /// One plan for all students of a network.
  std::shared_ptr<const Plan> plan_for(std::size_t student, const Kernels<T>& kernels) const;

  std::vector<std::unique_ptr<PackedStudent<T>>> students_;  // null where general
  ThreadPool pool_;
  std::vector<Worker> workers_;  // one per thread
  Worker shared_;                // of the wide student that all threads work on
};

}  // namespace eigenstudent::cpu
