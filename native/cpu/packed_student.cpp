#include "cpu/packed_student.h"

#include <algorithm>
#include <utility>

namespace eigenstudent::cpu {
namespace {

/// Where a tensor begins in a padded block.
std::size_t offset_of(const LayerPlan& plan, TensorRole role) {
  switch (role) {
    case TensorRole::eigenvalues_in:
      return plan.eigenvalues_in;
    case TensorRole::eigenvalues_out:
      return plan.eigenvalues_out;
    case TensorRole::bias:
      return plan.bias;
    case TensorRole::matrix:
      break;
  }
  return plan.matrix;
}

}  // namespace

template <class T>
PackedStudent<T>::PackedStudent(const NetworkSpec& network, const ParameterLayout& layout,
                                std::shared_ptr<const Plan> plan, std::size_t moments)
    : network_(&network), layout_(&layout), plan_(std::move(plan)) {
  parameters_.require_zeros(plan_->block_size);
  first_moment_.require_zeros(plan_->block_size);
  if (moments == 2) second_moment_.require_zeros(plan_->block_size);
}

template <class T>
const AlignedBuffer<T>& PackedStudent<T>::buffer(StateBlock block) const {
  switch (block) {
    case StateBlock::first_moment:
      return first_moment_;
    case StateBlock::second_moment:
      return second_moment_;
    case StateBlock::parameters:
      break;
  }
  return parameters_;
}

template <class T>
void PackedStudent<T>::read(StateBlock block, T* values) const {
  if (const T* from = buffer(block).get()) unpack(from, values);
}

template <class T>
void PackedStudent<T>::write(StateBlock block, const T* values) {
  if (T* to = buffer(block).get()) pack(values, to);
  if (block == StateBlock::parameters) parameters_changed();
}

template <class T>
void PackedStudent<T>::pack(const T* values, T* block) const {
  for (const Tensor& tensor : layout_->tensors()) {
    const LayerPlan& plan = plan_->layers[tensor.layer];
    const T* from = values + tensor.offset;
    T* to = block + offset_of(plan, tensor.role);
    if (tensor.role != TensorRole::matrix)
      std::copy_n(from, tensor.size(), to);
    else if (plan.wide_out)
      to_panels_transposed(plan.out, plan.rows(), from, to);
    else
      to_panels(plan.in, plan.rows(), from, to);
  }
}

template <class T>
void PackedStudent<T>::unpack(const T* block, T* values) const {
  for (const Tensor& tensor : layout_->tensors()) {
    const LayerPlan& plan = plan_->layers[tensor.layer];
    const T* from = block + offset_of(plan, tensor.role);
    T* to = values + tensor.offset;
    if (tensor.role != TensorRole::matrix)
      std::copy_n(from, tensor.size(), to);
    else if (plan.wide_out)
      from_panels_transposed(plan.out, plan.rows(), from, to);
    else
      from_panels(plan.in, plan.rows(), from, to);
  }
}

template class PackedStudent<float>;
template class PackedStudent<double>;

}  // namespace eigenstudent::cpu
