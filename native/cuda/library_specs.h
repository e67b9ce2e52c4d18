// What comes over the boundary (abi.h) -> the specs of core/.
#pragma once

#include <memory>

#include "core/backend.h"
#include "cuda/abi.h"

/// A data set in the library's own memory.
struct es_dataset {
  eigenstudent::DatasetPtr data;
};

namespace eigenstudent::cuda {

PopulationSpec read_population(const es_population_spec& from);
DatasetPtr read_samples(const es_samples& from);

}  // namespace eigenstudent::cuda
