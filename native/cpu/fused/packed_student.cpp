#include "cpu/fused/packed_student.h"

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
PackedStudent<T>::PackedStudent(const Chain& network, const ParameterLayout& layout,
                                std::shared_ptr<const Plan> plan, std::size_t moments)
    : network_(&network), layout_(&layout), plan_(std::move(plan)) {
  constexpr double most_padding = 1.05;
  compact_ = !plan_->wide &&
             static_cast<double>(plan_->block_size) > most_padding * static_cast<double>(layout_->size());
  const std::size_t size = compact_ ? layout_->size() : plan_->block_size;
  values_.parameters.require_zeros(size);
  values_.first_moment.require_zeros(size);
  if (moments == 2) values_.second_moment.require_zeros(size);
}

template <class T>
const AlignedBuffer<T>& PackedStudent<T>::buffer(StateBlock block) const {
  switch (block) {
    case StateBlock::first_moment:
      return values_.first_moment;
    case StateBlock::second_moment:
      return values_.second_moment;
    case StateBlock::parameters:
    case StateBlock::buffers:  // a chain has none
      break;
  }
  return values_.parameters;
}

template <class T>
void PackedStudent<T>::read(StateBlock block, T* values) const {
  const T* from = buffer(block).get();
  if (!from) return;
  compact_ ? static_cast<void>(std::copy_n(from, layout_->size(), values)) : unpack(from, values);
}

template <class T>
void PackedStudent<T>::write(StateBlock block, const T* values) {
  T* to = buffer(block).get();
  if (!to) return;
  compact_ ? static_cast<void>(std::copy_n(values, layout_->size(), to)) : pack(values, to);
  parameters_changed();
}

template <class T>
void PackedStudent<T>::load(StudentBlocks<T>& to) const {
  const auto load_block = [&](const AlignedBuffer<T>& from, AlignedBuffer<T>& block) {
    if (from.get()) pack(from.get(), block.require_zeros(plan_->block_size));
  };
  load_block(values_.parameters, to.parameters);
  load_block(values_.first_moment, to.first_moment);
  load_block(values_.second_moment, to.second_moment);
}

template <class T>
void PackedStudent<T>::store(const StudentBlocks<T>& from) {
  unpack(from.parameters.get(), values_.parameters.get());
  unpack(from.first_moment.get(), values_.first_moment.get());
  if (values_.second_moment.get()) unpack(from.second_moment.get(), values_.second_moment.get());
}

/// Goes through the tensors: visit(tensor, plan of its layer, where it begins in a padded block).
template <class T>
template <class Visit>
void PackedStudent<T>::for_tensors(const Visit& visit) const {
  for (const Tensor& tensor : layout_->tensors()) {
    const LayerPlan& plan = plan_->layers[tensor.layer];
    visit(tensor, plan, offset_of(plan, tensor.role()));
  }
}

template <class T>
void PackedStudent<T>::pack(const T* values, T* block) const {
  for_tensors([&](const Tensor& tensor, const LayerPlan& plan, std::size_t offset) {
    if (tensor.role() != TensorRole::matrix)
      std::copy_n(values + tensor.offset, tensor.size(), block + offset);
    else if (plan.wide_out)
      to_panels_transposed(plan.out, plan.rows(), values + tensor.offset, block + offset);
    else
      to_panels(plan.in, plan.rows(), values + tensor.offset, block + offset);
  });
}

template <class T>
void PackedStudent<T>::unpack(const T* block, T* values) const {
  for_tensors([&](const Tensor& tensor, const LayerPlan& plan, std::size_t offset) {
    if (tensor.role() != TensorRole::matrix)
      std::copy_n(block + offset, tensor.size(), values + tensor.offset);
    else if (plan.wide_out)
      from_panels_transposed(plan.out, plan.rows(), block + offset, values + tensor.offset);
    else
      from_panels(plan.in, plan.rows(), block + offset, values + tensor.offset);
  });
}

template class PackedStudent<float>;
template class PackedStudent<double>;

}  // namespace eigenstudent::cpu
