#include "layers/conv_transpose/conv_transpose.h"

#include "layers/dense/dense.h"

namespace eigenstudent {

namespace {

/// Rows or columns of the output; throws Error("invalid_network").
std::size_t transposed_size(const char* axis, std::size_t size, std::size_t kernel, std::size_t stride,
                            std::size_t padding, std::size_t output_padding) {
  const std::string along = std::string(" along the ") + axis;
  if (kernel == 0 || stride == 0)
    refuse_layer("a kernel and a stride of at least 1" + along,
                 std::to_string(kernel) + " and " + std::to_string(stride));
  if (output_padding >= stride)
    refuse_layer("an output padding below the stride, " + std::to_string(stride) + along,
                 std::to_string(output_padding));
  const std::size_t whole = (size - 1) * stride + kernel + output_padding;
  if (whole <= 2 * padding)
    refuse_layer("a padding that leaves a part of the " + std::to_string(whole) + along,
                 std::to_string(padding));
  return whole - 2 * padding;
}

}  // namespace

LayerDescription ConvTranspose2d::describe(std::span<const Shape> reads) const {
  check_read_count(1, reads.size());
  const Shape& image = reads[0];
  if (image.size() != 3) refuse_layer("an image [channels, height, width] to read", text_of(image));
  if (width == 0) refuse_layer("at least one output channel", "0");
  LayerDescription description;
  description.output = {
      width,
      transposed_size("height", image[1], kernel.height, stride.height, padding.height,
                      output_padding.height),
      transposed_size("width", image[2], kernel.width, stride.width, padding.width, output_padding.width)};
  description.units = Units::made;
  description.saved = derivative_needs_z(activation) ? size_of(description.output) : 0;  // z
  TensorDescription kernels = describe_matrix("weights", width, image[0], weights_bit);
  kernels.extents = {image[0], width, kernel.height, kernel.width};
  kernels.output_axis = 1;
  kernels.input_axis = 0;
  description.tensors = {kernels, describe_bias(width)};
  return description;
}

}  // namespace eigenstudent
