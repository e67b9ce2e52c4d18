// Batch norm, pools and sums of images that are stored in blocks of samples (cpu/image_kernels.h).
#pragma once

#include "cpu/image_kernels.h"
#include "cpu/isa/elementwise.h"
#include "cpu/isa/vector.h"

namespace eigenstudent::cpu::ES_ISA {

/// Vectors that are summed in T before the sum goes on in float64: 16 KiB of AVX-512, in the first-level cache.
inline constexpr std::size_t stretch_vectors = 256;

/// Calls body(first scalar of a stretch, vectors in it, samples in its lanes).
template <class T, class Body>
ES_INLINE void for_stretches(const ChannelShape& shape, const Body& body) {
  constexpr std::size_t L = lanes_of<Vector<T>, T>;
  for (std::size_t block = 0; block < shape.blocks; ++block) {
    const std::size_t lanes = block + 1 == shape.blocks ? shape.last_lanes : L;
    const std::ptrdiff_t from = static_cast<std::ptrdiff_t>(block) * shape.block;
    for (std::size_t first = 0; first < shape.pixels; first += stretch_vectors) {
      const std::size_t left = shape.pixels - first;
      body(from + static_cast<std::ptrdiff_t>(first * L), left < stretch_vectors ? left : stretch_vectors,
           lanes);
    }
  }
}

/// Sum of term(i) for the vectors i of a stretch, in four partial sums; lanes that hold no sample do not count.
template <class T, class Term>
ES_INLINE double sum_of(std::size_t vectors, std::size_t lanes, const Term& term) {
  using V = Vector<T>;
  V sums[4] = {};
  std::size_t i = 0;
  for (; i + 4 <= vectors; i += 4) {
#pragma GCC unroll 4
    for (std::size_t j = 0; j < 4; ++j) sums[j] += term(i + j);
  }
  for (; i < vectors; ++i) sums[0] += term(i);
  const V sum = (sums[0] + sums[1]) + (sums[2] + sums[3]);
  double total = 0;
  for (std::size_t lane = 0; lane < lanes; ++lane) total += static_cast<double>(sum[lane]);
  return total;
}

/// About the mean of each stretch, whose moments are then joined (Chan, Golub, LeVeque 1979): a large mean takes no digits from the
/// squares.
template <class T>
static Moments channel_moments(const ChannelMoments<T>& p) {
  using V = Vector<T>;
  constexpr std::size_t L = lanes_of<V, T>;
  double count = 0;
  Moments all{0, 0};
  for_stretches<T>(p.shape, [&](std::ptrdiff_t at, std::size_t vectors, std::size_t lanes) {
    const T* x = p.x + at;
    const double n = static_cast<double>(vectors * lanes);
    const V origin = broadcast<V>(x[0]);
    const double shifted =
        sum_of<T>(vectors, lanes, [&](std::size_t i) { return load<V>(x + i * L) - origin; }) / n;
    const T center = static_cast<T>(static_cast<double>(x[0]) + shifted);
    const V about = broadcast<V>(center);
    const double rest =
        sum_of<T>(vectors, lanes, [&](std::size_t i) { return load<V>(x + i * L) - about; }) / n;
    const double squares = sum_of<T>(vectors, lanes, [&](std::size_t i) {
      const V d = load<V>(x + i * L) - about;
      return d * d;
    });
    const double mean = static_cast<double>(center) + rest, distance = mean - all.mean, together = count + n;
    all.squares += squares - n * rest * rest + distance * distance * count * n / together;
    all.mean += distance * n / together;
    count = together;
  });
  return all;
}

template <class T>
static void normalise(const ChannelNormalise<T>& p) {
  using V = Vector<T>;
  constexpr std::size_t L = lanes_of<V, T>;
  const V mean = broadcast<V>(p.mean), factor = broadcast<V>(p.scale * p.inverse),
          shift = broadcast<V>(p.shift);
  for_stretches<T>(p.shape, [&](std::ptrdiff_t at, std::size_t vectors, std::size_t) {
    const T* x = p.x + at;
    T* y = p.y + at;
    for (std::size_t i = 0; i < vectors; ++i) {
      const V value = factor * (load<V>(x + i * L) - mean) + shift;
      store<V>(y + i * L, p.relu ? positive_part(value) : value);
    }
  });
}

/// dL/dy behind the activation. about_mean: x - mean. The output is computed again, as normalise does: reading
/// it takes longer.
template <class V, class T>
ES_INLINE V masked_gradient(const ChannelGradient<T>& p, V factor, V shift, V about_mean, const T* dy) {
  const V gradient = load<V>(dy), zero{};
  return p.relu ? (factor * about_mean + shift > zero ? gradient : zero) : gradient;
}

template <class T>
static ChannelSums gradient_sums(const ChannelGradient<T>& p) {
  using V = Vector<T>;
  constexpr std::size_t L = lanes_of<V, T>;
  const V mean = broadcast<V>(p.mean), inverse = broadcast<V>(p.inverse), factor = broadcast<V>(p.factor),
          shift = broadcast<V>(p.shift);
  ChannelSums all{0, 0};
  for_stretches<T>(p.shape, [&](std::ptrdiff_t at, std::size_t vectors, std::size_t lanes) {
    const T *x = p.x + at, *dy = p.dy + at;
    V products[4] = {};
    all.gradient += sum_of<T>(vectors, lanes, [&](std::size_t i) {
      const V about_mean = load<V>(x + i * L) - mean;
      const V g = masked_gradient(p, factor, shift, about_mean, dy + i * L);
      products[i % 4] += g * (about_mean * inverse);
      return g;
    });
    const V product = (products[0] + products[1]) + (products[2] + products[3]);
    for (std::size_t lane = 0; lane < lanes; ++lane) all.product += static_cast<double>(product[lane]);
  });
  return all;
}

template <class T>
static void normalise_backward(const ChannelGradient<T>& p) {
  using V = Vector<T>;
  constexpr std::size_t L = lanes_of<V, T>;
  const V mean = broadcast<V>(p.mean), inverse = broadcast<V>(p.inverse), factor = broadcast<V>(p.factor);
  const V mean_gradient = broadcast<V>(p.mean_gradient), mean_product = broadcast<V>(p.mean_product),
          shift = broadcast<V>(p.shift), zero{};
  for_stretches<T>(p.shape, [&](std::ptrdiff_t at, std::size_t vectors, std::size_t lanes) {
    const T *x = p.x + at, *dy = p.dy + at;
    T* dx = p.dx + at;
    const auto real = lanes_below<V, T>(lanes);
    for (std::size_t i = 0; i < vectors; ++i) {
      const V about_mean = load<V>(x + i * L) - mean;
      const V g = masked_gradient(p, factor, shift, about_mean, dy + i * L);
      const V value = factor * (g - mean_gradient - about_mean * inverse * mean_product);
      store<V>(dx + i * L, real ? value : zero);
    }
  });
}

/// What a window covers of one axis of the image: [from, from + count) of the image.
struct WindowStretch {
  std::size_t from, count;
};
ES_INLINE WindowStretch window_stretch(std::size_t place, std::size_t stride, std::size_t padding,
                                       std::size_t kernel, std::size_t size) {
  const std::size_t start = place * stride, end = start + kernel;
  const std::size_t from = start > padding ? start - padding : 0;
  const std::size_t to = end > padding ? end - padding : 0;
  const std::size_t last = to < size ? to : size;
  return {from, last > from ? last - from : 0};
}

/// Calls body(first scalar of the window, its rows, its columns, scalar of the output) for every window.
template <class T, class Body>
ES_INLINE void for_windows(const PoolPlane<T>& p, const Body& body) {
  constexpr std::size_t L = lanes_of<Vector<T>, T>;
  for (std::size_t r = 0; r < p.out_height; ++r) {
    const WindowStretch rows =
        window_stretch(r, p.stride_height, p.padding_height, p.kernel_height, p.height);
    for (std::size_t c = 0; c < p.out_width; ++c) {
      const WindowStretch columns =
          window_stretch(c, p.stride_width, p.padding_width, p.kernel_width, p.width);
      body((rows.from * p.width + columns.from) * L, rows.count, columns.count, (r * p.out_width + c) * L);
    }
  }
}

/// The largest of a window; NaN where one is.
template <class V, class T>
ES_INLINE V window_maximum(const PoolPlane<T>& p, const T* x, std::size_t rows, std::size_t columns) {
  V best = load<V>(x);
  for (std::size_t u = 0; u < rows; ++u)
    for (std::size_t v = 0; v < columns; ++v) {
      const V value = load<V>(x + (u * p.width + v) * lanes_of<V, T>);
      best = value <= best ? best : (best == best ? value : best);  // a NaN is taken, and stays
    }
  return best;
}

template <class T>
static void max_pool(const PoolPlane<T>& p) {
  using V = Vector<T>;
  for_windows(p, [&](std::size_t at, std::size_t rows, std::size_t columns, std::size_t out) {
    store<V>(p.y + out, window_maximum<V>(p, p.x + at, rows, columns));
  });
}

/// The gradient goes to the first of the largest.
template <class T>
static void max_pool_backward(const PoolPlane<T>& p) {
  using V = Vector<T>;
  constexpr std::size_t L = lanes_of<V, T>;
  const V zero{};
  for_windows(p, [&](std::size_t at, std::size_t rows, std::size_t columns, std::size_t out) {
    const V best = window_maximum<V>(p, p.x + at, rows, columns);
    V left = load<V>(p.dy + out);
    for (std::size_t u = 0; u < rows; ++u)
      for (std::size_t v = 0; v < columns; ++v) {
        const std::size_t i = at + (u * p.width + v) * L;
        const auto here = load<V>(p.x + i) == best;
        store<V>(p.dx + i, load<V>(p.dx + i) + (here ? left : zero));
        left = here ? zero : left;
      }
  });
}

template <class T>
ES_INLINE T window_count_of(const PoolPlane<T>& p, std::size_t rows, std::size_t columns) {
  return static_cast<T>(p.count_include_pad ? p.kernel_height * p.kernel_width : rows * columns);
}

template <class T>
static void average_pool(const PoolPlane<T>& p) {
  using V = Vector<T>;
  for_windows(p, [&](std::size_t at, std::size_t rows, std::size_t columns, std::size_t out) {
    V sum{};
    for (std::size_t u = 0; u < rows; ++u)
      for (std::size_t v = 0; v < columns; ++v) sum += load<V>(p.x + at + (u * p.width + v) * lanes_of<V, T>);
    store<V>(p.y + out, sum / window_count_of(p, rows, columns));
  });
}

template <class T>
static void average_pool_backward(const PoolPlane<T>& p) {
  using V = Vector<T>;
  for_windows(p, [&](std::size_t at, std::size_t rows, std::size_t columns, std::size_t out) {
    const V share = load<V>(p.dy + out) / window_count_of(p, rows, columns);
    for (std::size_t u = 0; u < rows; ++u)
      for (std::size_t v = 0; v < columns; ++v) {
        T* dx = p.dx + at + (u * p.width + v) * lanes_of<V, T>;
        store<V>(dx, load<V>(dx) + share);
      }
  });
}

template <class T>
static void add_arrays(const T* a, const T* b, T* y, std::size_t count, bool relu) {
  using V = Vector<T>;
  for (std::size_t i = 0; i < count; i += lanes_of<V, T>) {
    const V sum = load<V>(a + i) + load<V>(b + i);
    store<V>(y + i, relu ? positive_part(sum) : sum);
  }
}

template <class T>
static void mask(const T* y, const T* dy, T* to, std::size_t count) {
  using V = Vector<T>;
  const V zero{};
  for (std::size_t i = 0; i < count; i += lanes_of<V, T>)
    store<V>(to + i, load<V>(y + i) > zero ? load<V>(dy + i) : zero);
}

template <class T>
static void sum_vectors(const T* x, std::size_t count, T* sum) {
  using V = Vector<T>;
  V all{};
  for (std::size_t i = 0; i < count; ++i) all += load<V>(x + i * lanes_of<V, T>);
  store<V>(sum, all);
}

template <class T>
static void repeat_vector(const T* vector, std::size_t count, T* to) {
  using V = Vector<T>;
  const V value = load<V>(vector);
  for (std::size_t i = 0; i < count; ++i) store<V>(to + i * lanes_of<V, T>, value);
}

}  // namespace eigenstudent::cpu::ES_ISA
