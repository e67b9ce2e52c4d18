// The backward pass, lanes along the nodes: from dL/dz of the last layer to the gradients of every layer that
// trains.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "cpu/fused/forward.h"

namespace eigenstudent::cpu {

/// The gradients of the data loss. A Workspace owns and lays them out; backward passes add to them, the update reads them.
template <class T>
struct Gradients {
  AlignedBuffer<T> block;  // [plan.block_size]: G and dL/dbias, where they are kept
  bool laid_out = false;   // for the current plan
  /// Otherwise the update runs the backward pass and applies each gradient at once: no whole gradient of a
  /// matrix is stored.
  bool kept = true;
  /// What a layer's gradients are summed up to on the way.
  struct LayerSums {
    AlignedBuffer<T> bias;           // [widest]: dL/dbias, where gradients are not kept
    AlignedBuffer<T> in, out;        // [widest]: sums of G phi
    AlignedBuffer<T> rows;           // [panels][rows]: the same per panel, before they are added up
    AlignedBuffer<T> lasso_factors;  // [widest]: row_lasso_factor of the nodes
  };
  LayerSums sums[2];  // of the current layer; of paired layers also those of layer 0

  LayerSums& sums_of(const Plan& plan, std::size_t l) { return sums[plan.paired && l == 0 ? 1 : 0]; }
  /// dL/dbias of a layer that has a bias.
  T* bias(const Plan& plan, std::size_t l) {
    return kept ? block.get() + plan.layers[l].bias : sums_of(plan, l).bias.get();
  }
  std::size_t bytes() const {
    std::size_t total = block.bytes();
    for (const LayerSums& layer : sums)
      for (const AlignedBuffer<T>* buffer :
           {&layer.bias, &layer.in, &layer.out, &layer.rows, &layer.lasso_factors})
        total += buffer->bytes();
    return total;
  }
};

/// Arguments of a pass over the current block.
template <class T>
struct Backward {
  const Context<T>& context;
  Activations<T>& activations;
  Gradients<T>& gradients;
  std::uint8_t mask;  // tensors outside it get no gradient
  bool first_block;   // of the batch: G starts from it, else G of it is added
};

/// Gradients of all layers that train. G starts from the first block; dL/dbias is added to what is there, zero before the batch.
template <class T>
void backward_block(const Backward<T>& pass);
/// dL/dz of the layer below l, wide students: all threads, range by range of the inner dimension.
template <class T>
void input_gradients(const Backward<T>& pass, std::size_t l);

// One panel each: what backward passes, paired layers and the update of wide students have in common.

/// Adds a panel of delta to dL/dbias.
template <class T>
void bias_gradient(const Backward<T>& pass, std::size_t l, const Panel& panel, const T* delta) {
  const Context<T>& context = pass.context;
  if (!context.layer(l).trains(TensorRole::bias, pass.mask)) return;
  context.kernels.column_sums(delta, pass.activations.rows, panel.width,
                              pass.gradients.bias(context.plan, l) + panel.offset);
}

/// The panel of delta (or of x) that runs along the lanes of dL/dW.
template <class T>
const T* along_lanes(Activations<T>& activations, std::size_t l, const Panel& lanes) {
  return activations.plan->layers[l].wide_out ? activations.delta(l, lanes)
                                              : activations.input(l) + lanes.offset * activations.rows;
}

/// dL/dW in one panel of lanes, for a strip of the layer's shorter side, [strip.columns][lanes.width]. The batch is the inner
/// dimension.
template <class T>
void weight_gradient(const Backward<T>& pass, std::size_t l, const Panel& lanes, const Panel& strip,
                     const T* along, T* G) {
  Activations<T>& activations = pass.activations;
  const std::size_t rows = activations.rows;
  const T* across = pass.context.layer(l).wide_out ? activations.input(l) : activations.delta(l);
  const Segment<T> batch{across + strip.offset * rows, 1, static_cast<std::ptrdiff_t>(strip.width), rows};
  OuterProduct<T> product{};
  product.rows = strip.columns;
  product.width = lanes.width;
  product.segments = &batch;
  product.segment_count = 1;
  product.b = along;
  product.c = G;
  product.accumulate = !pass.first_block;
  product.epilogue = Epilogue::store;
  pass.context.kernels.outer_product(product);
}

/// delta_l W_l in one panel of the layer below, for a range of the inner dimension (scratch.segments holds delta_l); times f'
/// after the last one.
template <class T>
void input_gradient(const Backward<T>& pass, std::size_t l, const Panel& lanes, const Nodes<T>& below,
                    Range chunk, unsigned thread) {
  const Context<T>& context = pass.context;
  const std::vector<Segment<T>>& segments = context.scratch.segments;
  const Activation activation = context.layer(l - 1).spec->activation;
  const bool last = chunk.end == segments.size();
  OuterProduct<T> product{};
  product.rows = pass.activations.rows;
  product.width = lanes.width;
  product.segments = segments.data() + chunk.first;
  product.segment_count = chunk.end - chunk.first;
  product.b = outer_weights(context, l, false, lanes, chunk, thread);
  product.c = below.delta;
  product.y = below.y;
  product.accumulate = chunk.first > 0;
  product.epilogue = last ? mask_of(activation) : Epilogue::store;
  context.kernels.outer_product(product);
  if (last && product.epilogue == Epilogue::store && activation != Activation::linear)
    context.kernels.activation_backward(activation, below.z, below.y, below.delta,
                                        product.rows * lanes.width);
}

/// Strips of a wide layer taken together: as many as the second-level cache holds of what all panels read.
template <class T>
std::size_t strips_together(const Backward<T>& pass) {
  return std::max<std::size_t>(
      1, 400 * 1024 / (usual_width(pass.context.kernels) * pass.activations.rows * sizeof(T)));
}

}  // namespace eigenstudent::cpu
