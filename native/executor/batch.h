// Some samples of a data set, gathered.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/dataset.h"

namespace eigenstudent {

template <class T>
struct Batch {
  std::size_t rows = 0;                // B
  std::vector<T> x;                    // [B][inputs of the network]
  std::vector<T> targets;              // [B][outputs of the network], or empty
  std::vector<std::uint32_t> classes;  // [B], or empty

  /// The samples that samples[0 .. count - 1] name. Memory is reused.
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
    const Samples<T>& all = data.as<T>();
    const auto append = [&](std::vector<T>& to, const std::vector<T>& from, std::size_t width) {
      to.clear();
      for (std::size_t b = 0; b < count && !from.empty(); ++b) {
        const auto row = from.begin() + static_cast<std::ptrdiff_t>(sample_of(b) * width);
        to.insert(to.end(), row, row + static_cast<std::ptrdiff_t>(width));
      }
    };
    rows = count;
    append(x, all.inputs, data.input_count);
    append(targets, all.targets, data.target_count);
    classes.clear();
    for (std::size_t b = 0; b < count && !all.classes.empty(); ++b)
      classes.push_back(all.classes[sample_of(b)]);
  }
};

}  // namespace eigenstudent
