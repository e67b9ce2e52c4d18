// The products of convolutions and transposed convolutions, on images that are stored in blocks of samples
// (cpu/image_kernels.h).
//
// A window moves over an image [channels, height, width]; there is a place of [channels, height, width] for
// each of its positions. A convolution computes the places from the image, a transposed one the image from
// the places; going back is the other way round.
#pragma once

#include <cstddef>

#include "core/window.h"
#include "cpu/thread_pool.h"

namespace eigenstudent::cpu {

struct Correlation {
  Shape image, places;  // [channels, height, width]
  Window window;
  std::size_t groups = 1;

  std::size_t kernel_size() const { return window.kernel.height * window.kernel.width; }
  std::size_t image_channels() const { return image[0] / groups; }  // of a group
  std::size_t place_channels() const { return places[0] / groups; }
  /// Weights are [place channels][image channels of a group][kernel height][kernel width].
  std::size_t weight_count() const { return places[0] * image_channels() * kernel_size(); }
};

/// A batch whose images lie in `blocks` blocks.
struct ImageBatch {
  std::size_t blocks;
  const ParallelLoop& loop;
};

/// places = weights * image + bias. bias: [place channels], or nullptr. All arrays of images are
/// [blocks][shape][lanes].
template <class T>
void places_from_image(const Correlation& correlation, const ImageBatch& batch, const T* weights,
                       const T* image, const T* bias, T* places);
/// image = weights^T * places + bias. bias: [image channels], or nullptr.
template <class T>
void image_from_places(const Correlation& correlation, const ImageBatch& batch, const T* weights,
                       const T* places, const T* bias, T* image);
/// gradient[weights] = sum over samples and positions of places * image. Lanes past the last sample must be 0
/// in one of them and finite in the other.
template <class T>
void weight_gradient(const Correlation& correlation, const ImageBatch& batch, const T* image, const T* places,
                     T* gradient);
/// sums[c] = the sum of a channel over samples and pixels. images: [blocks][shape][lanes], 0 in lanes past
/// the last sample.
template <class T>
void channel_sums(const Shape& shape, const ImageBatch& batch, const T* images, T* sums);

}  // namespace eigenstudent::cpu
