#include "cuda/boundary/client_datasets.h"

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
  drop_expired();
  Copy& copy = copies_[data.get()];
  if (!copy.dataset) copy = {data, std::make_unique<LibraryDataset>(library_, *data)};
  return copy.dataset->get();
}

const es_dataset* LibraryDatasets::of(const Dataset& data, std::unique_ptr<LibraryDataset>& room) {
  drop_expired();
  const auto found = copies_.find(&data);
  if (found != copies_.end()) return found->second.dataset->get();
  room = std::make_unique<LibraryDataset>(library_, data);
  return room->get();
}

void LibraryDatasets::drop_expired() {
  std::erase_if(copies_, [](const auto& entry) { return entry.second.original.expired(); });
}

}  // namespace eigenstudent::cuda
