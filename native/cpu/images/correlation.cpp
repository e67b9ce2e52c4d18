#include "cpu/images/correlation.h"

#include <algorithm>
#include <vector>

#include "cpu/images/axis_taps.h"
#include "cpu/isa.h"
#include "executor/aligned_buffer.h"

namespace eigenstudent::cpu {

namespace {

AxisWindow rows_of(const Correlation& c) {
  return {c.image[1],
          c.places[1],
          c.window.kernel.height,
          c.window.stride.height,
          c.window.padding.height,
          c.window.dilation.height};
}
AxisWindow columns_of(const Correlation& c) {
  return {c.image[2],
          c.places[2],
          c.window.kernel.width,
          c.window.stride.width,
          c.window.padding.width,
          c.window.dilation.width};
}

/// One direction: what is read, what is written, and which taps lead from one to the other.
struct Direction {
  const Shape &from, &to;
  std::size_t from_channels, to_channels;   // of a group
  std::vector<std::vector<AxisTap>> lines;  // by row of the output
  std::vector<AxisRun> runs;                // of its columns
};

Direction to_places(const Correlation& c) {
  Direction d{c.image, c.places, c.image_channels(), c.place_channels(), {}, {}};
  const AxisWindow rows = rows_of(c), columns = columns_of(c);
  for (std::size_t r = 0; r < c.places[1]; ++r) d.lines.push_back(rows.of_place(r));
  d.runs = axis_runs(c.places[2], 1, columns.stride, [&](std::size_t p) { return columns.of_place(p); });
  return d;
}
Direction to_image(const Correlation& c) {
  Direction d{c.places, c.image, c.place_channels(), c.image_channels(), {}, {}};
  const AxisWindow rows = rows_of(c), columns = columns_of(c);
  for (std::size_t r = 0; r < c.image[1]; ++r) d.lines.push_back(rows.of_pixel(r));
  d.runs = axis_runs(c.image[2], columns.stride, 1, [&](std::size_t p) { return columns.of_pixel(p); });
  return d;
}

/// Scratch of the calling thread, reused from call to call.
template <class T>
struct CorrelationScratch {
  AlignedBuffer<T> weights, padded;
  std::vector<std::ptrdiff_t> x_taps, a_taps;
};
template <class T>
CorrelationScratch<T>& scratch() {
  thread_local CorrelationScratch<T> of_thread;
  return of_thread;
}

/// Weights as ConvRow reads them: [groups][channels read][kernel][channels written].
template <class T>
const T* pack_weights(const Correlation& c, bool places_written, const T* weights) {
  T* packed = scratch<T>().weights.require(c.weight_count());
  const std::size_t inner = c.image_channels(), outer = c.place_channels(), size = c.kernel_size();
  const auto transpose = [](const T* from, std::size_t rows, std::size_t columns, T* to) {
    cpu::kernels<T>().gather_transposed({from, columns, nullptr, 0, rows, to, rows});
  };
  const std::size_t planes = places_written ? c.groups : c.places[0];
  const std::size_t plane = c.weight_count() / planes;
  for (std::size_t p = 0; p < planes; ++p)
    transpose(weights + p * plane, places_written ? outer : inner, places_written ? inner * size : size,
              packed + p * plane);
  return packed;
}

/// Rows first .. first + count of one block of the output.
template <class T>
void correlate_lines(const Correlation& c, const Direction& d, std::size_t first, std::size_t count,
                     const T* weights, const T* from, const T* bias, T* to) {
  const Kernels<T>& kernels = cpu::kernels<T>();
  const std::size_t lanes = kernels.lanes, kernel_width = c.window.kernel.width;
  const std::size_t from_plane = d.from[1] * d.from[2] * lanes, to_plane = d.to[1] * d.to[2] * lanes;
  CorrelationScratch<T>& own = scratch<T>();
  for (std::size_t line = first; line < first + count; ++line)
    for (const AxisRun& run : d.runs) {
      own.x_taps.clear();
      own.a_taps.clear();
      for (const AxisTap& row : d.lines[line])
        for (const AxisTap& column : run.taps) {
          own.x_taps.push_back(static_cast<std::ptrdiff_t>((row.source * d.from[2] + column.source) * lanes));
          own.a_taps.push_back(
              static_cast<std::ptrdiff_t>((row.kernel * kernel_width + column.kernel) * d.to_channels));
        }
      for (std::size_t g = 0; g < c.groups; ++g)
        kernels.images.conv_row(
            {.rows = d.to_channels,
             .pixels = run.count,
             .channels = d.from_channels,
             .taps = own.x_taps.size(),
             .x_taps = own.x_taps.data(),
             .a_taps = own.a_taps.data(),
             .x = from + g * d.from_channels * from_plane,
             .x_channel = static_cast<std::ptrdiff_t>(from_plane),
             .x_pixel = static_cast<std::ptrdiff_t>(run.source_step * lanes),
             .a = weights + g * d.from_channels * c.kernel_size() * d.to_channels,
             .a_channel = static_cast<std::ptrdiff_t>(c.kernel_size() * d.to_channels),
             .y = to + g * d.to_channels * to_plane + (line * d.to[2] + run.first) * lanes,
             .y_channel = static_cast<std::ptrdiff_t>(to_plane),
             .y_pixel = static_cast<std::ptrdiff_t>(run.step * lanes),
             .bias = bias ? bias + g * d.to_channels : nullptr});
    }
}

template <class T>
void correlate(const Correlation& c, const Direction& d, const ImageBatch& batch, const T* weights,
               const T* from, const T* bias, T* to) {
  const std::size_t lanes = cpu::kernels<T>().lanes, lines = d.to[1];
  // Eight pieces per thread or more, for even shares; a line is never cut.
  const std::size_t wanted = 8 * batch.loop.threads();
  const std::size_t cuts = std::min(lines, (wanted + batch.blocks - 1) / batch.blocks);
  batch.loop.each(batch.blocks * cuts, [&](std::size_t piece, unsigned) {
    const std::size_t block = piece / cuts, cut = piece % cuts;
    const std::size_t first = cut * lines / cuts, end = (cut + 1) * lines / cuts;
    correlate_lines(c, d, first, end - first, weights, from + block * size_of(d.from) * lanes, bias,
                    to + block * size_of(d.to) * lanes);
  });
}

}  // namespace

template <class T>
void places_from_image(const Correlation& c, const ImageBatch& batch, const T* weights, const T* image,
                       const T* bias, T* places) {
  correlate(c, to_places(c), batch, pack_weights(c, true, weights), image, bias, places);
}

template <class T>
void image_from_places(const Correlation& c, const ImageBatch& batch, const T* weights, const T* places,
                       const T* bias, T* image) {
  correlate(c, to_image(c), batch, pack_weights(c, false, weights), places, bias, image);
}

template <class T>
void channel_sums(const Shape& shape, const ImageBatch& batch, const T* images, T* sums) {
  const Kernels<T>& kernels = cpu::kernels<T>();
  const std::size_t plane = shape[1] * shape[2];
  batch.loop.each(shape[0], [&](std::size_t c, unsigned) {
    T of_lanes[64];  // no vector has more
    sums[c] = T(0);
    for (std::size_t block = 0; block < batch.blocks; ++block) {
      kernels.images.sum_vectors(images + (block * shape[0] + c) * plane * kernels.lanes, plane, of_lanes);
      T sum = T(0);
      for (std::size_t lane = 0; lane < kernels.lanes; ++lane) sum += of_lanes[lane];
      sums[c] += sum;
    }
  });
}

template void places_from_image(const Correlation&, const ImageBatch&, const float*, const float*,
                                const float*, float*);
template void places_from_image(const Correlation&, const ImageBatch&, const double*, const double*,
                                const double*, double*);
template void image_from_places(const Correlation&, const ImageBatch&, const float*, const float*,
                                const float*, float*);
template void image_from_places(const Correlation&, const ImageBatch&, const double*, const double*,
                                const double*, double*);
template void channel_sums(const Shape&, const ImageBatch&, const float*, float*);
template void channel_sums(const Shape&, const ImageBatch&, const double*, double*);

}  // namespace eigenstudent::cpu
