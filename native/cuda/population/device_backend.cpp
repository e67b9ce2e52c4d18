#include "cuda/population/device_backend.h"

#include <utility>

#include "cuda/population/cuda_population.h"
#include "cuda/population/refusal.h"

namespace eigenstudent::cuda {

namespace {

class DeviceBackend final : public Backend {
 public:
  DeviceBackend(std::string engine, OpenDevices open, bool resident)
      : engine_(std::move(engine)), open_(std::move(open)), resident_(resident) {}

  std::string name() const override { return "cuda"; }
  std::string engine() const override { return engine_; }
  std::string refusal(const NetworkSpec& network, const Objective& objective) const override {
    return refusal_of(network, objective);
  }
  /// Each population opens the devices for itself, so that populations may work at the same time.
  std::unique_ptr<Population> create(PopulationSpec spec) const override {
    if (spec.dtype != DType::float32)
      throw Error("invalid_argument",
                  "dtype: the CUDA backend computes in float32, got float64; use device 'cpu' for float64");
    if (spec.general)
      throw Error("invalid_argument", "executor: the CUDA backend has no general executor; use device 'cpu'");
    for (std::size_t i = 0; i < spec.students.size(); ++i) {
      refuse_streams(i, spec.students[i].trainer && spec.students[i].trainer->stream);
      refuse_clock(i, spec.students[i]);
      refuse_augmentation(i, spec.students[i]);
      refuse_population_losses(i, spec.students[i]);
    }
    for (std::size_t i = 0; i < spec.students.size(); ++i)
      if (const std::string reason = refusal(spec.students[i].network, spec.students[i].objective);
          !reason.empty())
        throw Error("invalid_network", "student " + std::to_string(i) + ": " + reason + "; use device 'cpu'");
    return std::make_unique<CudaPopulation>(std::move(spec), open_(), resident_);
  }

 private:
  std::string engine_;
  OpenDevices open_;
  bool resident_;
};

}  // namespace

std::unique_ptr<Backend> make_device_backend(std::string engine, OpenDevices open, bool resident) {
  return std::make_unique<DeviceBackend>(std::move(engine), std::move(open), resident);
}

}  // namespace eigenstudent::cuda
