#include "cuda/library_specs.h"

#include <utility>

namespace eigenstudent::cuda {

namespace {

LayerSpec read_layer(const es_layer_spec& from) {
  LayerSpec layer;
  layer.kind = static_cast<LayerKind>(from.kind);
  layer.inputs = static_cast<std::size_t>(from.inputs);
  layer.outputs = static_cast<std::size_t>(from.outputs);
  layer.activation = static_cast<Activation>(from.activation);
  for (std::size_t i = 0; i < tensor_role_count; ++i) {
    const es_tensor_spec& tensor = from.tensors[i];
    layer.tensors[i] = {tensor.present != 0, tensor.trainable != 0, tensor.l1, tensor.l2, tensor.group_lasso};
  }
  return layer;
}

OptimizerSpec read_optimizer(const es_optimizer_spec& from) {
  OptimizerSpec optimizer;
  optimizer.kind = static_cast<OptimizerKind>(from.kind);
  optimizer.momentum = from.momentum;
  optimizer.nesterov = from.nesterov != 0;
  optimizer.beta1 = from.beta1;
  optimizer.beta2 = from.beta2;
  optimizer.epsilon = from.epsilon;
  optimizer.weight_decay = from.weight_decay;
  return optimizer;
}

Schedule read_schedule(const es_schedule& from) {
  return {static_cast<ScheduleKind>(from.kind),
          from.base,
          from.warmup,
          from.every,
          from.factor,
          from.total,
          from.minimum};
}

StudentSpec read_student(const es_student_spec& from) {
  StudentSpec student;
  for (std::uint64_t i = 0; i < from.layer_count; ++i)
    student.network.layers.push_back(read_layer(from.layers[i]));
  student.network.loss = static_cast<LossKind>(from.loss);
  student.optimizer = read_optimizer(from.optimizer);
  student.learning_rate = read_schedule(from.learning_rate);
  for (std::uint64_t i = 0; i < from.phase_count; ++i) {
    const es_phase& phase = from.phases[i];
    student.phases.push_back({static_cast<std::uint8_t>(phase.mask), phase.length, phase.in_epochs != 0});
  }
  if (from.data) student.data = from.data->data;
  student.batch_size = static_cast<std::size_t>(from.batch_size);
  student.seed = from.seed;
  student.trial = from.trial;
  return student;
}

template <class T>
Samples<T> copy_samples(const es_samples& from) {
  Samples<T> samples;
  const auto* inputs = static_cast<const T*>(from.inputs);
  samples.inputs.assign(inputs, inputs + from.samples * from.input_count);
  if (const auto* targets = static_cast<const T*>(from.targets))
    samples.targets.assign(targets, targets + from.samples * from.target_count);
  if (from.classes) samples.classes.assign(from.classes, from.classes + from.samples);
  return samples;
}

}  // namespace

PopulationSpec read_population(const es_population_spec& from) {
  PopulationSpec spec;
  spec.dtype = static_cast<DType>(from.dtype);
  spec.threads = from.threads;
  spec.students.reserve(static_cast<std::size_t>(from.student_count));
  for (std::uint64_t i = 0; i < from.student_count; ++i)
    spec.students.push_back(read_student(from.students[i]));
  return spec;
}

DatasetPtr read_samples(const es_samples& from) {
  auto data = std::make_shared<Dataset>();
  data->dtype = static_cast<DType>(from.dtype);
  data->samples = static_cast<std::size_t>(from.samples);
  data->input_count = static_cast<std::size_t>(from.input_count);
  data->target_count = static_cast<std::size_t>(from.target_count);
  if (data->dtype == DType::float32)
    data->float32 = copy_samples<float>(from);
  else
    data->float64 = copy_samples<double>(from);
  return data;
}

}  // namespace eigenstudent::cuda
