// Evaluation of a student: losses, outputs, the pruning curve.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "cpu/fused/forward.h"

namespace eigenstudent::cpu {

/// Every sample's share of the loss is divided by `total` samples. `activations` is laid out for wide students only; narrow ones
/// use scratch.lanes.
template <class T>
Score evaluate(const Context<T>& context, Activations<T>& activations, const Dataset& data, Batch batch,
               std::size_t total);

/// outputs: [count][N_out], row-major.
template <class T>
void predict(const Context<T>& context, Activations<T>& activations, const Dataset& data, Batch batch,
             T* outputs);

/// Adds to losses[k] this batch's share of the data loss with the k last nodes of removal_order kept (pruning.cpp). The student's
/// weights are formed.
template <class T>
void pruning_losses(const Context<T>& context, std::size_t layer,
                    std::span<const std::uint32_t> removal_order, const Dataset& data, Batch batch,
                    std::size_t total, std::span<double> losses);

}  // namespace eigenstudent::cpu
