#include "cuda/boundary/library_datasets.h"

namespace eigenstudent::cuda {

namespace {

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
