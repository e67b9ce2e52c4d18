// The emulated device: counted memory of the host, kernels that run on the calling thread. For tests.
#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <new>
#include <string>
#include <unordered_map>
#include <unordered_set>

#include "core/errors.h"
#include "cuda/device/device.h"
#include "cuda/device/kernels.h"
#include "cuda/resident/resident_job.h"

namespace eigenstudent::cuda {

namespace {

thread_local bool runs_kernel = false;

class EmulatedRecording final : public Recording {
 public:
  std::vector<std::pair<const char*, std::function<void()>>> launches;
};

class EmulatedDevice final : public Device {
 public:
  explicit EmulatedDevice(const EmulatedLimits& limits)
      : limits_(limits),
        used_(limits.used_bytes ? limits.used_bytes : std::make_shared<std::atomic<std::size_t>>(0)) {
    kernels().load(*this);
    kernels().resident->load(*this);
  }
  ~EmulatedDevice() override {
    for (const auto& [memory, bytes] : allocated_) {
      *used_ -= bytes;
      std::free(memory);
    }
  }

  const DeviceLimits& limits() const override { return limits_.limits; }
  DeviceMemory memory() override {
    check();
    return {limits_.memory_bytes - *used_, limits_.memory_bytes};
  }
  const KernelTable& kernels() const override { return emulated_kernels(); }
  bool holds_cluster(const LaunchShape& shape) override { return shape.ranks <= limits_.most_ranks; }

  void* allocate(std::size_t bytes) override {
    check();
    const std::size_t rounded = (bytes + 255) / 256 * 256;
    if (rounded > limits_.memory_bytes - *used_) throw out_of_device_memory(bytes, memory());
    void* memory = std::aligned_alloc(256, rounded);
    if (!memory) throw std::bad_alloc();
    std::memset(memory, 0xff, rounded);  // NaN as a float
    *used_ += rounded;
    allocated_[memory] = rounded;
    return memory;
  }
  void release(void* memory) noexcept override {
    const auto found = allocated_.find(memory);
    if (found == allocated_.end()) return;
    *used_ -= found->second;
    std::free(memory);
    allocated_.erase(found);
  }

  void copy_in(void* device, const void* host, std::size_t bytes) override {
    check();
    if (bytes) std::memcpy(device, host, bytes);
  }
  void copy_out(void* host, const void* device, std::size_t bytes) override {
    check();
    if (bytes) std::memcpy(host, device, bytes);
  }
  void clear(void* device, std::size_t bytes) override {
    check();
    if (bytes) std::memset(device, 0, bytes);
  }

  void use_stream(int) override { check(); }
  void synchronize() override { check(); }
  void* stream() override { return nullptr; }
  void launched(const char*, int) override {}
  void load_here(const char* kernel) override { loaded_.insert(kernel); }
  void run_here(const char* kernel, const std::function<void()>& work) override {
    check();
    if (!loaded_.count(kernel))
      throw Error("internal", std::string(kernel) + " is launched, but its table does not load it");
    if (recording_) return recording_->launches.emplace_back(kernel, work), void();
    if (limits_.fails_after >= 0 && launches_++ >= limits_.fails_after) {
      failure_ = std::string("native/cuda/device/emulated/device_emulated.cpp: ") + kernel +
                 ": the emulated device is set to fail";
      check();
    }
    struct Ends {
      ~Ends() { runs_kernel = false; }
    } const ends;
    runs_kernel = true;
    work();
  }

  std::unique_ptr<Recording> record(const std::function<void()>& enqueue) override {
    check();
    auto recording = std::make_unique<EmulatedRecording>();
    struct Ends {  // also where the recorded function throws
      EmulatedRecording*& recording;
      ~Ends() { recording = nullptr; }
    } const ends{recording_ = recording.get()};
    enqueue();
    return recording;
  }
  void replay(const Recording& recording) override {
    for (const auto& [kernel, work] : static_cast<const EmulatedRecording&>(recording).launches)
      run_here(kernel, work);
  }
  double seconds_of(const std::function<void()>& enqueue) override {
    const auto start = std::chrono::steady_clock::now();
    enqueue();
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  }

 private:
  void check() const {
    if (!failure_.empty()) throw Error("cuda_failed", failure_);
  }

  EmulatedLimits limits_;
  std::shared_ptr<std::atomic<std::size_t>> used_;
  std::unordered_map<void*, std::size_t> allocated_;
  std::unordered_set<std::string> loaded_;  // kernels
  EmulatedRecording* recording_ = nullptr;
  long long launches_ = 0;
  std::string failure_;
};

}  // namespace

bool runs_emulated_kernel() { return runs_kernel; }

std::unique_ptr<Device> open_emulated_device(const EmulatedLimits& limits) {
  return std::make_unique<EmulatedDevice>(limits);
}

}  // namespace eigenstudent::cuda
