#include "addon/network_arguments.h"

#include <limits>

#include "addon/dataset.h"

namespace eigenstudent {

namespace {

/// Arbitrary: far above any machine, low enough that a slip of the pen does not start a million threads.
constexpr std::uint64_t most_threads = 4096;

TensorSpec read_tensor(const std::optional<Argument>& argument) {
  TensorSpec tensor;
  if (!argument) return tensor;
  tensor.present = true;
  tensor.trainable = argument->field("trainable").boolean();
  tensor.l1 = argument->field("l1").finite_number();
  tensor.l2 = argument->field("l2").finite_number();
  tensor.group_lasso = argument->field("groupLasso").finite_number();
  return tensor;
}

LayerSpec read_layer(const Argument& argument) {
  LayerSpec layer;
  layer.kind = argument.field("kind").one_of<LayerKind>(
      {{"spectral", LayerKind::spectral}, {"dense", LayerKind::dense}});
  layer.inputs = argument.field("inputs").count();
  layer.outputs = argument.field("outputs").count();
  layer.activation = argument.field("activation").activation();
  layer.tensor(TensorRole::matrix) = read_tensor(argument.field("matrix"));
  layer.tensor(TensorRole::eigenvalues_in) = read_tensor(argument.optional_field("eigenvaluesIn"));
  layer.tensor(TensorRole::eigenvalues_out) = read_tensor(argument.optional_field("eigenvaluesOut"));
  layer.tensor(TensorRole::bias) = read_tensor(argument.optional_field("bias"));
  return layer;
}

OptimizerSpec read_optimizer(const Argument& argument) {
  OptimizerSpec optimizer;
  optimizer.kind = argument.field("kind").one_of<OptimizerKind>(
      {{"sgd", OptimizerKind::sgd}, {"adam", OptimizerKind::adam}, {"adamW", OptimizerKind::adamw}});
  optimizer.momentum = argument.field("momentum").finite_number();
  optimizer.nesterov = argument.field("nesterov").boolean();
  optimizer.beta1 = argument.field("beta1").finite_number();
  optimizer.beta2 = argument.field("beta2").finite_number();
  optimizer.epsilon = argument.field("epsilon").finite_number();
  optimizer.weight_decay = argument.field("weightDecay").finite_number();
  return optimizer;
}

Schedule read_schedule(const Argument& argument) {
  Schedule schedule;
  schedule.kind = argument.field("kind").one_of<ScheduleKind>(
      {{"constant", ScheduleKind::constant}, {"step", ScheduleKind::step}, {"cosine", ScheduleKind::cosine}});
  schedule.base = argument.field("base").finite_number();
  schedule.warmup = argument.field("warmup").finite_number();
  schedule.every = argument.field("every").finite_number();
  schedule.factor = argument.field("factor").finite_number();
  schedule.total = argument.field("total").finite_number();
  schedule.minimum = argument.field("minimum").finite_number();
  return schedule;
}

std::vector<Phase> read_phases(const Argument& argument) {
  std::vector<Phase> phases;
  argument.each_element([&](const Argument& element) {
    Phase phase;
    phase.mask = static_cast<std::uint8_t>(element.field("mask").integer(0, train_everything));
    phase.length = element.field("length").integer(1, std::numeric_limits<std::uint32_t>::max());
    phase.in_epochs = element.field("inEpochs").boolean();
    phases.push_back(phase);
  });
  return phases;
}

}  // namespace

NetworkSpec read_network(const Argument& argument) {
  NetworkSpec network;
  argument.field("layers").each_element(
      [&](const Argument& layer) { network.layers.push_back(read_layer(layer)); });
  network.loss = argument.field("loss").one_of<LossKind>(
      {{"mse", LossKind::mse}, {"crossEntropy", LossKind::softmax_cross_entropy}});
  return network;
}

StudentSpec read_student(const Argument& argument) {
  StudentSpec student;
  student.network = read_network(argument.field("network"));
  student.optimizer = read_optimizer(argument.field("optimizer"));
  student.learning_rate = read_schedule(argument.field("learningRate"));
  student.phases = read_phases(argument.field("phases"));
  student.data = read_dataset(argument.field("data"));
  student.batch_size = argument.field("batchSize").count();
  student.seed = argument.field("seed").integer(0, largest_safe_integer);
  student.trial = static_cast<std::uint32_t>(
      argument.field("trial").integer(0, std::numeric_limits<std::uint32_t>::max()));
  return student;
}

PopulationSpec read_population(const Argument& argument) {
  PopulationSpec population;
  population.dtype = argument.field("dtype").dtype();
  population.threads = static_cast<unsigned>(argument.field("threads").integer(0, most_threads));
  argument.field("students").each_element(
      [&](const Argument& student) { population.students.push_back(read_student(student)); });
  return population;
}

}  // namespace eigenstudent
