// One flat block of parameters per student, with named tensors in it.
//
// Order: layer by layer; within a layer matrix [N_out][N_in] row-major, eigenvalues_in [N_in],
// eigenvalues_out [N_out], bias [N_out]; absent tensors take no room; no padding. Gradients and optimiser
// moments use the same offsets.
#pragma once

#include <cstddef>
#include <vector>

#include "core/network_spec.h"

namespace eigenstudent {

struct Tensor {
  std::size_t layer;
  TensorRole role;
  std::size_t offset;   // in scalars from the start of the block
  std::size_t rows;     // 1 for a vector
  std::size_t columns;  // its length
  std::size_t size() const { return rows * columns; }
};

class ParameterLayout {
 public:
  explicit ParameterLayout(const NetworkSpec& network);

  /// Every tensor, in the order of the block.
  const std::vector<Tensor>& tensors() const { return tensors_; }
  /// Number of scalars in the block.
  std::size_t size() const { return size_; }
  /// Position of a tensor in tensors(), or -1 when the layer has none.
  int index_of(std::size_t layer, TensorRole role) const {
    return index_[layer * tensor_role_count + static_cast<std::size_t>(role)];
  }
  /// Start of a tensor in `block`, or nullptr when the layer has none.
  template <class T>
  T* find(T* block, std::size_t layer, TensorRole role) const {
    const int index = index_of(layer, role);
    return index < 0 ? nullptr : block + tensors_[static_cast<std::size_t>(index)].offset;
  }

 private:
  std::vector<Tensor> tensors_;
  std::vector<int> index_;
  std::size_t size_ = 0;
};

}  // namespace eigenstudent
