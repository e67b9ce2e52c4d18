#include "cpu/images/image_layers.h"

#include <algorithm>

#include "cpu/images/image_array.h"
#include "executor/aligned_buffer.h"

namespace eigenstudent::cpu {

namespace {

template <class T>
ImageArray<T> read_array(const LayerPass<T>& pass, std::size_t r = 0) {
  return {pass.batch, pass.shapes[r]};
}
template <class T>
ImageArray<T> output_array(const LayerPass<T>& pass) {
  return {pass.batch, pass.layer.description.output};
}

/// Calls pool(plane's arguments) for every channel of every block.
template <class T, class Layer, class Pool>
void for_pooled_planes(const Layer& layer, const LayerPass<T>& pass, const T* dy, T* dx,
                       bool count_include_pad, const ParallelLoop& loop, const Pool& pool) {
  const ImageArray<T> in = read_array(pass), out = output_array(pass);
  for_planes(in.blocks() * in.shape[0], in.size(), loop, [&](std::size_t p) {
    pool(PoolPlane<T>{in.shape[1], in.shape[2], out.shape[1], out.shape[2], layer.kernel.height,
                      layer.kernel.width, layer.stride.height, layer.stride.width, layer.padding.height,
                      layer.padding.width, count_include_pad, pass.x[0] + p * in.plane(),
                      pass.y + p * out.plane(), dy ? dy + p * out.plane() : nullptr,
                      dx ? dx + p * in.plane() : nullptr});
  });
}

}  // namespace

template <class T>
void to_lanes(const T* rows, std::size_t count, std::size_t size, T* to, const ParallelLoop& loop) {
  const Kernels<T>& kernels = cpu::kernels<T>();
  const std::size_t lanes = kernels.lanes, blocks = (count + lanes - 1) / lanes;
  for_planes(blocks, count * size, loop, [&](std::size_t b) {
    const std::size_t first = b * lanes;
    kernels.gather_transposed(
        {rows, size, nullptr, first, std::min(lanes, count - first), to + first * size, lanes});
  });
}

template <class T>
void from_lanes(const T* blocks_of_lanes, std::size_t count, std::size_t size, T* to,
                const ParallelLoop& loop) {
  const Kernels<T>& kernels = cpu::kernels<T>();
  const std::size_t lanes = kernels.lanes, blocks = (count + lanes - 1) / lanes;
  for_planes(blocks, count * size, loop, [&](std::size_t b) {
    const std::size_t first = b * lanes, samples = std::min(lanes, count - first);
    const T* from = blocks_of_lanes + first * size;
    if (samples == lanes)
      return kernels.gather_transposed({from, lanes, nullptr, 0, size, to + first * size, size});
    for (std::size_t s = 0; s < samples; ++s)
      for (std::size_t i = 0; i < size; ++i) to[(first + s) * size + i] = from[i * lanes + s];
  });
}

template <class T>
void image_forward(const ActivationLayer& layer, const LayerPass<T>& pass, const ParallelLoop& loop) {
  for_pieces(output_array(pass).size(), loop, [&](std::size_t first, std::size_t count) {
    kernels<T>().activate(layer.activation, pass.x[0] + first, pass.y + first, count);
  });
}
template <class T>
void image_backward(const ActivationLayer& layer, const LayerPass<T>& pass,
                    const LayerGradients<T>& gradients, const ParallelLoop& loop) {
  if (!gradients.x[0]) return;
  for_pieces(output_array(pass).size(), loop, [&](std::size_t first, std::size_t count) {
    if (layer.activation == Activation::relu)
      return kernels<T>().images.mask(pass.y + first, gradients.y + first, gradients.x[0] + first, count);
    std::copy_n(gradients.y + first, count, gradients.x[0] + first);
    kernels<T>().activation_backward(layer.activation, pass.x[0] + first, pass.y + first,
                                     gradients.x[0] + first, count);
  });
}

/// pass.after is linear or relu.
template <class T>
void image_forward(const Add&, const LayerPass<T>& pass, const ParallelLoop& loop) {
  const bool relu = pass.after == Activation::relu;
  for_pieces(output_array(pass).size(), loop, [&](std::size_t first, std::size_t count) {
    for (std::size_t r = 1; r < pass.x.size(); ++r)
      kernels<T>().images.add((r == 1 ? pass.x[0] : pass.y) + first, pass.x[r] + first, pass.y + first, count,
                              relu && r + 1 == pass.x.size());
  });
}
template <class T>
void image_backward(const Add&, const LayerPass<T>& pass, const LayerGradients<T>& gradients,
                    const ParallelLoop& loop) {
  for_pieces(output_array(pass).size(), loop, [&](std::size_t first, std::size_t count) {
    for (T* x : gradients.x) {
      if (!x) continue;
      if (pass.after == Activation::relu)
        kernels<T>().images.mask(pass.y + first, gradients.y + first, x + first, count);
      else
        std::copy_n(gradients.y + first, count, x + first);
    }
  });
}

template <class T>
void image_forward(const Concat&, const LayerPass<T>& pass, const ParallelLoop& loop) {
  const ImageArray<T> out = output_array(pass);
  for_planes(out.blocks(), out.size(), loop, [&](std::size_t b) {
    T* y = pass.y + b * out.block();
    for (std::size_t r = 0; r < pass.x.size(); ++r) {
      const std::size_t block = read_array(pass, r).block();
      y = std::copy_n(pass.x[r] + b * block, block, y);
    }
  });
}
template <class T>
void image_backward(const Concat&, const LayerPass<T>& pass, const LayerGradients<T>& gradients,
                    const ParallelLoop& loop) {
  const ImageArray<T> out = output_array(pass);
  for_planes(out.blocks(), out.size(), loop, [&](std::size_t b) {
    const T* y = gradients.y + b * out.block();
    for (std::size_t r = 0; r < pass.x.size(); ++r) {
      const std::size_t block = read_array(pass, r).block();
      if (gradients.x[r]) std::copy_n(y, block, gradients.x[r] + b * block);
      y += block;
    }
  });
}

template <class T>
void image_forward(const Flatten&, const LayerPass<T>& pass, const ParallelLoop& loop) {
  from_lanes(pass.x[0], pass.batch, pass.layer.size, pass.y, loop);
}
template <class T>
void image_backward(const Flatten&, const LayerPass<T>& pass, const LayerGradients<T>& gradients,
                    const ParallelLoop& loop) {
  if (gradients.x[0]) to_lanes(gradients.y, pass.batch, pass.layer.size, gradients.x[0], loop);
}

template <class T>
void image_forward(const MaxPool2d& layer, const LayerPass<T>& pass, const ParallelLoop& loop) {
  for_pooled_planes(layer, pass, static_cast<const T*>(nullptr), static_cast<T*>(nullptr), true, loop,
                    kernels<T>().images.max_pool);
}
template <class T>
void image_backward(const MaxPool2d& layer, const LayerPass<T>& pass, const LayerGradients<T>& gradients,
                    const ParallelLoop& loop) {
  if (!gradients.x[0]) return;
  std::fill_n(gradients.x[0], read_array(pass).size(), T(0));
  for_pooled_planes(layer, pass, static_cast<const T*>(gradients.y), gradients.x[0], true, loop,
                    kernels<T>().images.max_pool_backward);
}

template <class T>
void image_forward(const AveragePool2d& layer, const LayerPass<T>& pass, const ParallelLoop& loop) {
  for_pooled_planes(layer, pass, static_cast<const T*>(nullptr), static_cast<T*>(nullptr),
                    layer.count_include_pad, loop, kernels<T>().images.average_pool);
}
template <class T>
void image_backward(const AveragePool2d& layer, const LayerPass<T>& pass, const LayerGradients<T>& gradients,
                    const ParallelLoop& loop) {
  if (!gradients.x[0]) return;
  std::fill_n(gradients.x[0], read_array(pass).size(), T(0));
  for_pooled_planes(layer, pass, static_cast<const T*>(gradients.y), gradients.x[0], layer.count_include_pad,
                    loop, kernels<T>().images.average_pool_backward);
}

/// [channels] of a sample from the sums over its planes.
template <class T>
void image_forward(const GlobalAveragePool&, const LayerPass<T>& pass, const ParallelLoop& loop) {
  const ImageArray<T> in = read_array(pass);
  const std::size_t channels = in.shape[0];
  const T area = static_cast<T>(in.pixels());
  for_planes(in.blocks() * channels, in.size(), loop, [&](std::size_t p) {
    T sums[64];  // no vector has more lanes
    kernels<T>().images.sum_vectors(pass.x[0] + p * in.plane(), in.pixels(), sums);
    const std::size_t first = p / channels * in.lanes, end = std::min(first + in.lanes, pass.batch);
    for (std::size_t s = first; s < end; ++s) pass.y[s * channels + p % channels] = sums[s - first] / area;
  });
}
template <class T>
void image_backward(const GlobalAveragePool&, const LayerPass<T>& pass, const LayerGradients<T>& gradients,
                    const ParallelLoop& loop) {
  if (!gradients.x[0]) return;
  const ImageArray<T> in = read_array(pass);
  const std::size_t channels = in.shape[0];
  const T area = static_cast<T>(in.pixels());
  for_planes(in.blocks() * channels, in.size(), loop, [&](std::size_t p) {
    T shares[64] = {};
    const std::size_t first = p / channels * in.lanes, end = std::min(first + in.lanes, pass.batch);
    for (std::size_t s = first; s < end; ++s)
      shares[s - first] = gradients.y[s * channels + p % channels] / area;
    kernels<T>().images.repeat_vector(shares, in.pixels(), gradients.x[0] + p * in.plane());
  });
}

#define INSTANTIATE_LAYER(Layer, T)                                                         \
  template void image_forward(const Layer&, const LayerPass<T>&, const ParallelLoop&);      \
  template void image_backward(const Layer&, const LayerPass<T>&, const LayerGradients<T>&, \
                               const ParallelLoop&);
#define INSTANTIATE(T)                                                                   \
  template void to_lanes(const T*, std::size_t, std::size_t, T*, const ParallelLoop&);   \
  template void from_lanes(const T*, std::size_t, std::size_t, T*, const ParallelLoop&); \
  INSTANTIATE_LAYER(ActivationLayer, T)                                                  \
  INSTANTIATE_LAYER(Add, T)                                                              \
  INSTANTIATE_LAYER(Concat, T)                                                           \
  INSTANTIATE_LAYER(Flatten, T)                                                          \
  INSTANTIATE_LAYER(MaxPool2d, T)                                                        \
  INSTANTIATE_LAYER(AveragePool2d, T)                                                    \
  INSTANTIATE_LAYER(GlobalAveragePool, T)
INSTANTIATE(float)
INSTANTIATE(double)
#undef INSTANTIATE
#undef INSTANTIATE_LAYER

}  // namespace eigenstudent::cpu
