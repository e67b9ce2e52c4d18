// Windows of convolutions and pools over an image [channels, height, width]: how many there are, and what each covers.
#pragma once

#include <cstddef>
#include <string>

#include "core/layer_description.h"

namespace eigenstudent {

/// A height and a width.
struct Extents2d {
  std::size_t height = 0;
  std::size_t width = 0;

  bool operator==(const Extents2d&) const = default;
};
template <class Visitor, MaybeConst<Extents2d> Extents>
void fields(Visitor& visit, Extents& extents) {
  visit("height", extents.height);
  visit("width", extents.width);
}

/// PyTorch's conventions: `padding` on both sides, the last window ends within the padded image.
struct Window {
  Extents2d kernel, stride, padding, dilation{1, 1};

  bool operator==(const Window&) const = default;
};

/// Positions along one axis; throws Error("invalid_network") for a window that does not fit.
inline std::size_t window_count(const char* axis, std::size_t size, std::size_t kernel, std::size_t stride,
                                std::size_t padding, std::size_t dilation) {
  const std::string along = std::string(" along the ") + axis;
  if (kernel == 0 || stride == 0 || dilation == 0)
    refuse_layer("a kernel, a stride and a dilation of at least 1" + along,
                 std::to_string(kernel) + ", " + std::to_string(stride) + " and " + std::to_string(dilation));
  const std::size_t padded = size + 2 * padding;
  if (kernel > padded || (kernel - 1) > (padded - 1) / dilation)  // the span below does not overflow
    refuse_layer(
        "a kernel that covers at most " + std::to_string(padded) + along + ", the image with its padding",
        std::to_string(kernel) + " with a dilation of " + std::to_string(dilation));
  const std::size_t span = dilation * (kernel - 1) + 1;
  return (padded - span) / stride + 1;
}

/// [height, width] of the positions of a window over an image; throws Error("invalid_network").
inline Extents2d window_counts(const Shape& image, const Window& window) {
  if (image.size() != 3) refuse_layer("an image [channels, height, width] to read", text_of(image));
  return {window_count("height", image[1], window.kernel.height, window.stride.height, window.padding.height,
                       window.dilation.height),
          window_count("width", image[2], window.kernel.width, window.stride.width, window.padding.width,
                       window.dilation.width)};
}

/// Calls body(row of the kernel, column of the kernel, index in the plane) for every place of the window at
/// (row, column) of the output that lies in the image.
template <class Body>
void each_in_window(const Shape& image, const Window& window, std::size_t row, std::size_t column,
                    const Body& body) {
  for (std::size_t u = 0; u < window.kernel.height; ++u) {
    const std::size_t padded_row = row * window.stride.height + u * window.dilation.height;
    if (padded_row < window.padding.height || padded_row - window.padding.height >= image[1]) continue;
    for (std::size_t v = 0; v < window.kernel.width; ++v) {
      const std::size_t padded_column = column * window.stride.width + v * window.dilation.width;
      if (padded_column < window.padding.width || padded_column - window.padding.width >= image[2]) continue;
      body(u, v, (padded_row - window.padding.height) * image[2] + (padded_column - window.padding.width));
    }
  }
}

}  // namespace eigenstudent
