// The device behind the CUDA runtime.
#include <cuda_runtime_api.h>

#include <chrono>
#include <string>
#include <utility>

#include "core/errors.h"
#include "cuda/device/device.h"
#include "cuda/device/kernels.h"
#include "cuda/resident/resident_job.h"

namespace eigenstudent::cuda {

namespace {

constexpr int least_capability = 80;  // what CMakeLists.txt compiles for

std::string version_text(int version) {
  return std::to_string(version / 1000) + "." + std::to_string(version % 1000 / 10);
}

std::string capability_text(int capability) {
  return std::to_string(capability / 10) + "." + std::to_string(capability % 10);
}

int attribute(cudaDeviceAttr which, int device) {
  int value = 0;
  return cudaDeviceGetAttribute(&value, which, device) == cudaSuccess ? value : 0;
}

int capability_of(int device) {
  return 10 * attribute(cudaDevAttrComputeCapabilityMajor, device) +
         attribute(cudaDevAttrComputeCapabilityMinor, device);
}

std::string name_of(int device) {
  cudaDeviceProp properties{};
  return cudaGetDeviceProperties(&properties, device) == cudaSuccess ? properties.name : "unknown";
}

class GpuRecording final : public Recording {
 public:
  ~GpuRecording() override {
    if (graph) cudaGraphExecDestroy(graph);
  }
  cudaGraphExec_t graph = nullptr;
};

/// A stream that is recorded into a graph. Ends also where the recorded function throws: the stream would
/// refuse all other calls.
struct Capture {
  cudaStream_t stream = nullptr;
  cudaGraph_t graph = nullptr;
  Capture() = default;
  Capture(const Capture&) = delete;
  Capture& operator=(const Capture&) = delete;
  ~Capture() {
    if (stream) end();
    if (graph) cudaGraphDestroy(graph);
  }
  cudaError_t end() { return cudaStreamEndCapture(std::exchange(stream, nullptr), &graph); }
};

#define ES_CUDA(call) check((call), #call, __FILE__, __LINE__)

class GpuDevice final : public Device {
 public:
  explicit GpuDevice(int index) : index_(index) {
    activate();
    limits_.name = name_of(index);
    limits_.capability = capability_of(index);
    limits_.multiprocessors = attribute(cudaDevAttrMultiProcessorCount, index);
    limits_.shared_bytes_per_block =
        static_cast<std::size_t>(attribute(cudaDevAttrMaxSharedMemoryPerBlockOptin, index));
    limits_.shared_bytes_per_multiprocessor =
        static_cast<std::size_t>(attribute(cudaDevAttrMaxSharedMemoryPerMultiprocessor, index));
    limits_.threads_per_multiprocessor = attribute(cudaDevAttrMaxThreadsPerMultiProcessor, index);
    limits_.registers_per_multiprocessor = attribute(cudaDevAttrMaxRegistersPerMultiprocessor, index);
    // Before kernels are recorded, timed or queried.
    kernels().load(*this);
    kernels().resident->load(*this);
    const bool clusters = attribute(cudaDevAttrClusterLaunch, index) && resident_kernel_knows_clusters();
    limits_.blocks_per_cluster = clusters ? 8 : 1;
  }
  ~GpuDevice() override {
    cudaSetDevice(index_);
    for (const cudaStream_t stream : streams_) cudaStreamDestroy(stream);
    if (reached_) cudaEventDestroy(reached_);
    cudaGetLastError();  // of a device that has failed: reported before
  }

  const DeviceLimits& limits() const override { return limits_; }
  DeviceMemory memory() override {
    activate();
    DeviceMemory memory{};
    ES_CUDA(cudaMemGetInfo(&memory.free_bytes, &memory.total_bytes));
    return memory;
  }
  const KernelTable& kernels() const override { return gpu_kernels(); }
  bool holds_cluster(const LaunchShape& shape) override {
    activate();
    int clusters = 0;
    const auto error = static_cast<cudaError_t>(resident_clusters_at_once(shape, clusters));
    // Also returned for a cluster that no part of this GPU could hold.
    if (error == cudaErrorInvalidClusterSize || error == cudaErrorLaunchOutOfResources ||
        error == cudaErrorInvalidConfiguration) {
      cudaGetLastError();
      return false;
    }
    check(error, "cudaOccupancyMaxActiveClusters", __FILE__, __LINE__);
    return clusters > 0;
  }

  void* allocate(std::size_t bytes) override {
    activate();
    void* memory = nullptr;
    const cudaError_t error = cudaMalloc(&memory, bytes);
    if (error == cudaErrorMemoryAllocation) {
      cudaGetLastError();
      throw out_of_device_memory(bytes, this->memory());
    }
    check(error, "cudaMalloc", __FILE__, __LINE__);
    return memory;
  }
  void release(void* memory) noexcept override {
    cudaSetDevice(index_);
    if (cudaFree(memory) != cudaSuccess) cudaGetLastError();  // a failed device frees nothing
  }

  void copy_in(void* device, const void* host, std::size_t bytes) override {
    activate();
    ES_CUDA(cudaMemcpyAsync(device, host, bytes, cudaMemcpyHostToDevice, current()));
    wait_for(current());  // the caller may reuse the host's memory at once
  }
  void copy_out(void* host, const void* device, std::size_t bytes) override {
    activate();
    wait_for(current());  // the copy would wait too, but keep a core busy
    ES_CUDA(cudaMemcpyAsync(host, device, bytes, cudaMemcpyDeviceToHost, current()));
    ES_CUDA(cudaStreamSynchronize(current()));
  }
  void clear(void* device, std::size_t bytes) override {
    activate();
    ES_CUDA(cudaMemsetAsync(device, 0, bytes, current()));
  }

  void use_stream(int index) override {
    activate();
    while (streams_.size() <= static_cast<std::size_t>(index)) {
      cudaStream_t stream = nullptr;
      ES_CUDA(cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking));
      streams_.push_back(stream);
    }
    stream_ = static_cast<std::size_t>(index);
  }
  void synchronize() override {
    activate();
    for (const cudaStream_t stream : streams_) wait_for(stream);
  }
  void* stream() override {
    activate();
    return current();
  }
  void launched(const char* kernel, int status) override {
    if (status == cudaErrorNoKernelImageForDevice)
      throw Error("cuda_unavailable", "this build has no code for compute capability " +
                                          capability_text(limits_.capability) + " (device " +
                                          std::to_string(index_) + ", " + limits_.name + ")");
    check(static_cast<cudaError_t>(status), kernel, "native/cuda/device/gpu/kernels_gpu.cu", 0);
  }
  void load_here(const char* kernel) override { refuse_to_emulate(kernel); }
  void run_here(const char* kernel, const std::function<void()>&) override { refuse_to_emulate(kernel); }

  std::unique_ptr<Recording> record(const std::function<void()>& enqueue) override {
    activate();
    auto recording = std::make_unique<GpuRecording>();
    Capture capture;
    ES_CUDA(cudaStreamBeginCapture(current(), cudaStreamCaptureModeThreadLocal));
    capture.stream = current();
    enqueue();
    ES_CUDA(capture.end());
    ES_CUDA(cudaGraphInstantiate(&recording->graph, capture.graph, 0));
    return recording;
  }
  void replay(const Recording& recording) override {
    activate();
    ES_CUDA(cudaGraphLaunch(static_cast<const GpuRecording&>(recording).graph, current()));
  }
  double seconds_of(const std::function<void()>& enqueue) override {
    activate();
    struct Event {
      cudaEvent_t event = nullptr;
      ~Event() {
        if (event) cudaEventDestroy(event);
      }
    } before, after;
    ES_CUDA(cudaEventCreate(&before.event));
    ES_CUDA(cudaEventCreateWithFlags(&after.event, cudaEventBlockingSync));
    ES_CUDA(cudaEventRecord(before.event, current()));
    enqueue();
    ES_CUDA(cudaEventRecord(after.event, current()));
    ES_CUDA(cudaEventSynchronize(after.event));
    float milliseconds = 0;
    ES_CUDA(cudaEventElapsedTime(&milliseconds, before.event, after.event));
    return static_cast<double>(milliseconds) * 1e-3;
  }

 private:
  [[noreturn]] static void refuse_to_emulate(const char* kernel) {
    throw Error("internal", std::string(kernel) + ": a GPU cannot run the emulated kernels");
  }
  /// CUDA has one current device per thread; a failed one stays failed.
  void activate() {
    if (!failure_.empty()) throw Error("cuda_failed", failure_);
    ES_CUDA(cudaSetDevice(index_));
    if (streams_.empty()) {
      cudaStream_t stream = nullptr;
      ES_CUDA(cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking));
      streams_.push_back(stream);
      ES_CUDA(cudaEventCreateWithFlags(&reached_, cudaEventBlockingSync | cudaEventDisableTiming));
    }
  }
  /// Polls briefly, because short work ends soon, then sleeps until the GPU interrupts, so that long runs
  /// do not occupy a core.
  void wait_for(cudaStream_t stream) {
    constexpr std::chrono::microseconds moment{30};  // arbitrary: about what sleeping and waking take
    ES_CUDA(cudaEventRecord(reached_, stream));
    const auto end = std::chrono::steady_clock::now() + moment;
    while (std::chrono::steady_clock::now() < end) {
      const cudaError_t error = cudaEventQuery(reached_);
      if (error != cudaErrorNotReady) return check(error, "cudaEventQuery", __FILE__, __LINE__);
      cudaGetLastError();  // "not ready" is not an error
    }
    ES_CUDA(cudaEventSynchronize(reached_));
  }
  cudaStream_t current() const { return streams_[stream_]; }

  void check(cudaError_t error, const char* what, const char* file, int line) {
    if (error == cudaSuccess) return;
    failure_ = std::string(file) + ":" + std::to_string(line) + ": " + what + ": " +
               cudaGetErrorString(error) + " (CUDA error " + std::to_string(static_cast<int>(error)) +
               ", device " + std::to_string(index_) + ")";
    cudaGetLastError();
    std::size_t free_bytes = 0, total_bytes = 0;
    if (cudaMemGetInfo(&free_bytes, &total_bytes) != cudaSuccess)  // not that call alone failed
      failure_ += ": this process cannot use the device any more, start another one";
    throw Error("cuda_failed", failure_);
  }

  int index_;
  DeviceLimits limits_;
  std::vector<cudaStream_t> streams_;
  cudaEvent_t reached_ = nullptr;  // the end of the work that a call waits for
  std::size_t stream_ = 0;
  std::string failure_;
};

/// Why cudaGetDeviceCount failed, with advice.
std::string reason_of(cudaError_t error, int driver, int runtime) {
  if (driver == 0) return "there is no NVIDIA driver on this machine";
  if (error == cudaErrorInsufficientDriver)
    return "the NVIDIA driver knows CUDA " + version_text(driver) + ", this build needs CUDA " +
           version_text(runtime) + ": install a newer driver";
  if (error == cudaErrorNoDevice) return "the NVIDIA driver finds no GPU";
  return std::string("CUDA says: ") + cudaGetErrorString(error);
}

DeviceDescription describe(int index) {
  DeviceDescription device;
  device.index = index;
  device.name = name_of(index);
  device.capability = capability_of(index);
  device.usable = device.capability >= least_capability;
  if (!device.usable) return device;  // no context on a GPU that will not be used
  int before = 0;
  cudaGetDevice(&before);
  // Where it cannot be selected (another process uses it exclusively), the call would return the memory of
  // another device.
  const bool taken = cudaSetDevice(index) == cudaSuccess;
  if (!taken || cudaMemGetInfo(&device.free_bytes, &device.total_bytes) != cudaSuccess) {
    device.free_bytes = device.total_bytes = 0;
    cudaGetLastError();
  }
  cudaSetDevice(before);
  return device;
}

}  // namespace

DeviceSurvey survey_devices() {
  DeviceSurvey survey;
  cudaDriverGetVersion(&survey.driver_version);
  cudaRuntimeGetVersion(&survey.runtime_version);
  int count = 0;
  const cudaError_t error = cudaGetDeviceCount(&count);
  if (error != cudaSuccess) {
    cudaGetLastError();
    survey.reason = reason_of(error, survey.driver_version, survey.runtime_version);
    return survey;
  }
  bool usable = false;
  for (int index = 0; index < count; ++index) {
    survey.devices.push_back(describe(index));
    usable = usable || survey.devices.back().usable;
  }
  if (count == 0)
    survey.reason = "the NVIDIA driver finds no GPU";
  else if (!usable)
    survey.reason = "every GPU is older than compute capability 8.0, which this build needs";
  return survey;
}

std::unique_ptr<Device> open_cuda_device(int index) {
  int count = 0;
  if (cudaGetDeviceCount(&count) != cudaSuccess || count == 0) {
    cudaGetLastError();
    throw Error("cuda_unavailable", survey_devices().reason);
  }
  if (index < 0 || index >= count)
    throw Error("invalid_argument", "devices: expected indices from 0 to " + std::to_string(count - 1) +
                                        ", got " + std::to_string(index));
  if (capability_of(index) < least_capability)
    throw Error("cuda_unavailable", "device " + std::to_string(index) + " (" + name_of(index) +
                                        ") has compute capability " + capability_text(capability_of(index)) +
                                        ", this build needs at least 8.0");
  const cudaError_t taken = cudaSetDevice(index);
  if (taken != cudaSuccess) {
    cudaGetLastError();
    throw Error("cuda_unavailable",
                "device " + std::to_string(index) + " (" + name_of(index) +
                    ") cannot be taken: " + cudaGetErrorString(taken) +
                    ". Where another process has it to itself, wait or name another device");
  }
  return std::make_unique<GpuDevice>(index);
}

}  // namespace eigenstudent::cuda
