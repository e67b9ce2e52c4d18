#include "core/parameter_layout.h"

#include <algorithm>

namespace eigenstudent {

void ParameterLayout::append(const LayerDescription& description, const std::vector<TensorSpec>& present) {
  const std::size_t layer = layers_++;
  index_.resize(layers_ * most_roles, -1);
  for (const TensorDescription& tensor : description.tensors) {
    const auto spec = std::find_if(present.begin(), present.end(),
                                   [&](const TensorSpec& one) { return one.name == tensor.name; });
    if (spec == present.end()) continue;
    const std::uint32_t part = static_cast<std::uint32_t>(most_roles) * layers_with_tensors_ + tensor.role;
    index_[layer * most_roles + tensor.role] = static_cast<int>(tensors_.size());
    tensors_.push_back({layer, tensor, *spec, part, size_, tensor.rows(), tensor.size() / tensor.rows()});
    size_ += tensor.size();
  }
  if (!description.tensors.empty()) ++layers_with_tensors_;
  for (const BufferDescription& buffer : description.buffers) {
    buffers_.push_back({layer, buffer, buffer_size_});
    buffer_size_ += buffer.size();
  }
}

}  // namespace eigenstudent
