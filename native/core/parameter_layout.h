// One flat block of parameters per student, with named tensors in it, and one of buffers.
//
// Order: layer by layer; within a layer that of the type's description (matrix [N_out][N_in], eigenvalues_in
// [N_in], eigenvalues_out [N_out], bias [N_out]); tensors row-major, absent ones take no space; no padding.
// Gradients and optimiser moments use the same offsets.
#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <vector>

#include "core/layer_description.h"
#include "core/network_spec.h"

namespace eigenstudent {

struct Tensor {
  std::size_t layer = 0;
  TensorDescription description;
  TensorOptions options;
  std::uint32_t part = 0;  // of the stream of its first values (core/philox.h)
  std::size_t offset = 0;  // in scalars from the start of the block
  std::size_t rows = 0;    // 1 where it has none
  std::size_t columns = 0;

  TensorRole role() const { return static_cast<TensorRole>(description.role); }
  std::size_t size() const { return rows * columns; }
};

struct Buffer {
  std::size_t layer = 0;
  BufferDescription description;
  std::size_t offset = 0;  // in scalars from the start of the block of buffers
};

class ParameterLayout {
 public:
  /// Every tensor, in the order of the block.
  const std::vector<Tensor>& tensors() const { return tensors_; }
  /// Number of scalars in the block.
  std::size_t size() const { return size_; }
  const std::vector<Buffer>& buffers() const { return buffers_; }
  /// Number of scalars in the block of buffers.
  std::size_t buffer_size() const { return buffer_size_; }

  /// Position of a tensor in tensors(), or -1 when the layer has none of that role.
  int index_of(std::size_t layer, std::size_t role) const { return index_[layer * most_roles + role]; }
  int index_of(std::size_t layer, TensorRole role) const {
    return index_of(layer, static_cast<std::size_t>(role));
  }
  /// Start of a tensor in `block`, or nullptr when the layer has none.
  template <class T, class Role>
  T* find(T* block, std::size_t layer, Role role) const {
    const int index = index_of(layer, role);
    return index < 0 ? nullptr : block + tensors_[static_cast<std::size_t>(index)].offset;
  }

  /// Assigns places to the next layer: to those of the described tensors that it has, in their order.
  void append(const LayerDescription& description, const std::vector<TensorSpec>& present);

  static constexpr std::size_t most_roles = 16;  // per layer; part of the file formats, through Tensor::part

 private:
  std::vector<Tensor> tensors_;
  std::vector<Buffer> buffers_;
  std::vector<int> index_;
  std::size_t layers_ = 0;
  std::uint32_t layers_with_tensors_ = 0;
  std::size_t size_ = 0;
  std::size_t buffer_size_ = 0;
};

}  // namespace eigenstudent
