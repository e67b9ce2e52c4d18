// The forward pass, lanes along the nodes: a block of the batch through all layers, and its loss.
#pragma once

#include <algorithm>
#include <cstddef>
#include <vector>

#include "core/dataset.h"
#include "cpu/fused/context.h"

namespace eigenstudent::cpu {

/// A panel of a layer's outputs, [rows][width] each; z is y where f' does not need it.
template <class T>
struct Nodes {
  T* z;
  T* y;
  T* delta;
};

/// The outputs of the layers for a block of the batch, and dL/dz. A Workspace owns it and lays it out;
/// forward passes write x, z and y, the loss writes delta of the last layer, backward passes that of those
/// below.
template <class T>
struct Activations {
  const Plan* plan = nullptr;
  AlignedBuffer<T> block;  // [rows_per_block][plan row size]
  std::size_t rows_per_block = 0;
  std::size_t rows = 0;  // of the current block; with the lanes along the samples, their padding included

  // With the lanes along the samples (lanes.h):
  bool along_samples = false;           // training steps of the current student
  AlignedBuffer<T> targets, ones;       // [N_out][rows_per_block] and [rows_per_block]
  std::vector<Panels> panels_of_count;  // how so many samples are cut into panels

  // Of the current block, [rows][...] in panels.
  T* y(std::size_t l) { return block.get() + plan->layers[l].y * rows; }
  T* z(std::size_t l) {
    const LayerPlan& layer = plan->layers[l];
    return block.get() + (layer.z == LayerPlan::npos ? layer.y : layer.z) * rows;
  }
  T* delta(std::size_t l) { return block.get() + plan->layers[l].delta * rows; }
  T* delta(std::size_t l, const Panel& panel) {
    return delta(l) + (plan->layers[l].delta_by_panel ? 0 : panel.offset * rows);
  }
  T* input(std::size_t l) { return l == 0 ? block.get() : y(l - 1); }
  Nodes<T> nodes(std::size_t l, const Panel& panel) {
    const std::size_t at = panel.offset * rows;
    return {z(l) + at, y(l) + at, delta(l, panel)};
  }

  /// Kept, because a training step may not allocate.
  const Panels& sample_panels(std::size_t count, const Kernels<T>& kernels) {
    const auto known = std::find_if(panels_of_count.begin(), panels_of_count.end(),
                                    [&](const Panels& panels) { return panels.columns == count; });
    return known != panels_of_count.end() ? *known : panels_of_count.emplace_back(cut_panels(count, kernels));
  }
  std::size_t bytes() const { return block.bytes() + targets.bytes() + ones.bytes(); }
};

/// The samples of a block through all layers.
template <class T>
void forward_block(const Context<T>& context, Activations<T>& activations, const Dataset& data, Batch block);

struct Score {
  double loss = 0;
  std::size_t correct = 0;  // outputs whose largest is the class
};
/// Loss of the current block, every sample's share divided by `total` samples; with want_delta also dL/dz of
/// the last layer.
template <class T>
Score loss_of_block(const Context<T>& context, Activations<T>& activations, const Dataset& data, Batch block,
                    std::size_t total, bool want_delta);

/// To rows of a panel of layer l.
template <class T>
void add_bias(const Context<T>& context, std::size_t l, const Panel& panel, std::size_t rows, T* z);

}  // namespace eigenstudent::cpu
