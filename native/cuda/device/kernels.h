// The kernels of one kind of device as a table of launches: one table is compiled by nvcc for GPUs, one by the host
// compiler for emulated devices, from the same source (kernel_table.h).
#pragma once

#include "cuda/device/device.h"
#include "cuda/device/layerwise_arguments.h"

namespace eigenstudent::cuda {

struct ResidentKernels;

/// Each entry enqueues one launch in the stream in use. Grids are sized by the struct's own `rows`; with a control its
/// batch may have fewer, and then the rest of the blocks has nothing to do.
struct KernelTable {
  /// Loads the code of all kernels below onto the device and sets the attributes of their launches; not those
  /// of `resident`.
  void (*load)(Device&);
  void (*begin_step)(Device&, const BeginStep&);
  void (*gather)(Device&, const Gather&);
  void (*forward_product)(Device&, const ForwardProduct&);
  void (*input_gradient)(Device&, const InputGradient&);
  void (*weight_gradient)(Device&, const WeightGradient&);
  void (*column_sums)(Device&, const ColumnSums&);
  void (*add_parts)(Device&, const AddParts&);
  void (*batch_loss)(Device&, const BatchLoss&);
  void (*finish_step)(Device&, const FinishStep&);
  void (*row_lasso_factor)(Device&, const RowLassoFactors&);
  void (*update)(Device&, const Update&, std::size_t largest_tensor);
  void (*form_weights)(Device&, const FormWeights&);
  void (*pruning_losses)(Device&, const PruningLosses&);
  void (*sum_shares)(Device&, const SumShares&);
  const ResidentKernels* resident;  // those of small students (resident_job.h)
};

/// Sizes of the outputs of kernels, for the host.
std::uint32_t loss_blocks(std::uint32_t rows);                                         // shares of BatchLoss
std::uint32_t weight_gradient_tiles_in(std::uint32_t inputs, std::uint32_t outputs);   // rows of partial_in
std::uint32_t weight_gradient_tiles_out(std::uint32_t inputs, std::uint32_t outputs);  // rows of partial_out
std::uint32_t pruning_groups(std::uint32_t rows);
std::size_t pruning_shared_bytes(std::uint32_t stride);
std::uint32_t pruning_group_samples();

const KernelTable& gpu_kernels();
/// Whether the code that the current device runs for resident students was compiled for clusters of blocks. A build for
/// older GPUs runs on newer ones too, from its PTX, where every block is a cluster.
bool resident_kernel_knows_clusters();
/// Number of clusters of this shape that can run at a time on the current device. Returns a cudaError_t.
int resident_clusters_at_once(const LaunchShape& shape, int& clusters);
const KernelTable& emulated_kernels();

}  // namespace eigenstudent::cuda
