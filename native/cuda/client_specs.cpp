#include "cuda/client_specs.h"

#include "core/errors.h"

namespace eigenstudent::cuda {

namespace {

template <class T>
es_samples view_of(const Dataset& data) {
  const Samples<T>& samples = data.as<T>();
  return {static_cast<std::uint32_t>(data.dtype),
          data.samples,
          data.input_count,
          data.target_count,
          samples.inputs.data(),
          samples.targets.empty() ? nullptr : samples.targets.data(),
          samples.classes.empty() ? nullptr : samples.classes.data()};
}

es_layer_spec write_layer(const LayerSpec& layer) {
  es_layer_spec to{};
  to.kind = static_cast<std::uint32_t>(layer.kind);
  to.activation = static_cast<std::uint32_t>(layer.activation);
  to.inputs = layer.inputs;
  to.outputs = layer.outputs;
  for (std::size_t i = 0; i < tensor_role_count; ++i) {
    const TensorSpec& tensor = layer.tensors[i];
    to.tensors[i] = {tensor.present, tensor.trainable, tensor.l1, tensor.l2, tensor.group_lasso};
  }
  return to;
}

es_optimizer_spec write_optimizer(const OptimizerSpec& spec) {
  return {static_cast<std::uint32_t>(spec.kind),
          spec.nesterov,
          spec.momentum,
          spec.beta1,
          spec.beta2,
          spec.epsilon,
          spec.weight_decay};
}

es_schedule write_schedule(const Schedule& schedule) {
  return {static_cast<std::uint32_t>(schedule.kind),
          schedule.base,
          schedule.warmup,
          schedule.every,
          schedule.factor,
          schedule.total,
          schedule.minimum};
}

}  // namespace

void check(int failed, const es_error& error) {
  if (failed) throw Error(error.code, error.message);
}

LibraryDataset::LibraryDataset(const es_cuda_table& library, const Dataset& data) : library_(library) {
  const es_samples samples = data.dtype == DType::float32 ? view_of<float>(data) : view_of<double>(data);
  es_error error{};
  check(library.dataset_create(&samples, &dataset_, &error), error);
}

const es_dataset* LibraryDatasets::of(const DatasetPtr& data) {
  if (!data) return nullptr;
  forget_the_dead();
  Copy& copy = copies_[data.get()];
  if (!copy.dataset) copy = {data, std::make_unique<LibraryDataset>(library_, *data)};
  return copy.dataset->get();
}

const es_dataset* LibraryDatasets::of(const Dataset& data, std::unique_ptr<LibraryDataset>& room) {
  forget_the_dead();
  const auto found = copies_.find(&data);
  if (found != copies_.end()) return found->second.dataset->get();
  room = std::make_unique<LibraryDataset>(library_, data);
  return room->get();
}

void LibraryDatasets::forget_the_dead() {
  std::erase_if(copies_, [](const auto& entry) { return entry.second.original.expired(); });
}

AbiPopulationSpec::AbiPopulationSpec(const PopulationSpec& spec, LibraryDatasets& datasets) {
  students_.reserve(spec.students.size());
  for (const StudentSpec& student : spec.students) add(student, datasets);
  spec_ = {static_cast<std::uint32_t>(spec.dtype), spec.threads, students_.data(), students_.size()};
}

void AbiPopulationSpec::add(const StudentSpec& student, LibraryDatasets& datasets) {
  std::vector<es_layer_spec>& layers = layers_.emplace_back();
  for (const LayerSpec& layer : student.network.layers) layers.push_back(write_layer(layer));
  std::vector<es_phase>& phases = phases_.emplace_back();
  for (const Phase& phase : student.phases) phases.push_back({phase.mask, phase.in_epochs, phase.length});
  students_.push_back({layers.data(), layers.size(), static_cast<std::uint32_t>(student.network.loss),
                       write_optimizer(student.optimizer), write_schedule(student.learning_rate),
                       phases.data(), phases.size(), datasets.of(student.data), student.batch_size,
                       student.seed, student.trial});
}

}  // namespace eigenstudent::cuda
