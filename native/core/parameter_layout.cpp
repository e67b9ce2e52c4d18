#include "core/parameter_layout.h"

namespace eigenstudent {

ParameterLayout::ParameterLayout(const NetworkSpec& network)
    : index_(network.layers.size() * tensor_role_count, -1) {
  for (std::size_t k = 0; k < network.layers.size(); ++k) {
    const LayerSpec& layer = network.layers[k];
    for (std::size_t r = 0; r < tensor_role_count; ++r) {
      if (!layer.tensors[r].present) continue;
      const TensorRole role = static_cast<TensorRole>(r);
      const bool matrix = role == TensorRole::matrix;
      const bool one_per_input = matrix || role == TensorRole::eigenvalues_in;
      const Tensor tensor{k, role, size_, matrix ? layer.outputs : 1,
                          one_per_input ? layer.inputs : layer.outputs};
      index_[k * tensor_role_count + r] = static_cast<int>(tensors_.size());
      tensors_.push_back(tensor);
      size_ += tensor.size();
    }
  }
}

}  // namespace eigenstudent
