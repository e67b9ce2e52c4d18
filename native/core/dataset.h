// A data set that native code owns: copied once, shared by any number of students, never changed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "core/network_spec.h"

namespace eigenstudent {

template <class T>
struct NamedArray {
  std::string name;
  std::size_t width;      // numbers per sample
  std::vector<T> values;  // [samples][width]
};

/// `samples` patterns of `inputs` features each, and the desired outputs: `targets` (mse) or
/// `classes` (cross-entropy). Exactly one of the two is non-empty, or neither for data that are only
/// predicted.
template <class T>
struct Samples {
  std::vector<T> inputs;               // [samples][input_count]
  std::vector<T> targets;              // [samples][target_count]
  std::vector<std::uint32_t> classes;  // [samples]
  std::vector<NamedArray<T>> named;    // further arrays, by the names in terms of an objective
};

class Dataset {
 public:
  DType dtype;
  std::size_t samples;
  std::size_t input_count;
  std::size_t target_count;  // outputs that have targets for; 0 with classes

  Samples<float> float32;   // filled when dtype is float32
  Samples<double> float64;  // filled when dtype is float64

  template <class T>
  const Samples<T>& as() const;
};

template <>
inline const Samples<float>& Dataset::as<float>() const {
  return float32;
}
template <>
inline const Samples<double>& Dataset::as<double>() const {
  return float64;
}

using DatasetPtr = std::shared_ptr<const Dataset>;

}  // namespace eigenstudent
