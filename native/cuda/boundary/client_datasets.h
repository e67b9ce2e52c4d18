// Data sets in the memory of the CUDA library, for as long as those of core/ live.
#pragma once

#include <map>
#include <memory>

#include "core/backend.h"
#include "cuda/boundary/abi.h"

namespace eigenstudent::cuda {

/// Throws the failure that a call over the boundary reported.
void check(int failed, const es_error& error);

/// A data set in the library's memory, for as long as this lives.
class LibraryDataset {
 public:
  LibraryDataset(const es_cuda_table& library, const Dataset& data);
  ~LibraryDataset() { library_.dataset_destroy(dataset_); }
  LibraryDataset(const LibraryDataset&) = delete;
  LibraryDataset& operator=(const LibraryDataset&) = delete;

  const es_dataset* get() const { return dataset_; }

 private:
  const es_cuda_table& library_;
  es_dataset* dataset_ = nullptr;
};

/// The library's copies of data sets, one of each: students that share data share its copy, and so its memory
/// on the device. A copy is freed once the data set itself has been freed.
class LibraryDatasets {
 public:
  explicit LibraryDatasets(const es_cuda_table& library) : library_(library) {}

  /// nullptr for no data.
  const es_dataset* of(const DatasetPtr& data);
  /// The existing copy of a data set, else a new one, which the caller keeps in `room` for its call.
  const es_dataset* of(const Dataset& data, std::unique_ptr<LibraryDataset>& room);

 private:
  struct Copy {
    std::weak_ptr<const Dataset> original;
    std::unique_ptr<LibraryDataset> dataset;
  };
  void drop_expired();

  const es_cuda_table& library_;
  std::map<const Dataset*, Copy> copies_;
};

}  // namespace eigenstudent::cuda
