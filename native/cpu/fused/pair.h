// Layers 0 and 1 of a wide student that is thin below and above the nodes between them (Plan::paired). Both pass together, a
// few panels of nodes at a time, so that a panel's outputs and their gradient stay in the caches of one thread: forward, rows
// of the batch are shared out among threads; backward, panels of nodes. The way back computes the outputs again. Every
// number comes from the same sums in the same order as without pairs.
#pragma once

#include <cstddef>

#include "cpu/fused/update.h"

namespace eigenstudent::cpu {

/// Scalars of scratch.nodes that a thread needs for blocks of so many rows.
template <class T>
std::size_t pair_scratch_size(const Context<T>& context, std::size_t rows);

/// From x of the current block to y of layer 1.
template <class T>
void forward_pair(const Context<T>& context, Activations<T>& activations);
/// dL/dz of layer 1 to the gradients of both layers; `passes` of the optimiser take them, or they are kept where that is null.
template <class T>
void backward_pair(const Backward<T>& pass, const MatrixPass<T>* passes = nullptr);

}  // namespace eigenstudent::cpu
