// Trains small students side by side in the resident kernel: a launch for each group of students with the
// same plan, each group in a separate stream, many steps per launch.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "core/backend.h"
#include "cuda/device/device_arena.h"
#include "cuda/device/device_data.h"
#include "cuda/device/device_member.h"
#include "cuda/device/epoch_window.h"
#include "cuda/device/kernels.h"
#include "cuda/device/step_pace.h"
#include "cuda/resident/resident_job.h"

namespace eigenstudent::cuda {

class ResidentTraining {
 public:
  struct Trainee {
    std::size_t member;
    const DeviceMember* at;
    const ResidentPlan* plan;
    const DeviceData* data;
    std::uint64_t until_step;
  };
  /// Device memory that a student needs besides its state, at the least.
  static std::size_t bytes_of(const Trainer& trainer, const ParameterLayout& layout);

  /// The data behind the trainees' pointers must outlive this object; their state is on the device.
  /// pace: of the same trainees before, where they have trained before.
  ResidentTraining(Device& device, std::vector<Trainee> trainees, StepPace& pace);
  void run(const StopFlag& stop, const std::function<void(const StepsDone&)>& done);

 private:
  /// Consecutive trainees with one plan.
  struct Group {
    const ResidentPlan* plan;
    std::size_t first, count;
  };
  struct Arrays {
    ResidentJob* jobs;        // [trainees]
    ShuffleJob* shuffles;     // [trainees]
    ResidentResult* results;  // [trainees]
    std::uint64_t* counts;    // [sum of tensors]
    Phase* phases;            // [sum of phases]
    std::uint32_t* order;     // [epochs_][samples] of each trainee
  };
  Arrays take(Arena& arena, std::size_t epochs) const;
  void sort_into_groups();
  std::size_t epochs_that_fit() const;
  void copy_counts_in();
  void copy_counts_out();
  /// Steps `step` to below the returned one are the trainee's share of the next launch.
  std::uint64_t until_of(const Trainee& trainee) const;
  void make_jobs();
  void make_job(std::size_t t, std::uint32_t* order, std::uint64_t* counts, Phase* phases);
  /// Returns the seconds that the steps took, without the shuffles before them.
  double launch();
  void report(double seconds, const std::function<void(const StepsDone&)>& done);

  Device& device_;
  std::vector<Trainee> trainees_;
  std::vector<bool> halted_;
  std::vector<Group> groups_;
  std::size_t epochs_ = 0;            // whose shuffles have room
  std::vector<EpochWindow> windows_;  // [trainees]: of the shuffles that lie there
  DeviceBlock block_;
  Arrays arrays_{};
  StepPace& pace_;
  std::vector<ResidentJob> jobs_;
  std::vector<ShuffleJob> shuffles_;
  std::vector<ResidentResult> results_;  // [trainees]
  std::vector<std::uint64_t> counts_;    // [sum of tensors]
};

}  // namespace eigenstudent::cuda
