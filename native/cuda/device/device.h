// A device with memory that runs kernels: a GPU behind the CUDA runtime, or an emulated one whose memory is the
// host's and whose kernels run on the calling thread. Everything above this interface is the same for both, so that a
// machine without a GPU can test it.
//
// Work is enqueued and runs in the order of its stream (a CUDA stream); calls that wait are documented as
// such. A device belongs to one host thread at a time. Every call may throw Error("cuda_failed"): the device
// then failed for good, each later call throws the same, and only release() and the destructor still work.
// After a sticky CUDA error the other Devices of the same GPU in this process fail too.
#pragma once

#include <atomic>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/errors.h"

namespace eigenstudent::cuda {

struct KernelTable;
struct LaunchShape;

/// The limits of a device that planners use. The defaults are an H200's (CUDA programming guide, table of technical
/// specifications per compute capability, 9.0).
struct DeviceLimits {
  std::string name = "emulated";
  int capability = 90;  // 10 major + minor
  int multiprocessors = 132;
  std::size_t shared_bytes_per_block = 232448;           // the most a block may opt in to
  std::size_t shared_bytes_per_multiprocessor = 233472;  // for all blocks of one, 1 KiB per block reserved
  int threads_per_multiprocessor = 2048;
  int registers_per_multiprocessor = 65536;
  int blocks_per_cluster = 8;  // portable cluster size; 1 where there are no clusters
};

struct DeviceMemory {
  std::size_t free_bytes;
  std::size_t total_bytes;
};
/// What allocate() throws.
Error out_of_device_memory(std::size_t bytes_needed, const DeviceMemory& memory);

/// Enqueued work that was recorded once and can be enqueued again as it is (a CUDA graph).
class Recording {
 public:
  virtual ~Recording() = default;
};

class Device {
 public:
  virtual ~Device() = default;

  virtual const DeviceLimits& limits() const = 0;
  virtual DeviceMemory memory() = 0;
  /// The kernels compiled for this kind of device.
  virtual const KernelTable& kernels() const = 0;

  /// Whether a cluster of the resident kernel can start on this device: a slice of a GPU, or one with
  /// multiprocessors switched off, may have too few of them side by side, whatever limits() allow.
  virtual bool holds_cluster(const LaunchShape& shape) = 0;

  /// Memory aligned to 256 bytes. Throws Error("out_of_memory") with the bytes needed and the bytes free; the device
  /// stays usable.
  virtual void* allocate(std::size_t bytes) = 0;
  virtual void release(void* memory) noexcept = 0;

  /// Waits for the stream, so that host memory may be reused at once.
  virtual void copy_in(void* device, const void* host, std::size_t bytes) = 0;
  /// Waits for the stream.
  virtual void copy_out(void* host, const void* device, std::size_t bytes) = 0;
  virtual void clear(void* device, std::size_t bytes) = 0;

  /// Everything enqueued from now on goes to this stream, 0 at first. Streams run side by side.
  virtual void use_stream(int stream) = 0;
  /// Waits for all streams.
  virtual void synchronize() = 0;
  /// The stream in use as a cudaStream_t for launches; null on an emulated device.
  virtual void* stream() = 0;
  /// Callers report each kernel that is loaded or launched: its name, and the result of CUDA (a cudaError_t).
  virtual void launched(const char* kernel, int status) = 0;
  /// Replaces the loading of a kernel on an emulated device, which refuses to run kernels that were not loaded.
  virtual void load_here(const char* kernel) = 0;
  /// Replaces a launch on an emulated device: runs `work` immediately, or records it.
  virtual void run_here(const char* kernel, const std::function<void()>& work) = 0;

  /// Records what `enqueue` enqueues, without running it. It may not allocate, copy or wait.
  virtual std::unique_ptr<Recording> record(const std::function<void()>& enqueue) = 0;
  virtual void replay(const Recording& recording) = 0;
  /// Time that the device takes for what `enqueue` enqueues in the stream in use, between two events. Waits.
  virtual double seconds_of(const std::function<void()>& enqueue) = 0;
};

/// One allocation, freed when it goes out of scope. The device must outlive it.
class DeviceBlock {
 public:
  DeviceBlock() = default;
  DeviceBlock(Device& device, std::size_t bytes)
      : device_(&device), memory_(bytes ? device.allocate(bytes) : nullptr), bytes_(bytes) {}
  DeviceBlock(DeviceBlock&& other) noexcept { swap(other); }
  DeviceBlock& operator=(DeviceBlock&& other) noexcept {
    DeviceBlock(std::move(other)).swap(*this);
    return *this;
  }
  DeviceBlock(const DeviceBlock&) = delete;
  DeviceBlock& operator=(const DeviceBlock&) = delete;
  ~DeviceBlock() {
    if (memory_) device_->release(memory_);
  }

  std::size_t bytes() const { return bytes_; }
  template <class T>
  T* as(std::size_t offset_bytes = 0) const {
    return reinterpret_cast<T*>(static_cast<char*>(memory_) + offset_bytes);
  }

 private:
  void swap(DeviceBlock& other) noexcept {
    std::swap(device_, other.device_);
    std::swap(memory_, other.memory_);
    std::swap(bytes_, other.bytes_);
  }
  Device* device_ = nullptr;
  void* memory_ = nullptr;
  std::size_t bytes_ = 0;
};

/// The properties of a device that `doctor` and the device list show.
struct DeviceDescription {
  int index = 0;
  std::string name;
  int capability = 0;  // 10 major + minor
  std::size_t total_bytes = 0;
  std::size_t free_bytes = 0;
  bool usable = false;  // false: too old for this build
};

/// The devices that the CUDA runtime finds on this machine. `reason` is empty, or the reason why none can be
/// used: no driver, a driver older than the build, no device.
struct DeviceSurvey {
  int driver_version = 0;  // as CUDA counts: 1000 major + 10 minor; 0 without a driver
  int runtime_version = 0;
  std::vector<DeviceDescription> devices;
  std::string reason;
};
DeviceSurvey survey_devices();

/// Throws Error("cuda_unavailable") with what is missing.
std::unique_ptr<Device> open_cuda_device(int index);

/// Options of an emulated device, for tests.
struct EmulatedLimits {
  int devices = 1;
  std::size_t memory_bytes = std::size_t{1} << 30;
  DeviceLimits limits;
  bool resident = true;        // false: every student trains with the layer-wise kernels
  int most_ranks = 8;          // blocks of the largest cluster that starts; fewer on a slice of a GPU
  long long fails_after = -1;  // launches until the device fails for good; -1: never
  /// Counts the bytes in use. Devices that share it share their memory; null: one of its own.
  std::shared_ptr<std::atomic<std::size_t>> used_bytes;
};
/// Its memory is counted and filled with NaN at allocation, so that reads of uninitialised memory become visible.
/// Whether this thread runs a kernel for an emulated device. It may allocate, which one of a GPU never does: a test that lets
/// allocations fail leaves it alone.
bool runs_emulated_kernel();
std::unique_ptr<Device> open_emulated_device(const EmulatedLimits& limits);

}  // namespace eigenstudent::cuda
