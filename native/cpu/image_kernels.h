// The kernels of one instruction set for images (see kernels.h). An image is stored in blocks of samples,
// [blocks][channels][height][width][lanes] with `lanes` scalars of a vector, so that a vector holds one pixel
// of as many samples: every size, stride and padding takes whole vectors. Distances are in scalars.
#pragma once

#include <cstddef>

#include "core/activations.h"

namespace eigenstudent::cpu {

/// y[m][n] = bias[m] + sum over channels c and taps t of a[c][t][m] x[c][t][n] for consecutive pixels n of
/// one row of the output: x[c][t][n] at x + c x_channel + x_taps[t] + n x_pixel, a[c][t][m] at a + c
/// a_channel + a_taps[t] + m.
template <class T>
struct ConvRow {
  std::size_t rows;    // m
  std::size_t pixels;  // n
  std::size_t channels;
  std::size_t taps;
  const std::ptrdiff_t* x_taps;
  const std::ptrdiff_t* a_taps;
  const T* x;
  std::ptrdiff_t x_channel, x_pixel;
  const T* a;
  std::ptrdiff_t a_channel;
  T* y;
  std::ptrdiff_t y_channel, y_pixel;
  const T* bias;  // [rows], or nullptr
};

/// g[o][e] += sum over blocks, lines, pixels and lanes of delta[o] x[e]: a share of the gradient of a
/// convolution's weights.
template <class T>
struct ConvGradient {
  std::size_t outputs;  // o
  const T* delta;       // of consecutive pixels
  std::ptrdiff_t delta_channel, delta_line, delta_block;
  std::size_t entries;              // e
  const std::ptrdiff_t* x_entries;  // where x[e] begins
  const T* x;
  std::ptrdiff_t x_line, x_pixel, x_block;
  std::size_t blocks, lines, pixels;
  T* g;
  std::ptrdiff_t g_row;  // between outputs
};

/// One channel of a batch: `blocks` stretches of `pixels` vectors, `block` apart. The last has `last_lanes`
/// samples.
struct ChannelShape {
  std::size_t blocks, pixels;
  std::ptrdiff_t block;
  std::size_t last_lanes;
};

/// mean, and sum of (x - mean)^2, over the samples; float64 in fixed order.
template <class T>
struct ChannelMoments {
  ChannelShape shape;
  const T* x;
};
struct Moments {
  double mean, squares;
};

/// y = f(scale (x - mean) inverse + shift); f is linear or relu.
template <class T>
struct ChannelNormalise {
  ChannelShape shape;
  const T* x;
  T* y;
  T mean, inverse, scale, shift;
  bool relu;
};

/// g = dL/dy, with relu only where its input factor (x - mean) + shift is above 0. Sums of g and of
/// g (x - mean) inverse over the samples.
template <class T>
struct ChannelGradient {
  ChannelShape shape;
  const T* x;
  const T* dy;
  T mean, inverse, factor, shift;  // factor: scale inverse
  bool relu;
  T* dx;  // factor (g - mean_gradient - (x - mean) inverse mean_product), 0 in lanes past the last sample
  T mean_gradient, mean_product;
};
struct ChannelSums {
  double gradient, product;
};

/// Pools of one plane, [height][width][lanes] to [out_height][out_width][lanes].
template <class T>
struct PoolPlane {
  std::size_t height, width, out_height, out_width;
  std::size_t kernel_height, kernel_width, stride_height, stride_width, padding_height, padding_width;
  bool count_include_pad;  // of the average
  const T* x;
  T* y;
  const T* dy;  // of backward: dx is added to
  T* dx;
};

template <class T>
struct ImageKernels {
  void (*conv_row)(const ConvRow<T>&);
  void (*conv_gradient)(const ConvGradient<T>&);
  Moments (*channel_moments)(const ChannelMoments<T>&);
  void (*normalise)(const ChannelNormalise<T>&);
  ChannelSums (*gradient_sums)(const ChannelGradient<T>&);
  void (*normalise_backward)(const ChannelGradient<T>&);
  void (*max_pool)(const PoolPlane<T>&);
  void (*max_pool_backward)(const PoolPlane<T>&);
  void (*average_pool)(const PoolPlane<T>&);
  void (*average_pool_backward)(const PoolPlane<T>&);
  /// y = f(a + b), f linear or relu; y may be a or b.
  void (*add)(const T* a, const T* b, T* y, std::size_t count, bool relu);
  /// to = dy where y > 0, else 0.
  void (*mask)(const T* y, const T* dy, T* to, std::size_t count);
  /// sum[lane] = the sum of `count` vectors.
  void (*sum_vectors)(const T* x, std::size_t count, T* sum);
  /// `count` copies of a vector.
  void (*repeat_vector)(const T* vector, std::size_t count, T* to);
};

}  // namespace eigenstudent::cpu
