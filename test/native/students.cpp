#include "students.h"

#include <cmath>

#include "core/graph.h"
#include "core/philox.h"

namespace eigenstudent::test {

namespace {

constexpr std::uint64_t seed = 20231210;  // arbitrary

void round_to_float(std::vector<double>& values) {
  for (double& value : values) value = static_cast<double>(static_cast<float>(value));
}

template <class T>
void fill_samples(Samples<T>& samples, const Chain& network, std::size_t count, std::uint32_t part) {
  const std::vector<double> inputs = normals(count * network.inputs(), 100 * part);
  samples.inputs.assign(inputs.begin(), inputs.end());
  if (network.loss == LossKind::mse) {
    const std::vector<double> targets = normals(count * network.outputs(), 100 * part + 1);
    samples.targets.assign(targets.begin(), targets.end());
    return;
  }
  std::vector<double> draws(count);
  fill_uniform({seed, 0, Purpose::free_use, 100 * part + 2}, 0, static_cast<double>(network.outputs()),
               draws.data(), count);
  samples.classes.assign(draws.begin(), draws.end());
}

Chain odd_network(std::size_t n, std::size_t inputs, std::size_t width, std::size_t outputs) {
  const Activation activation = static_cast<Activation>(n % activation_count);
  Chain network;
  ChainLayer hidden =
      n % 3 == 2 ? dense_layer(inputs, width, activation) : spectral_layer(inputs, width, activation);
  hidden.tensor(TensorRole::matrix).l2 = 0.01;
  if (n % 3 == 0) hidden.tensor(TensorRole::eigenvalues_in) = frozen();
  if (n % 3 != 2) hidden.tensor(TensorRole::eigenvalues_out).l2 = 5e-4;
  if (n % 5 == 4 && n % 3 != 2) hidden.tensor(TensorRole::eigenvalues_out).trainable = false;
  if (n % 7 == 3) hidden.tensor(TensorRole::matrix).trainable = false;
  if (n / 2 % 2 == 1) hidden.tensor(TensorRole::bias) = trained(0, 1e-3);
  ChainLayer second = n % 6 == 5 ? spectral_layer(width, outputs, Activation::tanh)
                                 : dense_layer(width, outputs, Activation::linear);
  second.tensor(TensorRole::matrix).l1 = n % 2 == 1 ? 1e-3 : 0;
  hidden.tensor(TensorRole::matrix).group_lasso = n % 4 == 2 ? 0.02 : 0;
  second.tensor(TensorRole::matrix).group_lasso = n % 5 == 1 ? 0.01 : 0;
  if (n % 4 == 3) second.tensor(TensorRole::bias) = trained();
  network.layers = {hidden, second};
  if (n % 9 == 0) {  // the paper's last layer: fixed weights
    network.layers.push_back(dense_layer(outputs, 1, Activation::linear));
    network.layers.back().tensor(TensorRole::matrix) = frozen();
  } else if (n % 4 == 1 && outputs > 1) {
    network.loss = LossKind::softmax_cross_entropy;
  }
  return network;
}

OptimizerSpec odd_optimizer(std::size_t n) {
  OptimizerSpec optimizer;
  optimizer.kind = n % 4 < 2 ? OptimizerKind::sgd : n % 4 == 2 ? OptimizerKind::adam : OptimizerKind::adamw;
  optimizer.momentum = n % 4 == 1 ? 0.9 : 0;
  optimizer.nesterov = n % 4 == 1;
  // Large, because a small one makes the first update lr sign(g): gradients that are rounding noise would
  // then move parameters by lr in either direction, and no two summation orders would agree.
  optimizer.epsilon = 1e-2;
  optimizer.weight_decay = 0.1;
  return optimizer;
}

}  // namespace

ChainTensor trained(double l2, double l1, double group_lasso) { return {{true, l1, l2, group_lasso}, true}; }
ChainTensor frozen() { return {{false, 0, 0, 0}, true}; }

ChainLayer dense_layer(std::size_t inputs, std::size_t outputs, Activation activation) {
  ChainLayer layer;
  layer.kind = LayerKind::dense;
  layer.inputs = inputs;
  layer.outputs = outputs;
  layer.activation = activation;
  layer.tensor(TensorRole::matrix) = trained();
  return layer;
}

ChainLayer spectral_layer(std::size_t inputs, std::size_t outputs, Activation activation) {
  ChainLayer layer = dense_layer(inputs, outputs, activation);
  layer.kind = LayerKind::spectral;
  layer.tensor(TensorRole::eigenvalues_in) = trained();
  layer.tensor(TensorRole::eigenvalues_out) = trained();
  return layer;
}

std::vector<double> normals(std::size_t count, std::uint32_t part) {
  std::vector<double> values(count);
  fill_normal({seed, 0, Purpose::free_use, part}, 0, 1, values.data(), count);
  round_to_float(values);
  return values;
}

DatasetPtr make_data(const Chain& network, DType dtype, std::size_t samples, std::uint32_t part) {
  auto data = std::make_shared<Dataset>();
  data->dtype = dtype;
  data->samples = samples;
  data->input_count = network.inputs();
  data->target_count = network.loss == LossKind::mse ? network.outputs() : 0;
  if (dtype == DType::float32)
    fill_samples(data->float32, network, samples, part);
  else
    fill_samples(data->float64, network, samples, part);
  return data;
}

std::vector<double> make_parameters(const NetworkSpec& network, std::uint32_t part) {
  const ParameterLayout layout = Graph(network).layout();
  std::vector<double> block = normals(layout.size(), 100 * part + 3);
  for (const Tensor& tensor : layout.tensors()) {
    double mean = 0, deviation = 0.1;
    if (tensor.description.has_rows()) deviation = 1 / std::sqrt(static_cast<double>(tensor.columns));
    if (tensor.description.name == "eigenvaluesOut" || tensor.description.name == "scale") mean = 1;
    if (tensor.description.name == "eigenvaluesIn" && !tensor.options.trainable) deviation = 0;
    for (std::size_t i = tensor.offset; i < tensor.offset + tensor.size(); ++i)
      block[i] = mean + deviation * block[i];
  }
  round_to_float(block);
  return block;
}

StudentSpec make_student(const Chain& network, DType dtype, std::size_t samples, std::uint32_t part) {
  StudentSpec student;
  student.network = network;
  student.objective = network.objective();
  student.trainer.emplace();
  student.trainer->optimizer.kind = OptimizerKind::sgd;
  student.trainer->learning_rate.base = 0.01;
  student.trainer->data = make_data(network, dtype, samples, part);
  student.trainer->batch_size = samples;
  student.trainer->seed = seed + part;
  return student;
}

StudentSpec odd_student(std::size_t index, DType dtype) {
  const std::size_t n = index, a = n % 8, b = n / 8;
  const std::size_t batch = odd_sizes[a];
  const Chain network = odd_network(n, odd_sizes[b], odd_sizes[(a + b) % 8], odd_sizes[(a + 2 * b + 1) % 8]);
  StudentSpec student =
      make_student(network, dtype, batch == 1 ? 2 : 2 * batch + 1, static_cast<std::uint32_t>(n + 1));
  student.trainer->batch_size = batch;
  student.trainer->trial = static_cast<std::uint32_t>(n);
  student.trainer->optimizer = odd_optimizer(n / 3);
  student.trainer->learning_rate.kind = static_cast<ScheduleKind>(n / 4 % 3);
  student.trainer->learning_rate.warmup = n % 2 == 0 ? 0.5 : 0;
  student.trainer->learning_rate.factor = 0.5;
  student.trainer->learning_rate.total = 2;
  const std::uint8_t eigenvalues = train_eigenvalues_in | train_eigenvalues_out;
  const std::uint8_t others = train_weights | train_bias;
  if (n % 5 == 2 || n % 5 == 3)
    student.trainer->phases = {{static_cast<std::uint8_t>(eigenvalues | others), 1, n % 5 == 3},
                               {static_cast<std::uint8_t>(train_eigenvectors | others), 1, n % 5 == 3}};
  return student;
}

StudentSpec cluster_student(DType dtype) {
  Chain network;
  network.layers = {spectral_layer(31, 33, Activation::tanh), spectral_layer(33, 1003, Activation::relu),
                    dense_layer(1003, 7, Activation::linear)};
  for (ChainLayer& layer : network.layers) layer.tensor(TensorRole::matrix).group_lasso = 0.01;
  StudentSpec student = make_student(network, dtype, 10, 9);
  student.trainer->batch_size = 7;
  student.trainer->optimizer.kind = OptimizerKind::adam;
  return student;
}

std::string describe(const StudentSpec& student) {
  const Chain network = chain_in(student);
  const char* optimizers[] = {"sgd", "adam", "adamW"};
  std::string text = "batch " + std::to_string(student.trainer->batch_size) + " of " +
                     std::to_string(student.trainer->data->samples) + ", network " +
                     std::to_string(network.inputs());
  for (const ChainLayer& layer : network.layers)
    text += std::string(" -> ") + std::to_string(layer.outputs) +
            (layer.kind == LayerKind::spectral ? " spectral " : " dense ") + name_of(layer.activation);
  text += network.loss == LossKind::mse ? ", mse" : ", cross-entropy";
  text += std::string(", ") + optimizers[static_cast<int>(student.trainer->optimizer.kind)];
  if (!student.trainer->phases.empty())
    text += student.trainer->phases[0].in_epochs ? ", phases in epochs" : ", phases in steps";
  return text + (student.trainer->data->dtype == DType::float32 ? ", float32" : ", float64");
}

}  // namespace eigenstudent::test
