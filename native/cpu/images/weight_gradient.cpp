// The gradient of the weights of a convolution: for every output channel and every entry of its kernels a sum
// over all positions.
#include <algorithm>
#include <vector>

#include "cpu/images/correlation.h"
#include "cpu/isa.h"
#include "executor/aligned_buffer.h"

namespace eigenstudent::cpu {

namespace {

/// Bytes of the places and of the padded image that are worked on at once, so that both stay in a
/// second-level cache of 1 MiB.
constexpr std::size_t place_bytes = 320 << 10, image_bytes = 160 << 10;

/// Shares of a batch that are summed apart, so that threads work on different places.
constexpr std::size_t most_shares = 4;

/// A stretch of the batch: some rows of the positions of one block, or all rows of some blocks.
struct Chunk {
  std::size_t block, blocks, line, lines;
};

/// Depends on the shapes and the instruction set alone, so that sums do not depend on the threads.
std::vector<Chunk> chunks_of(const Correlation& c, std::size_t blocks, std::size_t vector_bytes) {
  const std::size_t line = c.place_channels() * c.places[2] * vector_bytes, lines = c.places[1];
  std::vector<Chunk> chunks;
  if (line * lines <= place_bytes) {
    const std::size_t together = place_bytes / (line * lines);
    for (std::size_t b = 0; b < blocks; b += together)
      chunks.push_back({b, std::min(together, blocks - b), 0, lines});
    return chunks;
  }
  const std::size_t rows = std::max<std::size_t>(1, place_bytes / line);
  for (std::size_t b = 0; b < blocks; ++b)
    for (std::size_t first = 0; first < lines; first += rows)
      chunks.push_back({b, 1, first, std::min(rows, lines - first)});
  return chunks;
}

/// Channels of the image whose entries are summed together, of one group; and some channels of the places.
struct Part {
  std::size_t group, image, images, place, places;
};

std::vector<Part> parts_of(const Correlation& c, std::size_t wanted, std::size_t most_images) {
  const std::size_t images = c.image_channels(), places = c.place_channels();
  const std::size_t image_cuts = std::min(
      images, std::max((images + most_images - 1) / most_images, (wanted + c.groups - 1) / c.groups));
  const std::size_t rest = (wanted + image_cuts * c.groups - 1) / (image_cuts * c.groups);
  const std::size_t place_cuts = std::clamp<std::size_t>(rest, 1, (places + 2) / 3);  // tiles of three
  std::vector<Part> parts;
  for (std::size_t g = 0; g < c.groups; ++g)
    for (std::size_t i = 0; i < image_cuts; ++i)
      for (std::size_t o = 0; o < place_cuts; ++o) {
        const std::size_t from = i * images / image_cuts, to = (i + 1) * images / image_cuts;
        const std::size_t first = o * places / place_cuts, end = (o + 1) * places / place_cuts;
        parts.push_back({g, from, to - from, first, end - first});
      }
  return parts;
}

/// The rows and columns of an image that the windows of some rows of positions read, with their padding.
struct PaddedRows {
  std::size_t lines, width;
};
PaddedRows padded_rows(const Correlation& c, std::size_t lines) {
  const Window& w = c.window;
  return {(lines - 1) * w.stride.height + (w.kernel.height - 1) * w.dilation.height + 1,
          (c.places[2] - 1) * w.stride.width + (w.kernel.width - 1) * w.dilation.width + 1};
}

/// plane [height][width][lanes] to `to` [rows.lines][rows.width][lanes], whose first row is row `line` of the
/// padded image.
template <class T>
void copy_padded(const Correlation& c, const PaddedRows& rows, std::size_t line, std::size_t lanes,
                 const T* plane, T* to) {
  const std::size_t height = c.image[1], width = c.image[2];
  const std::size_t left = std::min(c.window.padding.width, rows.width);
  const std::size_t inside = std::min(width, rows.width - left);
  for (std::size_t r = 0; r < rows.lines; ++r, to += rows.width * lanes) {
    const std::size_t padded = line + r;
    if (padded < c.window.padding.height || padded - c.window.padding.height >= height) {
      std::fill_n(to, rows.width * lanes, T(0));
      continue;
    }
    T* next = std::fill_n(to, left * lanes, T(0));
    next = std::copy_n(plane + (padded - c.window.padding.height) * width * lanes, inside * lanes, next);
    std::fill_n(next, (rows.width - left - inside) * lanes, T(0));
  }
}

/// Adds a chunk's share to the gradient of a part's weights.
template <class T>
void add_chunk(const Correlation& c, const Part& part, const Chunk& chunk, const T* image, const T* places,
               T* gradient) {
  const Kernels<T>& kernels = cpu::kernels<T>();
  const std::size_t lanes = kernels.lanes;
  const PaddedRows rows = padded_rows(c, chunk.lines);
  const std::size_t plane = rows.lines * rows.width * lanes;
  thread_local AlignedBuffer<T> buffer;
  thread_local std::vector<std::ptrdiff_t> entries;
  T* padded = buffer.require(chunk.blocks * part.images * plane);
  const std::size_t image_plane = c.image[1] * c.image[2] * lanes,
                    place_plane = c.places[1] * c.places[2] * lanes;
  for (std::size_t b = 0; b < chunk.blocks; ++b)
    for (std::size_t i = 0; i < part.images; ++i) {
      const std::size_t channel = part.group * c.image_channels() + part.image + i;
      copy_padded(c, rows, chunk.line * c.window.stride.height, lanes,
                  image + ((chunk.block + b) * c.image[0] + channel) * image_plane,
                  padded + (b * part.images + i) * plane);
    }
  entries.clear();
  for (std::size_t i = 0; i < part.images; ++i)
    for (std::size_t u = 0; u < c.window.kernel.height; ++u)
      for (std::size_t v = 0; v < c.window.kernel.width; ++v)
        entries.push_back(static_cast<std::ptrdiff_t>(
            i * plane + (u * c.window.dilation.height * rows.width + v * c.window.dilation.width) * lanes));
  const std::size_t first = part.group * c.place_channels() + part.place,
                    row = c.image_channels() * c.kernel_size();
  kernels.images.conv_gradient(
      {.outputs = part.places,
       .delta = places + (chunk.block * c.places[0] + first) * place_plane + chunk.line * c.places[2] * lanes,
       .delta_channel = static_cast<std::ptrdiff_t>(place_plane),
       .delta_line = static_cast<std::ptrdiff_t>(c.places[2] * lanes),
       .delta_block = static_cast<std::ptrdiff_t>(c.places[0] * place_plane),
       .entries = entries.size(),
       .x_entries = entries.data(),
       .x = padded,
       .x_line = static_cast<std::ptrdiff_t>(c.window.stride.height * rows.width * lanes),
       .x_pixel = static_cast<std::ptrdiff_t>(c.window.stride.width * lanes),
       .x_block = static_cast<std::ptrdiff_t>(part.images * plane),
       .blocks = chunk.blocks,
       .lines = chunk.lines,
       .pixels = c.places[2],
       .g = gradient + first * row + part.image * c.kernel_size(),
       .g_row = static_cast<std::ptrdiff_t>(row)});
}

}  // namespace

template <class T>
void weight_gradient(const Correlation& c, const ImageBatch& batch, const T* image, const T* places,
                     T* gradient) {
  const std::size_t vector_bytes = cpu::kernels<T>().lanes * sizeof(T);
  const std::vector<Chunk> chunks = chunks_of(c, batch.blocks, vector_bytes);
  const PaddedRows rows = padded_rows(c, chunks.front().lines);
  const std::size_t channel_bytes = chunks.front().blocks * rows.lines * rows.width * vector_bytes;
  // Shares of the batch have sums of their own, whatever the threads are, and so the same bits.
  const std::size_t shares = std::min(most_shares, chunks.size()), count = c.weight_count();
  // Each part reads all places of its share again: no more than keep the threads busy.
  const std::size_t wanted = batch.loop.shared() ? (2 * batch.loop.threads() + shares - 1) / shares : 1;
  const std::vector<Part> parts = parts_of(c, wanted, std::max<std::size_t>(1, image_bytes / channel_bytes));
  thread_local AlignedBuffer<T> buffer;
  T* sums = buffer.require((shares - 1) * count);
  std::fill_n(sums, (shares - 1) * count, T(0));
  std::fill_n(gradient, count, T(0));
  batch.loop.each(shares * parts.size(), [&](std::size_t task, unsigned) {
    const std::size_t share = task / parts.size();
    T* to = share == 0 ? gradient : sums + (share - 1) * count;
    for (std::size_t i = share * chunks.size() / shares; i < (share + 1) * chunks.size() / shares; ++i)
      add_chunk(c, parts[task % parts.size()], chunks[i], image, places, to);
  });
  for (std::size_t share = 1; share < shares; ++share, sums += count)
    for (std::size_t i = 0; i < count; ++i) gradient[i] += sums[i];
}

template void weight_gradient(const Correlation&, const ImageBatch&, const float*, const float*, float*);
template void weight_gradient(const Correlation&, const ImageBatch&, const double*, const double*, double*);

}  // namespace eigenstudent::cpu
