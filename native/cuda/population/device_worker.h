// Manages one device of a population: which students' state is on it, which students train in which batch and
// with which kernels. Belongs to one host thread at a time.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/backend.h"
#include "core/student.h"
#include "cuda/device/device.h"
#include "cuda/device/device_member.h"
#include "cuda/device/step_pace.h"
#include "cuda/layerwise/layerwise_evaluation.h"
#include "cuda/layerwise/layerwise_training.h"
#include "cuda/population/memory_batches.h"
#include "cuda/resident/resident_plan.h"

namespace eigenstudent::cuda {

/// Students that are evaluated at a time. Arbitrary: a few fill a GPU.
inline constexpr std::size_t evaluation_lanes = 8;

class DeviceWorker {
 public:
  /// resident: small students may train in the persistent kernel.
  DeviceWorker(std::unique_ptr<Device> device, std::vector<DeviceMember> members, bool resident);

  /// Throws Error("out_of_memory") where a student could never train on this device.
  void check_memory();
  /// Trains members up to these steps, [members]; a member that has reached its step does not train. `done`
  /// is called after each chunk and counts its steps in the host's state. A member that halted is skipped.
  void run(std::span<const std::uint64_t> until_step, const StopFlag& stop,
           const std::function<void(const StepsDone&)>& done);

  /// Evaluates members[i] on data[i].
  void evaluate(std::span<const std::size_t> members, std::span<const DatasetPtr> data,
                std::span<Evaluation> results, const StopFlag& stop);
  void predict(std::size_t member, const Dataset& data, float* outputs);
  double gradient(std::size_t member, const Dataset& data, float* to);
  void pruning_curve(std::size_t member, std::size_t layer, std::span<const std::uint32_t> removal_order,
                     const Dataset& data, std::span<double> losses, const StopFlag& stop);

  /// to, from: [layout.size()]; nothing happens to a second moment that is not kept.
  void read(std::size_t member, StateBlock block, float* to);
  void write(std::size_t member, StateBlock block, const float* from);

  std::size_t size() const { return members_.size(); }
  const DeviceMember& member(std::size_t member) const { return members_[member]; }
  Execution execution(std::size_t member) const;
  bool is_on_device(std::size_t member) const { return members_[member].on_device; }
  /// On the device: states and scratch, not the data.
  std::size_t bytes() const;

 private:
  struct CachedData {
    std::weak_ptr<const Dataset> host;
    std::unique_ptr<DeviceData> device;
  };

  std::vector<std::size_t> members_with_work(std::span<const std::uint64_t> until_step) const;
  MemoryNeed need_of(std::size_t member) const;
  std::vector<std::vector<std::size_t>> batches_of(const std::vector<std::size_t>& members);
  void run_batch(const std::vector<std::size_t>& batch, std::span<const std::uint64_t> until_step,
                 const StopFlag& stop, const std::function<void(const StepsDone&)>& done);
  void run_resident(const std::vector<std::size_t>& members, std::span<const std::uint64_t> until_step,
                    const StopFlag& stop, const std::function<void(const StepsDone&)>& done);
  void run_layerwise(std::size_t member, std::uint64_t until_step, const StopFlag& stop,
                     const std::function<void(const StepsDone&)>& done);

  void load(const std::vector<std::size_t>& batch);
  void unload();
  void copy_state(DeviceMember& member, bool to_device);
  const DeviceData& data_on_device(const DatasetPtr& data);
  void make_room(const std::vector<std::size_t>& batch);
  void make_room_for(std::span<const DatasetPtr> data);
  void drop_scratch();
  /// Drops the copies of data sets that no longer exist, or all copies.
  void drop_data(bool all);
  /// The member's parameters on the device, or a copy of them that `uploaded` holds.
  DeviceStudent evaluating(std::size_t member, DeviceBlock& uploaded, int stream);
  /// Calls use(student, data) with the member's parameters and the data set on the device, for as long as it lasts.
  template <class Use>
  auto with_answers_of(std::size_t member, const Dataset& data, const Use& use);

  std::unique_ptr<Device> device_;  // first, so that it is destroyed last
  std::vector<DeviceMember> members_;
  std::vector<std::optional<ResidentPlan>> plans_;  // [members]; none: trains with layer-wise kernels
  std::vector<std::string> reasons_;                // [members]: why there is none
  std::map<const Dataset*, CachedData> data_;
  StepPace pace_;            // of the resident launches of the batch below
  double paced_clocks_ = 0;  // the cost of that batch's students together; another batch starts slowly again
  std::vector<StepPace> alone_paces_;   // [members], of those that train with layer-wise kernels
  DeviceBlock states_;                  // of the batch that is loaded
  std::vector<std::size_t> loaded_;     // its members
  std::vector<ScratchMemory> scratch_;  // [evaluation_lanes], of which all but evaluations use the first
};

}  // namespace eigenstudent::cuda
