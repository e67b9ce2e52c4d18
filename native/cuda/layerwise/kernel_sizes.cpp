// The sizes that follow from how the kernels cut their work, for the host code of both kinds of devices.
#include "cuda/layerwise/kernel_table.h"

namespace eigenstudent::cuda {

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
