// The arguments that all parts of a pass share for one student, and the weights that products read.
//
// A Workspace owns the Weights and the Scratch declared here; the student's numbers belong to the population or, where they are
// kept compact, are a copy in the workspace. A Context refers to all of them and owns nothing; a workspace makes one per call.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "cpu/fused/packed_student.h"
#include "cpu/fused/plan.h"
#include "cpu/thread_pool.h"
#include "executor/aligned_buffer.h"

namespace eigenstudent::cpu {

/// The samples of a pass: positions first .. first + count of `order`, or of the data set itself
/// when `order` is null.
struct Batch {
  const std::uint32_t* order;
  std::size_t first;
  std::size_t count;
  std::size_t sample(std::size_t position) const {
    return order ? order[first + position] : first + position;
  }
  /// At most `length` samples from position `from` on.
  Batch part(std::size_t from, std::size_t length) const {
    return {order, first + from, length < count - from ? length : count - from};
  }
};

/// Consecutive entries of a list.
struct Range {
  std::size_t first, end;
};

/// Cuts a list into consecutive ranges of at most `length`.
template <class Piece>
void for_ranges(std::size_t count, std::size_t length, const Piece& piece) {
  for (std::size_t first = 0; first < count; first += length)
    piece(Range{first, first + length < count ? first + length : count});
}

/// W of every layer, formed from phi and the eigenvalues. A wide student has all of them only for its pruning
/// curve.
template <class T>
struct Weights {
  static constexpr std::uint64_t no_version = static_cast<std::uint64_t>(-1);
  AlignedBuffer<T> block;              // [plan.weights_size]
  bool laid_out = false;               // for the current plan
  std::uint64_t version = no_version;  // of the student's parameters that they were formed from
};

/// A block for each thread.
template <class T>
struct ThreadBlocks {
  AlignedBuffer<T> blocks;  // [threads][size]
  std::size_t size = 0;
  void require(unsigned threads, std::size_t scalars) { blocks.require(threads * (size = scalars)); }
  T* of(unsigned thread) { return blocks.get() + thread * size; }
};

/// Scratch that is written and read within one call.
template <class T>
struct Scratch {
  std::vector<Segment<T>> segments;         // of the inner dimension of the current product
  AlignedBuffer<T> sample_y, sample_delta;  // [widest]: one sample's, contiguous
  ThreadBlocks<T> weights;  // wide students: W, or G, of the few panels that a thread works on
  ThreadBlocks<T> nodes;    // paired layers: y of the panels of nodes that a thread works on
  AlignedBuffer<T> lanes;   // evaluation, pruning curve: matrices of a group of samples, [nodes][lanes]
  AlignedBuffer<T> curve_weights;  // pruning curve: W of the layer above in the order of the nodes

  std::size_t bytes() const {
    return sample_y.bytes() + sample_delta.bytes() + weights.blocks.bytes() + nodes.blocks.bytes() +
           lanes.bytes() + curve_weights.bytes();
  }
};

/// The kernels, the student's plan and numbers, the weights formed from them, and the threads of loops.
template <class T>
struct Context {
  const Kernels<T>& kernels;
  const Chain& network;
  const ParameterLayout& layout;
  const Plan& plan;
  StudentBlocks<T>& blocks;  // parameters and moments
  Weights<T>& weights;
  Scratch<T>& scratch;
  ParallelLoop parallel;

  const LayerPlan& layer(std::size_t l) const { return plan.layers[l]; }
  std::size_t depth() const { return plan.layers.size(); }
  T* parameters() const { return blocks.parameters.get(); }
  /// That of layer l from one of its outputs on; null where it has none.
  const T* bias(std::size_t l, std::size_t from = 0) const {
    return layer(l).bias == LayerPlan::npos ? nullptr : parameters() + layer(l).bias + from;
  }
  /// W as panels over N_out, [N_in] rows; or over N_in, [N_out] rows. It exists where the student has all of it.
  const T* weights_over_out(const LayerPlan& layer) const {
    return layer.weights_are_matrix(true) ? parameters() + layer.matrix
                                          : weights.block.get() + layer.weights_over_out;
  }
  const T* weights_over_in(const LayerPlan& layer) const {
    return layer.weights_are_matrix(false) ? parameters() + layer.matrix
                                           : weights.block.get() + layer.weights_over_in;
  }
};

/// Forms the weights of all layers, unless they are those of this version of the parameters.
template <class T>
void form_weights(const Context<T>& context, std::uint64_t version);
/// Forms those of layer l.
template <class T>
void form_layer_weights(const Context<T>& context, std::size_t l);

/// Weights for an OuterProduct: [inner][lanes.width] for the panels `inner` of the other side. Those of a wide student are
/// formed here, in the thread's scratch.
template <class T>
const T* outer_weights(const Context<T>& context, std::size_t l, bool over_out, const Panel& lanes,
                       Range inner, unsigned thread);

/// In the layout of DotProduct.
template <class T>
struct DotWeights {
  const T* w;
  std::size_t first, rows;
};
/// Weights for a DotProduct with the outputs of a panel, and the panels `inner` of the inputs.
template <class T>
DotWeights<T> dot_weights(const Context<T>& context, std::size_t l, const Panel& outputs, Range inner,
                          unsigned thread);
/// Scalars of scratch that a thread forms weights in: those of an outer or of a dot product, and a square block of them.
template <class T>
std::size_t weights_scratch_size(const Context<T>& context);

}  // namespace eigenstudent::cpu
