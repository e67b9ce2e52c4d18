#include "reference/network_pass.h"

#include <algorithm>

#include "core/activations.h"
#include "core/loss.h"
#include "core/optimizer.h"
#include "core/penalty.h"
#include "core/schedule.h"
#include "reference/layer.h"

namespace eigenstudent::reference {

namespace {

/// The layer's tensors in the block `parameters`, and their gradients in the block `gradient` (which may be
/// null).
template <class T>
LayerBackward<T> tensors_of(const NetworkView<T>& network, std::size_t k, T* gradient) {
  const LayerSpec& layer = network.spec.layers[k];
  LayerBackward<T> out{};
  out.inputs = layer.inputs;
  out.outputs = layer.outputs;
  out.matrix = network.layout.find(network.parameters, k, TensorRole::matrix);
  out.eigenvalues_in = network.layout.find(network.parameters, k, TensorRole::eigenvalues_in);
  out.eigenvalues_out = network.layout.find(network.parameters, k, TensorRole::eigenvalues_out);
  out.grad_matrix = network.layout.find(gradient, k, TensorRole::matrix);
  out.grad_eigenvalues_in = network.layout.find(gradient, k, TensorRole::eigenvalues_in);
  out.grad_eigenvalues_out = network.layout.find(gradient, k, TensorRole::eigenvalues_out);
  out.grad_bias = network.layout.find(gradient, k, TensorRole::bias);
  return out;
}

const TensorSpec& spec_of(const NetworkSpec& spec, const Tensor& tensor) {
  return spec.layers[tensor.layer].tensor(tensor.role);
}

template <class T>
void silence(const Gate& gate, std::size_t rows, std::vector<T>& y) {
  const std::size_t nodes = gate.kept.size();
  for (std::size_t b = 0; b < rows; ++b)
    for (std::size_t i = 0; i < nodes; ++i)
      if (!gate.kept[i]) y[b * nodes + i] = 0;
}

}  // namespace

template <class T>
Batch<T> gather(const Dataset& data, const std::uint32_t* samples, std::size_t rows) {
  const Samples<T>& all = data.as<T>();
  Batch<T> batch;
  batch.rows = rows;
  for (std::size_t b = 0; b < rows; ++b) {
    const std::size_t sample = samples[b];
    for (std::size_t j = 0; j < data.input_count; ++j)
      batch.x.push_back(all.inputs[sample * data.input_count + j]);
    for (std::size_t i = 0; i < data.target_count && !all.targets.empty(); ++i)
      batch.targets.push_back(all.targets[sample * data.target_count + i]);
    if (!all.classes.empty()) batch.classes.push_back(all.classes[sample]);
  }
  return batch;
}

template <class T>
Batch<T> slice(const Dataset& data, std::size_t first, std::size_t rows) {
  std::vector<std::uint32_t> samples(rows);
  for (std::size_t b = 0; b < rows; ++b) samples[b] = static_cast<std::uint32_t>(first + b);
  return gather<T>(data, samples.data(), rows);
}

template <class T>
Activity<T> forward(const NetworkView<T>& network, const Batch<T>& batch, const Gate* gate) {
  Activity<T> activity;
  for (std::size_t k = 0; k < network.spec.layers.size(); ++k) {
    const LayerSpec& layer = network.spec.layers[k];
    const LayerBackward<T> tensors = tensors_of<T>(network, k, nullptr);
    const T* bias = network.layout.find(network.parameters, k, TensorRole::bias);
    const T* x = k == 0 ? batch.x.data() : activity.y[k - 1].data();
    activity.z.emplace_back(batch.rows * layer.outputs);
    activity.y.emplace_back(batch.rows * layer.outputs);
    layer_forward<T>({batch.rows, layer.inputs, layer.outputs, layer.activation, x, tensors.matrix,
                      tensors.eigenvalues_in, tensors.eigenvalues_out, bias, activity.z[k].data(),
                      activity.y[k].data()});
    if (gate && gate->layer == k) silence(*gate, batch.rows, activity.y[k]);
  }
  return activity;
}

template <class T>
double loss(const NetworkSpec& spec, const Batch<T>& batch, const std::vector<T>& y, std::size_t mean_over,
            T* delta) {
  const std::size_t outputs = spec.outputs();
  double sum = 0;
  for (std::size_t b = 0; b < batch.rows; ++b) {
    const T* answer = y.data() + b * outputs;
    T* row = delta ? delta + b * outputs : nullptr;
    sum += spec.loss == LossKind::mse
               ? mse_sample(answer, batch.targets.data() + b * outputs, outputs, mean_over, row)
               : cross_entropy_sample(answer, batch.classes[b], outputs, mean_over, row);
  }
  return sum;
}

template <class T>
std::size_t correct_answers(const NetworkSpec& spec, const Batch<T>& batch, const std::vector<T>& y) {
  const std::size_t outputs = spec.outputs();
  std::size_t correct = 0;
  for (std::size_t b = 0; b < batch.classes.size(); ++b) {
    std::size_t largest = 0;
    for (std::size_t i = 1; i < outputs; ++i)
      if (y[b * outputs + i] > y[b * outputs + largest]) largest = i;
    if (largest == batch.classes[b]) ++correct;
  }
  return correct;
}

template <class T>
std::vector<T> backward(const NetworkView<T>& network, const Batch<T>& batch, const Activity<T>& activity,
                        std::vector<T> delta) {
  std::vector<T> gradient(network.layout.size(), T(0));
  for (std::size_t k = network.spec.layers.size(); k-- > 0;) {
    const LayerSpec& layer = network.spec.layers[k];
    for (std::size_t i = 0; i < delta.size(); ++i)  // dL/dz = dL/dy f'(z)
      delta[i] *= activation_derivative(layer.activation, activity.z[k][i], activity.y[k][i]);
    std::vector<T> grad_x(k == 0 ? 0 : batch.rows * layer.inputs);
    LayerBackward<T> tensors = tensors_of(network, k, gradient.data());
    tensors.batch = batch.rows;
    tensors.x = k == 0 ? batch.x.data() : activity.y[k - 1].data();
    tensors.delta = delta.data();
    tensors.grad_x = k == 0 ? nullptr : grad_x.data();
    weight_backward(tensors);
    delta = grad_x;
  }
  return gradient;
}

template <class T>
void spectral_gradient(const NetworkView<T>& network, std::vector<T>& gradient) {
  for (std::size_t k = 0; k < network.spec.layers.size(); ++k) {
    if (network.spec.layers[k].kind != LayerKind::spectral) continue;
    const LayerBackward<T> tensors = tensors_of(network, k, gradient.data());
    spectral_gradient(tensors, tensors.grad_matrix);
  }
}

template <class T>
double penalty(const NetworkView<T>& network, std::vector<T>& gradient) {
  double sum = 0;
  for (const Tensor& tensor : network.layout.tensors()) {
    const TensorSpec& spec = spec_of(network.spec, tensor);
    const T* values = network.parameters + tensor.offset;
    T* of_tensor = gradient.data() + tensor.offset;
    sum += penalty_of(spec, values, tensor.rows, tensor.columns);
    if (spec.trainable)
      add_penalty_gradient(spec, values, tensor.rows, tensor.columns, of_tensor);
    else
      std::fill_n(of_tensor, tensor.size(), T(0));
  }
  return sum;
}

template <class T>
void optimizer(const StudentSpec& student, const ParameterLayout& layout, const std::vector<T>& gradient,
               StudentState<T>& state) {
  const double learning_rate = learning_rate_at(student.learning_rate, state.step, student.steps_per_epoch());
  const std::uint8_t mask = phase_mask_at(student.phases, state.step, student.steps_per_epoch());
  for (std::size_t t = 0; t < layout.tensors().size(); ++t) {
    const Tensor& tensor = layout.tensors()[t];
    if (!spec_of(student.network, tensor).trainable) continue;
    if (!in_phase(mask, student.network.layers[tensor.layer].kind, tensor.role)) continue;
    const OptimizerStep<T> step =
        optimizer_step<T>(student.optimizer, learning_rate, ++state.update_count[t]);
    for (std::size_t i = tensor.offset; i < tensor.offset + tensor.size(); ++i) {
      if (student.optimizer.kind == OptimizerKind::sgd)
        sgd_update(step, gradient[i], state.parameters[i], state.first_moment[i]);
      else
        adam_update(step, gradient[i], state.parameters[i], state.first_moment[i], state.second_moment[i]);
    }
  }
}

#define INSTANTIATE(T)                                                                               \
  template Batch<T> gather(const Dataset&, const std::uint32_t*, std::size_t);                       \
  template Batch<T> slice(const Dataset&, std::size_t, std::size_t);                                 \
  template Activity<T> forward(const NetworkView<T>&, const Batch<T>&, const Gate*);                 \
  template double loss(const NetworkSpec&, const Batch<T>&, const std::vector<T>&, std::size_t, T*); \
  template std::size_t correct_answers(const NetworkSpec&, const Batch<T>&, const std::vector<T>&);  \
  template std::vector<T> backward(const NetworkView<T>&, const Batch<T>&, const Activity<T>&,       \
                                   std::vector<T>);                                                  \
  template void spectral_gradient(const NetworkView<T>&, std::vector<T>&);                           \
  template double penalty(const NetworkView<T>&, std::vector<T>&);                                   \
  template void optimizer(const StudentSpec&, const ParameterLayout&, const std::vector<T>&,         \
                          StudentState<T>&);
INSTANTIATE(float)
INSTANTIATE(double)
#undef INSTANTIATE

}  // namespace eigenstudent::reference
