#include "executor/hessian_product.h"

#include <vector>

#include "core/dual.h"
#include "executor/graph_student.h"
#include "layers/reference_list.h"

namespace eigenstudent {

namespace {

/// The student's numbers as dual numbers, with the direction as their derivatives.
template <class T>
StudentState<Dual> dual_state(const Population& population, std::size_t student, const T* direction) {
  const ParameterLayout& layout = population.layout(student);
  std::vector<T> parameters(layout.size()), buffers(layout.buffer_size());
  population.read(student, StateBlock::parameters, parameters.data());
  if (!buffers.empty()) population.read(student, StateBlock::buffers, buffers.data());
  StudentState<Dual> state;
  state.parameters.assign(parameters.begin(), parameters.end());
  state.buffers.assign(buffers.begin(), buffers.end());
  for (const Tensor& tensor : layout.tensors())
    for (std::size_t i = 0; tensor.options.trainable && i < tensor.size(); ++i)
      state.parameters[tensor.offset + i].slope = static_cast<double>(direction[tensor.offset + i]);
  return state;
}

template <class T>
void product_of(const Population& population, std::size_t student, const Objective& objective,
                const Dataset& data, Statistics statistics, const T* direction, T* product) {
  const Graph& network = population.network(student);
  const StudentSpec spec{network.spec(), objective};
  StudentState<Dual> state = dual_state(population, student, direction);
  std::vector<Dual> gradient(network.layout().size());
  GraphScratch<Dual> scratch;
  GraphStudent<Dual, ReferenceKernels>(spec, network, state, scratch)
      .loss_gradient(data, gradient.data(), {statistics, nullptr});
  for (std::size_t i = 0; i < gradient.size(); ++i) product[i] = static_cast<T>(gradient[i].slope);
}

}  // namespace

void hessian_product(const Population& population, std::size_t student, const Objective& objective,
                     DType dtype, const Dataset& data, Statistics statistics, const void* direction,
                     void* product) {
  check_fits(data, population.network(student), objective, dtype, true);
  const auto find = [&](auto* typed_product) {
    using T = std::remove_pointer_t<decltype(typed_product)>;
    product_of(population, student, objective, data, statistics, static_cast<const T*>(direction),
               typed_product);
  };
  if (dtype == DType::float32)
    find(static_cast<float*>(product));
  else
    find(static_cast<double*>(product));
}

}  // namespace eigenstudent
