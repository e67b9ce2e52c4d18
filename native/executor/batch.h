// Some samples of a data set, gathered; as dual numbers, constants.
#pragma once

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/dataset.h"
#include "core/dual.h"

namespace eigenstudent {

template <class T>
struct Batch {
  std::size_t rows = 0;                // B
  std::vector<T> x;                    // [B][inputs of the network]
  std::vector<T> targets;              // [B][outputs of the network], or empty
  std::vector<std::uint32_t> classes;  // [B], or empty
  std::vector<NamedArray<T>> named;    // those of the data, [B][width] each

  /// The array of that name, or the targets where it is empty; [B][width].
  const std::vector<T>& values_of(const std::string& name) const {
    for (const NamedArray<T>& array : named)
      if (array.name == name) return array.values;
    return targets;
  }

  /// Gathers the samples samples[0 .. count - 1]. Memory is reused.
  void gather(const Dataset& data, const std::uint32_t* samples, std::size_t count) {
    fill(data, count, [=](std::size_t b) { return std::size_t{samples[b]}; });
  }
  /// The samples first .. first + count - 1.
  void slice(const Dataset& data, std::size_t first, std::size_t count) {
    fill(data, count, [=](std::size_t b) { return first + b; });
  }

 private:
  template <class SampleOf>
  void fill(const Dataset& data, std::size_t count, const SampleOf& sample_of) {
    if constexpr (!std::same_as<T, Dual>)
      fill_from(data, data.as<T>(), count, sample_of);
    else if (data.dtype == DType::float32)
      fill_from(data, data.float32, count, sample_of);
    else
      fill_from(data, data.float64, count, sample_of);
  }
  template <class Number, class SampleOf>
  void fill_from(const Dataset& data, const Samples<Number>& all, std::size_t count,
                 const SampleOf& sample_of) {
    const auto append = [&](std::vector<T>& to, const std::vector<Number>& from, std::size_t width) {
      to.resize(from.empty() ? 0 : count * width);
      for (std::size_t b = 0; b < count && !from.empty(); ++b)
        std::copy_n(from.begin() + static_cast<std::ptrdiff_t>(sample_of(b) * width), width,
                    to.begin() + static_cast<std::ptrdiff_t>(b * width));
    };
    rows = count;
    append(x, all.inputs, data.input_count);
    append(targets, all.targets, data.target_count);
    named.resize(all.named.size());
    for (std::size_t a = 0; a < named.size(); ++a) {
      named[a].name = all.named[a].name;
      named[a].width = all.named[a].width;
      append(named[a].values, all.named[a].values, named[a].width);
    }
    classes.clear();
    for (std::size_t b = 0; b < count && !all.classes.empty(); ++b)
      classes.push_back(all.classes[sample_of(b)]);
  }
};

}  // namespace eigenstudent
