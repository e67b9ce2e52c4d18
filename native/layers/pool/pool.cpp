#include "layers/pool/pool.h"

namespace eigenstudent {

namespace {

LayerDescription describe_pool(const PoolOptions& pool, std::span<const Shape> reads) {
  check_read_count(1, reads.size());
  const Extents2d counts = window_counts(reads[0], pool.window());
  // A window of padding alone has no maximum.
  if (2 * pool.padding.height > pool.kernel.height || 2 * pool.padding.width > pool.kernel.width)
    refuse_layer("a padding of at most half the kernel",
                 std::to_string(pool.padding.height) + " x " + std::to_string(pool.padding.width) +
                     " for a kernel of " + std::to_string(pool.kernel.height) + " x " +
                     std::to_string(pool.kernel.width));
  LayerDescription description;
  description.output = {reads[0][0], counts.height, counts.width};
  return description;
}

}  // namespace

LayerDescription MaxPool2d::describe(std::span<const Shape> reads) const {
  return describe_pool(*this, reads);
}

LayerDescription AveragePool2d::describe(std::span<const Shape> reads) const {
  return describe_pool(*this, reads);
}

LayerDescription GlobalAveragePool::describe(std::span<const Shape> reads) const {
  check_read_count(1, reads.size());
  if (reads[0].size() != 3) refuse_layer("an image [channels, height, width] to read", text_of(reads[0]));
  LayerDescription description;
  description.output = {reads[0][0]};
  return description;
}

}  // namespace eigenstudent
