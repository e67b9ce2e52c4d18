// How the columns of a matrix are cut into panels (see kernels.h).
#pragma once

#include <algorithm>
#include <cstddef>
#include <vector>

#include "cpu/kernels.h"

namespace eigenstudent::cpu {

/// Columns [offset, offset + columns) of a matrix with R rows lie at scalar offset * R, as [R][width].
struct Panel {
  std::size_t offset;
  std::size_t width;
  std::size_t columns;  // real ones, <= width; fewer only in the last panel
};

struct Panels {
  std::size_t columns = 0;  // real
  std::size_t padded = 0;   // sum of widths
  std::vector<Panel> list;
  std::vector<std::size_t> widths;  // of each panel, for DotProduct

  std::size_t size(std::size_t rows) const { return rows * padded; }
};

/// The cost of a product per row in a panel of so many vectors, relative to its useful work at full speed.
/// Measured on Zen 4 (AVX2) and Zen 5 (AVX-512) with inner dimensions of 10 to 300: 1.3 to 1.5, 2.05 to 2.2,
/// 3.
inline constexpr double panel_cost[max_panel_vectors + 1] = {0, 1.3, 2.1, 3};

/// Scalars in the usual panel, the widest there is.
template <class T>
std::size_t usual_width(const Kernels<T>& kernels) {
  return max_panel_vectors * kernels.lanes;
}

/// Cuts `columns` into panels of the instruction set's widths, widest first, so that a product costs least: 20 columns
/// cost 24 lanes of AVX2 and not 32, and 200 end in panels of two vectors rather than in one of a single vector.
template <class T>
Panels cut_panels(std::size_t columns, const Kernels<T>& kernels) {
  const std::size_t vectors = (columns + kernels.lanes - 1) / kernels.lanes;
  std::vector<double> cost(vectors + 1, 0);       // of the first so many vectors
  std::vector<std::size_t> last(vectors + 1, 0);  // width of their last panel
  for (std::size_t v = 1; v <= vectors; ++v)
    for (std::size_t take = 1; take <= max_panel_vectors && take <= v; ++take) {
      const double total = cost[v - take] + panel_cost[take];
      if (last[v] == 0 || total < cost[v]) cost[v] = total, last[v] = take;
    }
  Panels panels;
  panels.columns = columns;
  for (std::size_t v = vectors; v > 0; v -= last[v]) panels.widths.push_back(last[v] * kernels.lanes);
  std::sort(panels.widths.rbegin(), panels.widths.rend());
  for (const std::size_t width : panels.widths) {
    panels.list.push_back({panels.padded, width, std::min(width, columns - panels.padded)});
    panels.padded += width;
  }
  return panels;
}

/// Which panel holds a column.
inline std::size_t panel_index(const Panels& panels, std::size_t column) {
  std::size_t index = column / panels.list.front().width;  // panels only get narrower
  while (index + 1 < panels.list.size() && panels.list[index + 1].offset <= column) ++index;
  return index;
}

/// Position of column `column` of row `row` in a matrix of `rows` rows.
inline std::size_t panel_position(const Panels& panels, std::size_t rows, std::size_t row,
                                  std::size_t column) {
  const Panel& panel = panels.list[panel_index(panels, column)];
  return panel.offset * rows + row * panel.width + (column - panel.offset);
}

/// A matrix in panels [rows][...] as the inner dimension of a product: one segment per panel.
template <class T>
void segments_of(const Panels& panels, const T* a, std::size_t rows, std::vector<Segment<T>>& segments) {
  segments.clear();
  for (const Panel& panel : panels.list)
    segments.push_back({a + panel.offset * rows, static_cast<std::ptrdiff_t>(panel.width), 1, panel.columns});
}

/// values [rows][columns], row-major, to panels; padding lanes become zero.
template <class T>
void to_panels(const Panels& panels, std::size_t rows, const T* values, T* out) {
  for (const Panel& panel : panels.list) {
    T* block = out + panel.offset * rows;
    for (std::size_t r = 0; r < rows; ++r) {
      const T* source = values + r * panels.columns + panel.offset;
      T* to = std::copy_n(source, panel.columns, block + r * panel.width);
      std::fill_n(to, panel.width - panel.columns, T(0));
    }
  }
}

/// The reverse of to_panels.
template <class T>
void from_panels(const Panels& panels, std::size_t rows, const T* blocks, T* values) {
  for (const Panel& panel : panels.list) {
    const T* block = blocks + panel.offset * rows;
    for (std::size_t r = 0; r < rows; ++r)
      std::copy_n(block + r * panel.width, panel.columns, values + r * panels.columns + panel.offset);
  }
}

/// values [columns][rows] (transposed), row-major, to panels of [rows][columns].
template <class T>
void to_panels_transposed(const Panels& panels, std::size_t rows, const T* values, T* out) {
  for (const Panel& panel : panels.list) {
    T* block = out + panel.offset * rows;
    for (std::size_t r = 0; r < rows; ++r)
      for (std::size_t c = 0; c < panel.width; ++c)
        block[r * panel.width + c] = c < panel.columns ? values[(panel.offset + c) * rows + r] : T(0);
  }
}

template <class T>
void from_panels_transposed(const Panels& panels, std::size_t rows, const T* blocks, T* values) {
  for (const Panel& panel : panels.list) {
    const T* block = blocks + panel.offset * rows;
    for (std::size_t r = 0; r < rows; ++r)
      for (std::size_t c = 0; c < panel.columns; ++c)
        values[(panel.offset + c) * rows + r] = block[r * panel.width + c];
  }
}

}  // namespace eigenstudent::cpu
