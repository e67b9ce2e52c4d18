// Structs of core/ that cross the boundary (abi.h), to bytes and back.
#pragma once

#include <span>

#include "core/backend.h"
#include "core/bytes.h"
#include "cuda/boundary/abi.h"

namespace eigenstudent::cuda {

/// Fingerprint of every struct that is passed as a blob.
inline std::uint64_t boundary_fingerprint() {
  return shape_fingerprint<PopulationSpec>() ^ (shape_fingerprint<Progress>() << 1) ^
         (shape_fingerprint<Execution>() << 2);
}

template <class Struct>
Struct read_blob(es_blob blob, std::span<const DatasetPtr> datasets = {}) {
  Struct found{};
  ByteReader reader({blob.bytes, static_cast<std::size_t>(blob.size)}, datasets);
  fields(reader, found);
  reader.expect_end();
  return found;
}

inline es_blob blob_of(const ByteWriter& writer) { return {writer.bytes.data(), writer.bytes.size()}; }

}  // namespace eigenstudent::cuda
