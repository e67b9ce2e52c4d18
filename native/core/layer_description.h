// The description of a layer without parameters: the shape of its output, its tensors and its buffers.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "core/errors.h"
#include "core/fields.h"

namespace eigenstudent {

/// Shape of one sample: [features], or [channels, height, width]. The first extent counts the units.
using Shape = std::vector<std::size_t>;

inline std::size_t size_of(const Shape& shape) {
  std::size_t size = 1;
  for (const std::size_t extent : shape) size *= extent;
  return size;
}

/// "3 x 8 x 8", for messages.
inline std::string text_of(const Shape& shape) {
  std::string text;
  for (const std::size_t extent : shape) text += (text.empty() ? "" : " x ") + std::to_string(extent);
  return text;
}

/// Which bit of a phase's mask (core/schedule.h) lets a tensor train. Phases in files hold these numbers:
/// they never change.
enum PhaseBit : std::uint8_t {
  eigenvectors_bit,
  eigenvalues_in_bit,
  eigenvalues_out_bit,
  weights_bit,
  bias_bit,
  scale_bit,
  shift_bit,
  phase_bit_count
};

/// A tensor that a layer of some type has, or may have.
struct TensorDescription {
  std::string name;  // in its layer
  std::uint8_t role =
      0;          // number within the layer, below 16: order in the block, and the stream of its first values
  Shape extents;  // row-major
  int output_axis = -1;  // which axis counts the units of the layer's output; -1: none
  int input_axis = -1;   // which axis counts those of the layer that is read; -1: none
  bool required = true;  // else the layer may lack it
  std::uint8_t phase_bit = 0;

  std::size_t size() const { return size_of(extents); }
  /// Whether a row holds all incoming weights of one unit, so that a penalty may use its norm.
  bool has_rows() const { return output_axis == 0 && extents.size() > 1; }
  std::size_t rows() const { return has_rows() ? extents[0] : 1; }
};

/// State that no optimiser changes, such as running statistics.
struct BufferDescription {
  std::string name;
  Shape extents;
  double initial = 0;

  std::size_t size() const { return size_of(extents); }
};

/// The relation of the units of a layer's output to those of the layers that it reads.
enum class Units : std::uint8_t {
  made,      // the layer makes them: one per row of its matrix
  kept,      // unit i is unit i of every layer read: all of them are one group
  in_a_row,  // those of the layers read, one after the other
  in_blocks,  // those of the layer read: all that follows a unit in the shape is a block of the output's first extent
};

/// Which statistics a layer with running ones normalises by.
enum class Statistics : std::uint8_t { running, batch };
template <>
struct EnumNames<Statistics> {
  static constexpr std::array values{"running", "batch"};
};

struct LayerDescription {
  Shape output;
  Units units = Units::kept;
  std::vector<TensorDescription> tensors;  // in the order of the block
  std::vector<BufferDescription> buffers;
  std::size_t saved = 0;        // scalars per sample that forward keeps for backward
  std::size_t saved_batch = 0;  // and per batch
  /// Of a layer with statistics: values per unit and sample that they are over. A batch must have two at least.
  std::size_t values_per_unit = 0;
};

/// Throws Error("invalid_network"); the caller adds the layer's index.
[[noreturn]] inline void refuse_layer(const std::string& expected, const std::string& got) {
  throw Error("invalid_network", "expected " + expected + ", got " + got);
}

/// Throws unless the layer reads `count` layers.
inline void check_read_count(std::size_t count, std::size_t given) {
  if (given != count)
    refuse_layer(std::to_string(count) + (count == 1 ? " layer to read" : " layers to read"),
                 std::to_string(given));
}

}  // namespace eigenstudent
