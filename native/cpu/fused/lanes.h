// The lanes along the samples: matrices are [nodes][lanes], one panel of samples after the other, and the
// weights are the broadcast side of every product. For training narrow students whose layers would leave
// lanes of their last vector unused (20 nodes take 24 lanes of AVX2; 300 samples take 304), for their
// evaluation, and for the pruning curve, whose tail is narrow.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "cpu/fused/backward.h"

namespace eigenstudent::cpu {

/// x, and targets where there are any, of a group of samples: [N_0][lanes] and [N_out][lanes]. Lanes past the last
/// sample are zero.
template <class T>
void gather_lanes(const Context<T>& context, const Dataset& data, Batch group, std::size_t lanes, T* x,
                  T* targets);

/// Every lane of z of layer l starts from the bias; without one z is left alone. Returns whether there is one.
template <class T>
bool fill_bias(const Context<T>& context, std::size_t l, T* z, std::size_t lanes) {
  const T* bias = context.bias(l);
  for (std::size_t i = 0; bias && i < context.layer(l).spec->outputs; ++i)
    std::fill_n(z + i * lanes, lanes, bias[i]);
  return bias != nullptr;
}

/// z and y of layer l, [N_out][lanes], from x, [N_in][lanes]; z may be y where f' does not need it.
template <class T>
void forward_lanes(const Context<T>& context, std::size_t l, const T* x, T* z, T* y, std::size_t lanes);

/// The group's share of the loss at the outputs y, [N_out][lanes], and dL/dy where wanted (zero in lanes without a
/// sample).
template <class T>
double loss_of_lanes(const Context<T>& context, const Dataset& data, Batch group, const T* y,
                     const T* targets, std::size_t lanes, std::size_t total, T* delta);

/// The forward and backward passes of a training step, block by block. Leaves the gradients of the batch and
/// returns its loss.
template <class T>
double accumulate_lanes(const Context<T>& context, Activations<T>& activations, Gradients<T>& gradients,
                        const Dataset& data, Batch batch, std::uint8_t mask);

}  // namespace eigenstudent::cpu
