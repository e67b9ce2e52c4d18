#include "cuda/resident/resident_cost.h"

#include <algorithm>

namespace eigenstudent::cuda {

namespace {

// Cycles; guesses from the latencies of Hopper's shared memory and barriers (about 30 each), to be measured.
constexpr double round_overhead = 120;  // index arithmetic, first reads, last sums
constexpr double turn_overhead = 80;    // a barrier, and a round trip through shared memory
constexpr double barrier = 40;
constexpr double read_latency =
    35;  // of an iteration's first multiply-add, hidden by other warps of the scheduler
constexpr int schedulers = 4, lanes = 32;

int pieces(int count, int length) { return (count + length - 1) / length; }

}  // namespace

Cost cost_of(const Product& product, TileShape shape, int slices, int threads) {
  const int slots = threads / slices;
  const int tiles = pieces(product.m, shape.m) * pieces(product.n, shape.n);
  const double k = 4.0 * pieces(pieces(product.k, 4), slices);
  const double entries = shape.m * shape.n, reads = k * (shape.m + shape.n);
  Cost cost{0, barrier};
  for (int first = 0; first < tiles; first += slots) {
    const int warps = pieces(std::min(slots, tiles - first) * slices, lanes);
    const double moved = warps * (reads + product.moved * entries);
    // A quarter of the warps shares a scheduler, which issues one instruction per cycle.
    const double issued = k * entries + reads / 4 + 2 * product.moved * entries;
    cost.busy += std::max(issued * warps / schedulers, moved);
    const double alone = issued + k / product.stride * read_latency;
    const double together = std::max(issued * pieces(warps, schedulers), alone);
    cost.span += std::max(together, moved) + round_overhead + turn_overhead * (slices - 1);
  }
  return cost;
}

PricedTiling best_tiling(const Product& product, std::span<const TileShape> shapes, int threads,
                         bool sliced) {
  constexpr int cuts[] = {1, 2, 3, 4, 6, 8, 12, 16};
  PricedTiling best;
  bool found = false;
  for (std::size_t s = 0; s < shapes.size(); ++s) {
    for (const int slices : cuts) {
      if (slices > 1 && (!sliced || 4 * slices > product.k)) break;
      const Cost cost = cost_of(product, shapes[s], slices, threads);
      if (found && cost.busy + cost.span >= best.cost.busy + best.cost.span) continue;
      best = {{static_cast<std::int16_t>(s), static_cast<std::int16_t>(slices)}, cost};
      found = true;
    }
  }
  return best;
}

}  // namespace eigenstudent::cuda
