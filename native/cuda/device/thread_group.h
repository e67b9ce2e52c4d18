// The execution policy of every kernel: one source, run by the threads of a GPU or by a loop on the CPU.
//
// A kernel is a plain struct of arguments with
//
//   static constexpr int most_threads = 512;                     // of a block, for the register budget
//   static constexpr int least_blocks = 1;                       // a multiprocessor holds; may be left out
//   static constexpr bool fills_shared_memory = true;            // as much as there is; may be left out
//   template <class ThreadGroup> ES_GROUP_CODE void operator()(ThreadGroup& group) const;
//
// and is launched for a number of groups. A group is a cluster of `ranks` blocks (one block where ranks is 1) of `threads`
// threads. Code between barriers stands in regions; what is outside them is uniform: each GPU thread runs it, the emulation
// runs it once. A region may not read what another thread writes in the same region, nor what a thread wrote in an earlier
// one without a barrier in between. The emulation runs every second region from the last thread to the first, so that most
// breaches of the first rule give wrong numbers in the tests. Breaches of the second are for test/native/cuda_race_test.cpp.
//
// ES_UNROLL before a loop lets an array that it indexes live in registers.
#pragma once

#include <cstddef>

#ifdef __CUDACC__
#include <cooperative_groups.h>
#define ES_GROUP_CODE __device__ __forceinline__
#define ES_UNROLL _Pragma("unroll")
#define ES_UNROLL_TWICE _Pragma("unroll 2")
#define ES_NO_UNROLL _Pragma("unroll 1")
#else
#include <cstdlib>
#include <cstring>
#include <memory>
#include <vector>
#define ES_GROUP_CODE inline
#define ES_UNROLL
#define ES_UNROLL_TWICE
#define ES_NO_UNROLL
#endif

namespace eigenstudent::cuda {

/// The shape of a launch.
struct LaunchShape {
  unsigned groups = 1;
  int ranks = 1;                 // blocks of a group; above 1 a cluster (compute capability 9.0)
  int threads = 1;               // of a block
  std::size_t shared_bytes = 0;  // of a block
};

#ifdef __CUDACC__

/// The shared memory of a block; float4, because rows are read 16 bytes at a time.
extern __shared__ float4 es_shared_memory[];

class GpuThreadGroup {
 public:
  template <class State>
  class PerThread {
   public:
    ES_GROUP_CODE explicit PerThread(const GpuThreadGroup&) {}
    ES_GROUP_CODE State& operator()(int, int) { return state_; }

   private:
    State state_;
  };

#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ >= 900
  ES_GROUP_CODE int ranks() const {
    return static_cast<int>(cooperative_groups::this_cluster().num_blocks());
  }
  ES_GROUP_CODE int rank() const { return static_cast<int>(cooperative_groups::this_cluster().block_rank()); }
  ES_GROUP_CODE void sync_cluster() const {
    if (ranks() == 1)
      __syncthreads();
    else
      cooperative_groups::this_cluster().sync();
  }
  template <class T>
  ES_GROUP_CODE T* remote(int rank) const {
    return cooperative_groups::this_cluster().map_shared_rank(reinterpret_cast<T*>(es_shared_memory), rank);
  }
#else
  ES_GROUP_CODE int ranks() const { return 1; }
  ES_GROUP_CODE int rank() const { return 0; }
  ES_GROUP_CODE void sync_cluster() const { __syncthreads(); }
  template <class T>
  ES_GROUP_CODE T* remote(int) const {
    return reinterpret_cast<T*>(es_shared_memory);
  }
#endif
  ES_GROUP_CODE unsigned index() const { return blockIdx.x / static_cast<unsigned>(ranks()); }
  ES_GROUP_CODE int threads() const { return static_cast<int>(blockDim.x); }
  ES_GROUP_CODE void sync() const { __syncthreads(); }
  template <class T>
  ES_GROUP_CODE T* shared(int) const {
    return reinterpret_cast<T*>(es_shared_memory);
  }
  template <class Body>
  ES_GROUP_CODE void each(const Body& body) const {
    // Hidden from the optimiser: what a region computes from its thread would otherwise be hoisted out of the loops
    // around it, hundreds of values that then spill.
    int thread = static_cast<int>(threadIdx.x);
    asm volatile("" : "+r"(thread));
    body(rank(), thread);
  }
};

/// 0 leaves the choice to the compiler, which may spill registers to fit more blocks than were requested.
template <class Kernel>
constexpr int least_blocks_of() {
  if constexpr (requires { Kernel::least_blocks; })
    return Kernel::least_blocks;
  else
    return 0;
}

template <class Kernel>
__global__ void __launch_bounds__(Kernel::most_threads, least_blocks_of<Kernel>())
    group_kernel(const __grid_constant__ Kernel kernel) {
  GpuThreadGroup group;
  kernel(group);
}

/// Loads the kernel's code onto the current device. The first launch would do so, which may fail while a graph is
/// recorded and distorts timings. Also allows its blocks as much shared memory as the device supports. Every host
/// thread sets the same limit, so that none lowers that of another thread's launch.
template <class Kernel>
cudaError_t load_on_gpu() {
  int device = 0, most = 0;
  cudaFuncAttributes code{};
  cudaError_t error = cudaFuncGetAttributes(&code, group_kernel<Kernel>);
  if (error == cudaSuccess) error = cudaGetDevice(&device);
  if (error == cudaSuccess)
    error = cudaDeviceGetAttribute(&most, cudaDevAttrMaxSharedMemoryPerBlockOptin, device);
  if (error == cudaSuccess)
    error = cudaFuncSetAttribute(group_kernel<Kernel>, cudaFuncAttributeMaxDynamicSharedMemorySize,
                                 most - static_cast<int>(code.sharedSizeBytes));
  // As much shared memory as possible, at the expense of the first-level cache, so that more blocks run at a time.
  if constexpr (requires { Kernel::fills_shared_memory; })
    if (error == cudaSuccess)
      error = cudaFuncSetAttribute(group_kernel<Kernel>, cudaFuncAttributePreferredSharedMemoryCarveout,
                                   cudaSharedmemCarveoutMaxShared);
  return error;
}

/// Whether the current device's code of the kernel was compiled for clusters, from GpuThreadGroup's first half.
template <class Kernel>
bool knows_clusters() {
  constexpr int least = 90;
  cudaFuncAttributes code{};
  if (cudaFuncGetAttributes(&code, group_kernel<Kernel>) == cudaSuccess)
    return code.ptxVersion >= least && code.binaryVersion >= least;
  cudaGetLastError();  // there is no code for this device; the first launch reports it
  return false;
}

/// The configuration of a CUDA launch. cluster: the caller keeps it for as long as the configuration.
inline cudaLaunchConfig_t configuration(const LaunchShape& shape, cudaLaunchAttribute& cluster) {
  cudaLaunchConfig_t config{};
  config.gridDim = dim3(shape.groups * static_cast<unsigned>(shape.ranks));
  config.blockDim = dim3(static_cast<unsigned>(shape.threads));
  config.dynamicSmemBytes = shape.shared_bytes;
  cluster.id = cudaLaunchAttributeClusterDimension;
  cluster.val.clusterDim.x = static_cast<unsigned>(shape.ranks);
  cluster.val.clusterDim.y = 1;
  cluster.val.clusterDim.z = 1;
  config.attrs = &cluster;
  config.numAttrs = shape.ranks > 1 ? 1 : 0;
  return config;
}

/// Number of clusters of this shape that can run at a time on the current device. The kernel must be loaded,
/// which allows its shared memory: CUDA would return 0 otherwise.
template <class Kernel>
cudaError_t clusters_at_once(const LaunchShape& shape, int& clusters) {
  cudaLaunchAttribute cluster{};
  const cudaLaunchConfig_t config = configuration(shape, cluster);
  clusters = 0;
  return cudaOccupancyMaxActiveClusters(&clusters, group_kernel<Kernel>, &config);
}

/// Queues a launch of a loaded kernel on `stream`; returns CUDA's result. Errors of the kernel itself appear
/// at a later call, as always.
template <class Kernel>
cudaError_t launch_on_gpu(const LaunchShape& shape, const Kernel& kernel, cudaStream_t stream) {
  cudaLaunchAttribute cluster{};
  cudaLaunchConfig_t config = configuration(shape, cluster);
  config.stream = stream;
  return cudaLaunchKernelEx(&config, group_kernel<Kernel>, kernel);
}

#else  // the emulation, compiled by the host compiler alone

class EmulatedThreadGroup {
 public:
  /// Registers: one State for every thread of every rank.
  template <class State>
  class PerThread {
   public:
    explicit PerThread(const EmulatedThreadGroup& group)
        : threads_(group.threads()), states_(static_cast<std::size_t>(group.ranks() * group.threads())) {}
    State& operator()(int rank, int thread) {
      return states_[static_cast<std::size_t>(rank * threads_ + thread)];
    }

   private:
    int threads_;
    std::vector<State> states_;
  };

  EmulatedThreadGroup(unsigned index, const LaunchShape& shape) : index_(index), shape_(shape) {
    for (int rank = 0; rank < shape.ranks; ++rank) memory_.push_back(poisoned(shape.shared_bytes));
  }

  /// Blocks of this group.
  int ranks() const { return shape_.ranks; }
  /// The block whose shared memory uniform code reads; only for values that are equal on all ranks.
  int rank() const { return 0; }
  /// Which group of the launch this is.
  unsigned index() const { return index_; }
  /// Threads of a block.
  int threads() const { return shape_.threads; }
  /// Barrier of the threads of a block.
  void sync() const {}
  /// Barrier of all threads of the group.
  void sync_cluster() const {}
  /// Shared memory of the region's own block.
  template <class T>
  T* shared(int rank) const {
    return static_cast<T*>(memory_[static_cast<std::size_t>(rank)].get());
  }
  /// Shared memory of any block of the group.
  template <class T>
  T* remote(int rank) const {
    return shared<T>(rank);
  }
  /// A region: body(rank, thread) for every thread of every rank.
  template <class Body>
  void each(const Body& body) {
    backwards_ = !backwards_;
    const int count = ranks() * threads();
    for (int i = 0; i < count; ++i) {
      const int at = backwards_ ? count - 1 - i : i;
      body(at / threads(), at % threads());
    }
  }

 private:
  struct Free {
    void operator()(void* memory) const { std::free(memory); }
  };
  using Memory = std::unique_ptr<void, Free>;

  /// All bits set: a NaN as a float, so that reads of uninitialised memory become visible.
  static Memory poisoned(std::size_t bytes) {
    const std::size_t rounded = (bytes + 15) / 16 * 16;
    Memory memory(std::aligned_alloc(16, rounded ? rounded : 16));
    if (memory) std::memset(memory.get(), 0xff, rounded);
    return memory;
  }

  unsigned index_;
  LaunchShape shape_;
  std::vector<Memory> memory_;
  bool backwards_ = true;
};

/// Runs a launch immediately, group by group.
template <class Kernel>
void run_emulated(const LaunchShape& shape, const Kernel& kernel) {
  for (unsigned index = 0; index < shape.groups; ++index) {
    EmulatedThreadGroup group(index, shape);
    kernel(group);
  }
}

#endif

}  // namespace eigenstudent::cuda
