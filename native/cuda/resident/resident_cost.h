// The planner's estimate of the cost of a product on a multiprocessor, in cycles: enough to rank tilings and
// chunks, not to predict a measurement.
#pragma once

#include <cstddef>
#include <span>

#include "cuda/resident/resident_plan.h"

namespace eigenstudent::cuda {

/// busy: cycles that arithmetic or shared memory is occupied, also with other blocks; span: cycles until the
/// block ends when it runs alone.
struct Cost {
  double busy = 0, span = 0;
  Cost& operator+=(const Cost& other) {
    busy += other.busy;
    span += other.span;
    return *this;
  }
  Cost operator*(double times) const { return {busy * times, span * times}; }
};

/// C[m][n] with an inner dimension of k, of which an iteration takes `stride`; moved: shared memory accesses
/// per entry of C for storing it.
struct Product {
  int m, n, k;
  int stride;
  double moved;
};

Cost cost_of(const Product& product, TileShape shape, int slices, int threads);

struct PricedTiling {
  Tiling tiling;
  Cost cost;
};
/// The cheapest of the shapes for a block of `threads`. sliced: whether the inner dimension may be cut.
PricedTiling best_tiling(const Product& product, std::span<const TileShape> shapes, int threads, bool sliced);

}  // namespace eigenstudent::cuda
