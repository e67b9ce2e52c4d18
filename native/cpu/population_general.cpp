// Students that the fused path does not support: the general executor with this backend's kernels, one
// student per thread, or where there are fewer than threads, one after the other with all threads.
#include "cpu/population.h"
#include "executor/hessian_product.h"
#include "executor/oracle_order.h"
#include "executor/recalibration.h"

namespace eigenstudent::cpu {

template <class T>
Execution CpuPopulation<T>::execution(std::size_t student) const {
  this->check_student(student);
  if (!is_general(student)) return {};
  const std::string reason = why_no_chain(this->members_[student].spec);
  return {eigenstudent::Kernels::general, reason.empty() ? "it was asked for" : reason};
}

template <class T>
void CpuPopulation<T>::train_general(std::size_t student, std::uint64_t until_epoch, Worker& worker,
                                     const StopFlag& stop) {
  Member& m = this->members_[student];
  GraphStudent<T, GeneralKernels> general = general_student(student, worker);
  while (this->wants_step(m, until_epoch) && !stop.load(std::memory_order_relaxed))
    this->train_step(m, general);
}

template <class T>
GraphStudent<T, GeneralKernels> CpuPopulation<T>::general_student(std::size_t student, Worker& worker) {
  Member& m = this->members_[student];
  const ParallelLoop loop = &worker == &shared_ ? ParallelLoop(pool_) : ParallelLoop();
  return {m.spec, m.network, m.state, worker.scratch, GeneralKernels(loop)};
}

/// All evaluations of a student in one task: only one thread at a time may use its scratch.
template <class T>
void CpuPopulation<T>::evaluate_general(std::span<const DatasetPtr> data, std::span<Evaluation> results,
                                        Statistics statistics, const StopFlag& stop) {
  std::vector<std::size_t> students;
  for (std::size_t i = 0; i < this->size(); ++i)
    if (is_general(i)) students.push_back(i);
  for_students(students, stop, [&](Worker& worker, std::size_t student) {
    for (std::size_t q = student; q < data.size(); q += this->size())
      if (data[q])
        results[q] = general_student(student, worker).evaluate(*data[q], statistics, nullptr, stop);
  });
}

/// Used for students of the fused path as well where gradients of inputs are requested, which that path does
/// not compute.
template <class T>
Losses CpuPopulation<T>::general_gradient(std::size_t student, const Dataset& data, T* gradient,
                                          const GradientOptions& options) {
  if (is_general(student)) return general_student(student, shared_).gradient(data, gradient, options);
  Member& m = this->members_[student];
  StudentState<T> state = evaluation_state(student);
  return GraphStudent<T, GeneralKernels>(m.spec, m.network, state, shared_.scratch)
      .gradient(data, gradient, options);
}

/// A copy of parameters and buffers, in public order; nothing else.
template <class T>
StudentState<T> CpuPopulation<T>::evaluation_state(std::size_t student) const {
  const Member& m = this->members_[student];
  StudentState<T> state;
  state.parameters = is_general(student) ? m.state.parameters : parameters(student);
  state.buffers = m.state.buffers;
  return state;
}

template <class T>
void CpuPopulation<T>::hessian_product(std::size_t student, const Dataset& data, const void* direction,
                                       void* product, Statistics statistics) {
  const Member& m = this->member(student);
  eigenstudent::hessian_product(*this, student, m.spec.objective, dtype_of<T>, data, statistics, direction,
                                product);
}

template <class T>
std::vector<std::uint32_t> CpuPopulation<T>::oracle_order(std::size_t student, std::size_t layer,
                                                          const Dataset& data, const StopFlag& stop) {
  this->check_data(student, data, true);
  const Member& m = this->members_[student];
  StudentState<T> state = evaluation_state(student);
  return eigenstudent::oracle_order<T, GeneralKernels>(m.spec, m.network, state, layer, data, stop);
}

/// Students of the fused path have no running statistics.
template <class T>
void CpuPopulation<T>::recalibrate(std::size_t student, const Dataset& data, std::size_t batch_size,
                                   const StopFlag& stop) {
  this->check_data(student, data, false);
  Member& m = this->members_[student];
  if (!is_general(student)) return;
  eigenstudent::recalibrate<T, GeneralKernels>(m.network, m.state.parameters, data, batch_size, stop,
                                               m.state.buffers);
}

#define INSTANTIATE(T)                                                                                    \
  template Execution CpuPopulation<T>::execution(std::size_t) const;                                      \
  template void CpuPopulation<T>::train_general(std::size_t, std::uint64_t, Worker&, const StopFlag&);    \
  template GraphStudent<T, GeneralKernels> CpuPopulation<T>::general_student(std::size_t, Worker&);       \
  template void CpuPopulation<T>::evaluate_general(std::span<const DatasetPtr>, std::span<Evaluation>,    \
                                                   Statistics, const StopFlag&);                          \
  template StudentState<T> CpuPopulation<T>::evaluation_state(std::size_t) const;                         \
  template void CpuPopulation<T>::hessian_product(std::size_t, const Dataset&, const void*, void*,        \
                                                  Statistics);                                            \
  template void CpuPopulation<T>::recalibrate(std::size_t, const Dataset&, std::size_t, const StopFlag&); \
  template std::vector<std::uint32_t> CpuPopulation<T>::oracle_order(std::size_t, std::size_t,            \
                                                                     const Dataset&, const StopFlag&);    \
  template Losses CpuPopulation<T>::general_gradient(std::size_t, const Dataset&, T*, const GradientOptions&);
INSTANTIATE(float)
INSTANTIATE(double)
#undef INSTANTIATE

}  // namespace eigenstudent::cpu
