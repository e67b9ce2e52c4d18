// Fills the table of kernels.h. `Launcher` launches the kernels (launchers.h).
#pragma once

#include <algorithm>

#include "cuda/device/kernels.h"
#include "cuda/layerwise/layerwise_product.h"
#include "cuda/layerwise/layerwise_pruning.h"
#include "cuda/layerwise/layerwise_step.h"

namespace eigenstudent::cuda {

inline unsigned pieces(std::size_t count, std::size_t length) {
  return static_cast<unsigned>((count + length - 1) / length);
}

template <class Launcher>
struct Launches {
  template <class Kernel>
  static void launch(Device& device, const char* name, const Kernel& kernel, std::size_t groups,
                     std::size_t shared_bytes = 0) {
    if (groups == 0) return;
    LaunchShape shape;
    shape.groups = static_cast<unsigned>(groups);
    shape.threads = Kernel::most_threads;
    shape.shared_bytes = shared_bytes;
    Launcher::launch(device, name, shape, kernel);
  }

  /// A product whose result is [rows][columns].
  template <class Kernel>
  static void launch_tiles(Device& device, const char* name, const Kernel& kernel, std::uint32_t rows,
                           std::uint32_t columns, int shared_floats) {
    using Tile = typename Kernel::Tile;
    const std::size_t tiles =
        static_cast<std::size_t>(pieces(rows, Tile::rows)) * pieces(columns, Tile::columns);
    launch(device, name, kernel, tiles, static_cast<std::size_t>(shared_floats) * sizeof(float));
  }

  template <template <class> class Kernel, class Product>
  static void launch_product(Device& device, const char* name, const Product& p, std::uint32_t rows,
                             std::uint32_t columns, bool wide) {
    if (wide)
      launch_tiles(device, name, Kernel<WideTile>{p}, rows, columns, Kernel<WideTile>::shared_floats);
    else
      launch_tiles(device, name, Kernel<NarrowTile>{p}, rows, columns, Kernel<NarrowTile>::shared_floats);
  }

  template <class... Kernels>
  static void load_each(Device& device, const char* name) {
    (Launcher::template load<Kernels>(device, name), ...);
  }
  template <template <class> class Kernel>
  static void load_product(Device& device, const char* name) {
    load_each<Kernel<WideTile>, Kernel<NarrowTile>>(device, name);
  }
  static void load(Device& device) {
    load_each<BeginStepKernel>(device, "begin_step");
    load_each<GatherKernel>(device, "gather");
    load_product<ForwardKernel>(device, "forward_product");
    load_product<InputGradientKernel>(device, "input_gradient");
    load_product<WeightGradientKernel>(device, "weight_gradient");
    load_each<ColumnSumsKernel>(device, "column_sums");
    load_each<AddPartsKernel>(device, "add_parts");
    load_each<BatchLossKernel>(device, "batch_loss");
    load_each<FinishStepKernel>(device, "finish_step");
    load_each<RowLassoFactorsKernel>(device, "row_lasso_factor");
    load_each<UpdateKernel>(device, "update");
    load_each<FormWeightsKernel>(device, "form_weights");
    load_each<PruningKernel>(device, "pruning_losses");
    load_each<SumSharesKernel>(device, "sum_shares");
  }

  static void begin_step(Device& device, const BeginStep& p) {
    launch(device, "begin_step", BeginStepKernel{p}, 1);
  }
  static void gather(Device& device, const Gather& p) {
    launch(device, "gather", GatherKernel{p},
           pieces(static_cast<std::size_t>(p.rows) * p.columns, entry_threads));
  }
  static void forward_product(Device& device, const ForwardProduct& p) {
    launch_product<ForwardKernel>(device, "forward_product", p, p.rows, p.weights.outputs,
                                  wants_wide_tile(p.rows, p.weights.outputs));
  }
  static void input_gradient(Device& device, const InputGradient& p) {
    launch_product<InputGradientKernel>(device, "input_gradient", p, p.rows, p.weights.inputs,
                                        wants_wide_tile(p.rows, p.weights.inputs));
  }
  static void weight_gradient(Device& device, const WeightGradient& p) {
    launch_product<WeightGradientKernel>(device, "weight_gradient", p, p.weights.outputs, p.weights.inputs,
                                         wants_wide_tile(p.weights.outputs, p.weights.inputs));
  }
  static void column_sums(Device& device, const ColumnSums& p) {
    launch(device, "column_sums", ColumnSumsKernel{p}, pieces(p.columns, sum_columns),
           ColumnSumsKernel::shared_floats * sizeof(float));
  }
  static void add_parts(Device& device, const AddParts& p) {
    launch(device, "add_parts", AddPartsKernel{p}, pieces(p.size, entry_threads));
  }
  static void batch_loss(Device& device, const BatchLoss& p) {
    launch(device, "batch_loss", BatchLossKernel{p}, pieces(p.batch.rows, loss_threads),
           sizeof(BatchLossKernel::Shares));
  }
  static void finish_step(Device& device, const FinishStep& p) {
    launch(device, "finish_step", FinishStepKernel{p}, 1);
  }
  static void row_lasso_factor(Device& device, const RowLassoFactors& p) {
    launch(device, "row_lasso_factor", RowLassoFactorsKernel{p}, pieces(p.rows, sum_slices),
           RowLassoFactorsKernel::shared_floats * sizeof(float));
  }
  static void update(Device& device, const Update& p, std::size_t largest_tensor) {
    const std::uint32_t blocks = pieces(largest_tensor, entry_threads);
    launch(device, "update", UpdateKernel{p, blocks}, static_cast<std::size_t>(blocks) * p.tensor_count);
  }
  static void form_weights(Device& device, const FormWeights& p) {
    const std::size_t count = static_cast<std::size_t>(p.weights.inputs) * p.weights.outputs;
    launch(device, "form_weights", FormWeightsKernel{p}, pieces(count, FormWeightsKernel::most_threads));
  }
  static void pruning_losses(Device& device, const PruningLosses& p) {
    launch(device, "pruning_losses", PruningKernel{p}, pruning_groups(p.rows),
           p.scratch ? sizeof(PruningKernel::Shared) : pruning_shared_bytes(p.stride));
  }
  static void sum_shares(Device& device, const SumShares& p) {
    launch(device, "sum_shares", SumSharesKernel{p}, pieces(p.count, SumSharesKernel::most_threads));
  }

  static KernelTable table_with(const ResidentKernels& resident) {
    return {load,         begin_step,     gather,     forward_product, input_gradient,   weight_gradient,
            column_sums,  add_parts,      batch_loss, finish_step,     row_lasso_factor, update,
            form_weights, pruning_losses, sum_shares, &resident};
  }
};

}  // namespace eigenstudent::cuda
