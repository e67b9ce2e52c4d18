// The kernels for emulated devices: the source of kernels_gpu.cu, compiled by the host compiler.
#include "cuda/kernel_table.h"

namespace eigenstudent::cuda {

namespace {

struct EmulatedLauncher {
  template <class Kernel>
  static void launch(Device& device, const char* name, const LaunchShape& shape, const Kernel& kernel) {
    device.run_here(name, [shape, kernel] { run_emulated(shape, kernel); });
  }
};

}  // namespace

const KernelTable& emulated_kernels() {
  static constexpr KernelTable table = Launches<EmulatedLauncher>::table;
  return table;
}

// The sizes are asked for here, once, because device code does not care who compiled it.
std::uint32_t loss_blocks(std::uint32_t rows) { return pieces(rows, loss_threads); }
std::uint32_t weight_gradient_tiles_in(std::uint32_t inputs, std::uint32_t outputs) {
  return pieces(outputs, wants_wide_tile(outputs, inputs) ? WideTile::rows : NarrowTile::rows);
}
std::uint32_t weight_gradient_tiles_out(std::uint32_t inputs, std::uint32_t outputs) {
  return pieces(inputs, wants_wide_tile(outputs, inputs) ? WideTile::columns : NarrowTile::columns);
}
std::uint32_t pruning_groups(std::uint32_t rows) { return pieces(rows, pruning_threads); }
std::uint32_t pruning_group_samples() { return pruning_threads; }
std::size_t pruning_shared_bytes(std::uint32_t stride) {
  return sizeof(PruningKernel::Shared) + sizeof(float) * pruning_threads * stride;
}

}  // namespace eigenstudent::cuda
