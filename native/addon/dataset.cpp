#include "addon/dataset.h"

#include <limits>
#include <memory>

#include "addon/errors.h"
#include "core/errors.h"

namespace eigenstudent {

namespace {

template <class T>
Samples<T> read_samples(const Argument& spec, const Dataset& data) {
  Samples<T> samples;
  samples.inputs =
      spec.field("inputs").floats_as<T>(checked_product(data.samples, data.input_count, "inputs"));
  if (const auto targets = spec.optional_field("targets"))
    samples.targets = targets->floats_as<T>(checked_product(data.samples, data.target_count, "targets"));
  if (const auto classes = spec.optional_field("classes")) {
    const std::span<std::uint32_t> from = classes->array<std::uint32_t>(data.samples);
    samples.classes.assign(from.begin(), from.end());
  }
  if (const auto named = spec.optional_field("named"))
    named->each_element([&](const Argument& given) {
      NamedArray<T>& array = samples.named.emplace_back();
      array.name = given.field("name").text();
      array.width = given.field("width").count();
      array.values = given.field("values").floats_as<T>(checked_product(data.samples, array.width, "named"));
    });
  return samples;
}

template <class T>
std::size_t bytes_of(const Samples<T>& samples) {
  std::size_t named = 0;
  for (const NamedArray<T>& array : samples.named) named += array.values.size();
  return (samples.inputs.size() + samples.targets.size() + named) * sizeof(T) +
         samples.classes.size() * sizeof(std::uint32_t);
}

/// Positions in a data set are drawn as 32-bit integers (core/philox.h).
constexpr std::uint64_t most_samples = std::numeric_limits<std::uint32_t>::max();

std::shared_ptr<const Dataset> read_data(const Argument& spec) {
  auto data = std::make_shared<Dataset>();
  data->dtype = spec.field("dtype").dtype();
  data->samples = static_cast<std::size_t>(spec.field("samples").integer(1, most_samples));
  data->input_count = spec.field("inputCount").count();
  data->target_count = static_cast<std::size_t>(spec.field("targetCount").integer(0, largest_safe_integer));
  if (spec.optional_field("targets") && spec.optional_field("classes"))
    throw Error("invalid_argument", "expected targets or classes for a data set, received both");
  if (data->dtype == DType::float32)
    data->float32 = read_samples<float>(spec, *data);
  else
    data->float64 = read_samples<double>(spec, *data);
  return data;
}

Napi::Value samples(Napi::Env env, const DatasetObject& object) {
  return Napi::Number::New(env, static_cast<double>(object.data()->samples));
}

}  // namespace

Napi::Function DatasetObject::define(Napi::Env env) {
  return DefineClass(env, "Dataset", {tagged_accessor<DatasetObject, samples>("samples")});
}

DatasetObject::DatasetObject(const Napi::CallbackInfo& info) : Napi::ObjectWrap<DatasetObject>(info) {
  guarded(info.Env(), [&]() -> Napi::Value {
    data_ = read_data({info[0], "data"});
    info.This().As<Napi::Object>().TypeTag(&tag);
    bytes_ = static_cast<std::int64_t>(bytes_of(data_->float32) + bytes_of(data_->float64));
    Napi::MemoryManagement::AdjustExternalMemory(info.Env(), bytes_);
    return info.Env().Undefined();
  });
}

void DatasetObject::Finalize(Napi::BasicEnv env) {
  if (bytes_ != 0) Napi::MemoryManagement::AdjustExternalMemory(env, -bytes_);
}

DatasetPtr read_dataset(const Argument& argument) {
  const Napi::Value& value = argument.value();
  if (!has_tag(value, dataset_tag)) argument.refuse("a Dataset");
  return DatasetObject::Unwrap(value.As<Napi::Object>())->data();
}

DatasetPtr read_dataset_or_null(const Argument& argument) {
  return argument.value().IsNull() ? nullptr : read_dataset(argument);
}

}  // namespace eigenstudent
