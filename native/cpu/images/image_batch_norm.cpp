// Batch norm of images, channel by channel. The formulas are those of layers/batch_norm/reference.h.
#include <cmath>

#include "cpu/images/image_array.h"
#include "cpu/images/image_layers.h"

namespace eigenstudent::cpu {

namespace {

template <class T>
ChannelShape channel_shape(const LayerPass<T>& pass) {
  const ImageArray<T> array{pass.batch, pass.shapes[0]};
  return {array.blocks(), array.pixels(), static_cast<std::ptrdiff_t>(array.block()), array.last_lanes()};
}

/// One channel of the batch: moments, running statistics, and the output.
template <class T>
void normalise_channel(const BatchNorm& layer, const LayerPass<T>& pass, std::size_t c) {
  const ImageArray<T> array{pass.batch, pass.shapes[0]};
  const std::size_t channels = array.shape[0], at = c * array.plane();
  const ChannelShape shape = channel_shape(pass);
  const double n = static_cast<double>(pass.batch * array.pixels());
  const T *running_mean = pass.buffers, *running_variance = pass.buffers + channels;
  Moments moments{static_cast<double>(running_mean[c]), static_cast<double>(running_variance[c]) * n};
  if (pass.statistics == Statistics::batch)
    moments = kernels<T>().images.channel_moments({shape, pass.x[0] + at});
  const double variance =
      pass.statistics == Statistics::batch ? moments.squares / n : static_cast<double>(running_variance[c]);
  const T mean = static_cast<T>(moments.mean),
          inverse = static_cast<T>(1 / std::sqrt(variance + layer.epsilon));
  kernels<T>().images.normalise({shape, pass.x[0] + at, pass.y + at, mean, inverse, pass.tensors[0][c],
                                 pass.tensors[1][c], pass.after == Activation::relu});
  pass.saved_batch[c] = mean;
  pass.saved_batch[channels + c] = inverse;
  if (!pass.new_buffers) return;
  const auto moved = [&](T from, double to) {
    return static_cast<T>((1 - layer.momentum) * static_cast<double>(from) + layer.momentum * to);
  };
  pass.new_buffers[c] = moved(running_mean[c], moments.mean);
  pass.new_buffers[channels + c] = moved(running_variance[c], moments.squares / (n - 1));
}

template <class T>
void differentiate_channel(const LayerPass<T>& pass, const LayerGradients<T>& gradients, std::size_t c) {
  const ImageArray<T> array{pass.batch, pass.shapes[0]};
  const std::size_t channels = array.shape[0], at = c * array.plane();
  const double n = static_cast<double>(pass.batch * array.pixels());
  ChannelGradient<T> channel{.shape = channel_shape(pass),
                             .x = pass.x[0] + at,
                             .dy = gradients.y + at,
                             .mean = pass.saved_batch[c],
                             .inverse = pass.saved_batch[channels + c],
                             .factor = pass.tensors[0][c] * pass.saved_batch[channels + c],
                             .shift = pass.tensors[1][c],
                             .relu = pass.after == Activation::relu,
                             .dx = nullptr,
                             .mean_gradient = T(0),
                             .mean_product = T(0)};
  const ChannelSums sums = kernels<T>().images.gradient_sums(channel);
  if (T* scale = gradients.tensors[0]) scale[c] = static_cast<T>(sums.product);
  if (T* shift = gradients.tensors[1]) shift[c] = static_cast<T>(sums.gradient);
  if (!gradients.x[0]) return;
  channel.dx = gradients.x[0] + at;
  if (pass.statistics == Statistics::batch) {
    channel.mean_gradient = static_cast<T>(sums.gradient / n);
    channel.mean_product = static_cast<T>(sums.product / n);
  }
  kernels<T>().images.normalise_backward(channel);
}

}  // namespace

template <class T>
void image_forward(const BatchNorm& layer, const LayerPass<T>& pass, const ParallelLoop& loop) {
  const ImageArray<T> array{pass.batch, pass.shapes[0]};
  for_planes(array.shape[0], array.size(), loop, [&](std::size_t c) { normalise_channel(layer, pass, c); });
}

template <class T>
void image_backward(const BatchNorm&, const LayerPass<T>& pass, const LayerGradients<T>& gradients,
                    const ParallelLoop& loop) {
  const ImageArray<T> array{pass.batch, pass.shapes[0]};
  for_planes(array.shape[0], array.size(), loop,
             [&](std::size_t c) { differentiate_channel(pass, gradients, c); });
}

template void image_forward(const BatchNorm&, const LayerPass<float>&, const ParallelLoop&);
template void image_forward(const BatchNorm&, const LayerPass<double>&, const ParallelLoop&);
template void image_backward(const BatchNorm&, const LayerPass<float>&, const LayerGradients<float>&,
                             const ParallelLoop&);
template void image_backward(const BatchNorm&, const LayerPass<double>&, const LayerGradients<double>&,
                             const ParallelLoop&);

}  // namespace eigenstudent::cpu
