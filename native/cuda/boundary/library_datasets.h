// Samples that come over the boundary (abi.h) -> data sets of core/.
#pragma once

#include <memory>

#include "core/dataset.h"
#include "cuda/boundary/abi.h"

/// A data set in the library's own memory.
struct es_dataset {
  eigenstudent::DatasetPtr data;
};

namespace eigenstudent::cuda {

DatasetPtr read_samples(const es_samples& from);

}  // namespace eigenstudent::cuda
