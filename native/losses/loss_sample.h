// Arguments of every kind of loss for one sample.
//
// A kind is a struct with its options and a name, what its targets are, and `sample`: the sample's share of the loss, a mean
// over `mean_over` samples, and where wanted dL/dy for it. The share is a float64 (of dual numbers a dual one), so that a sum over
// millions of samples stays exact enough for any dtype.
#pragma once

#include <cstddef>
#include <cstdint>

#include "core/dual.h"
#include "core/fields.h"
#include "core/host_device.h"

namespace eigenstudent {

/// The kind of targets that a loss compares outputs with.
enum class TargetKind : std::uint8_t {
  values,        // one number per output
  distribution,  // the same, at least 0 and of sum 1
  classes,       // one index per sample
};

template <class T>
struct LossSample {
  const T* y;           // [outputs]
  const T* targets;     // [outputs]; null with classes
  std::uint32_t label;  // with classes
  std::size_t outputs;
  std::size_t mean_over;  // samples
  T* delta;               // [outputs]: dL/dy; null where not wanted
};

}  // namespace eigenstudent
