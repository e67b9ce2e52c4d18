#include "layers/conv/conv.h"

#include "layers/spectral/spectral.h"

namespace eigenstudent {

namespace {

LayerDescription describe_conv(const ConvOptions& conv, std::span<const Shape> reads) {
  check_read_count(1, reads.size());
  const Extents2d counts = window_counts(reads[0], conv.window());
  if (conv.width == 0) refuse_layer("at least one output channel", "0");
  const std::size_t channels = reads[0][0], groups = conv.groups;
  if (groups == 0 || channels % groups != 0 || conv.width % groups != 0)
    refuse_layer("groups that divide the " + std::to_string(channels) + " channels that are read and the " +
                     std::to_string(conv.width) + " of the output",
                 std::to_string(groups));
  LayerDescription description;
  description.output = {conv.width, counts.height, counts.width};
  // Depth-wise with one filter per channel: channel i of the output is channel i that is read.
  description.units = groups == channels && groups == conv.width && groups > 1 ? Units::kept : Units::made;
  description.saved = derivative_needs_z(conv.activation) ? size_of(description.output) : 0;  // z
  return description;
}

/// [width, channels / groups, kernel height, kernel width]
TensorDescription describe_kernels(std::string_view name, const ConvOptions& conv, std::size_t channels,
                                   std::uint8_t phase_bit) {
  TensorDescription kernels = describe_matrix(name, conv.width, channels / conv.groups, phase_bit);
  kernels.extents = {conv.width, channels / conv.groups, conv.kernel.height, conv.kernel.width};
  // Of several groups, a channel that is read has a place in the kernels of its group alone.
  if (conv.groups > 1) kernels.input_axis = -1;
  return kernels;
}

}  // namespace

LayerDescription Conv2d::describe(std::span<const Shape> reads) const {
  LayerDescription description = describe_conv(*this, reads);
  description.tensors = {describe_kernels("weights", *this, reads[0][0], weights_bit), describe_bias(width)};
  return description;
}

LayerDescription SpectralConv2d::describe(std::span<const Shape> reads) const {
  LayerDescription description = describe_conv(*this, reads);
  const std::size_t channels = reads[0][0];
  description.tensors = {describe_kernels("eigenvectors", *this, channels, eigenvectors_bit),
                         describe_eigenvalues_in(channels), describe_eigenvalues_out(width),
                         describe_bias(width)};
  return description;
}

}  // namespace eigenstudent
