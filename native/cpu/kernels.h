// The interface between the fast CPU backend and one instruction set: a table of kernels on plain pointers.
//
// Panels. A matrix [rows][columns] that is walked along its columns by SIMD lanes is stored as panels: column
// blocks of `width` scalars, each block contiguous as [rows][width] (panels.h). Loads of a panel never read
// another panel, never alias in the cache whatever the number of columns, and a ragged last panel is
// padded with its own width.
//
// Everything here is plain data, and kernels are compiled once per instruction set (isa/), so nothing in this
// file may instantiate a std:: template: a shared inline function compiled with AVX could otherwise be linked
// into baseline code.
#pragma once

#include <cstddef>
#include <cstdint>

#include "core/activations.h"
#include "core/optimizer.h"
#include "core/philox.h"
#include "cpu/image_kernels.h"
#include "cpu/one_pass_kernels.h"

namespace eigenstudent::cpu {

/// A stretch of the inner dimension k of a product in which A(m, k) = a[m * row + k * step].
template <class T>
struct Segment {
  const T* a;
  std::ptrdiff_t row;
  std::ptrdiff_t step;
  std::size_t count;  // how many k
};

/// The operation on a finished tile before it is stored.
enum class Epilogue : std::uint8_t {
  store,       // c = acc
  relu,        // c = max(acc, 0); NaN stays NaN
  relu_mask,   // c = y > 0 ? acc : 0
  leaky_mask,  // c = y > 0 ? acc : slope acc
};

/// c[m][n] = sum_k A(m, k) b[k][n] for the n of one panel: A is broadcast, b is loaded along the lanes.
template <class T>
struct OuterProduct {
  std::size_t rows;   // m
  std::size_t width;  // n, the panel's
  const Segment<T>* segments;
  std::size_t segment_count;
  const T* b;       // [sum of segment counts][width]
  T* c;             // [rows][width]
  const T* bias;    // [width]: acc starts from it; nullptr counts as zeros
  const T* y;       // [rows][width], for Epilogue::*_mask
  bool accumulate;  // acc starts from c instead: a later chunk of a long inner dimension
  Epilogue epilogue;
};

/// c(m, n - first) = sum over panels and lanes of a[m][lane] w[n][lane] for n in [first, first + outputs):
/// both run along the lanes, sums end horizontally. For products with few outputs and a long inner dimension.
/// Lanes past the last column must be zero in w (and finite in a).
template <class T>
struct DotProduct {
  std::size_t rows;  // m
  std::size_t first;
  std::size_t outputs;
  std::size_t w_rows;  // rows in each panel of w
  const T* a;          // panels of [rows][width]
  const T* w;          // the same panels of [w_rows][width]
  const std::size_t* widths;
  std::size_t panel_count;
  T* c;  // [rows] rows of `outputs`, c_row apart
  std::ptrdiff_t c_row;
  bool accumulate;  // adds to c: a later chunk of a long inner dimension
};

/// One optimiser pass over a panel [rows][width] of a layer's matrix, together with the eigenvalue
/// gradients. gap(r, c) = sign * (row_eigenvalues[r] - column_eigenvalues[c]); a dense layer has no eigenvalues and
/// gap = 1.
template <class T>
struct MatrixUpdate {
  std::size_t rows;
  std::size_t width;
  std::size_t columns;  // real ones; lanes past them are left alone
  const T* G;           // dL/dW
  T* phi;               // eigenvectors, or the weights of a dense layer
  T* m;
  T* v;                         // nullptr for SGD
  const T* row_eigenvalues;     // [rows] or nullptr
  const T* column_eigenvalues;  // [width] or nullptr
  T sign;
  T* row_sums;     // [rows], += sum over columns of G phi; nullptr when not wanted
  T* column_sums;  // [width], += sum over rows of G phi; nullptr when not wanted
  bool train;      // false: only the sums
  T l1, l2;
  // The group lasso's factor (row_lasso_factor) of the weights that enter node i, along the side where the outputs lie; both nullptr:
  // none.
  const T* row_lasso_factor;     // [rows], lanes along the inputs
  const T* column_lasso_factor;  // [width], lanes along the outputs
  OptimizerStep<T> step;
};

/// Sums of squares over a panel [rows][width]; either may be nullptr.
template <class T>
struct SumSquares {
  std::size_t rows;
  std::size_t width;
  const T* values;
  T* of_rows;     // [rows]
  T* of_columns;  // [width]
};

/// One optimiser pass over a vector of parameters.
template <class T>
struct VectorUpdate {
  std::size_t count;
  const T* gradient;
  T* p;
  T* m;
  T* v;
  T l1, l2;
  OptimizerStep<T> step;
};

/// to[j][r] = values[sample r][j], [count][lanes]: samples first .. first + rows of `order`, or of the values themselves
/// where order is null. Lanes past the last row become zero.
template <class T>
struct GatherTransposed {
  const T* values;  // [samples][count]
  std::size_t count;
  const std::uint32_t* order;
  std::size_t first;
  std::size_t rows;
  T* to;
  std::size_t lanes;
};

/// The pruning curve of a layer below one output: for each node in turn z += weights[node] y[node], then
/// out[node] = bias + sum_i next[i] f(z[i]). All [..][lanes] matrices are one usual panel wide.
template <class T>
struct CurveSweep {
  std::size_t rows;  // i: nodes of the layer above the pruned one
  std::size_t nodes;
  const T* weights;   // [nodes][rows]
  const T* const* y;  // [nodes]: outputs, [lanes]
  T* z;               // [rows][lanes]
  const T* next;      // [rows]
  T bias;
  bool relu;  // f; else linear
  T* out;     // [nodes][lanes]
};

/// z += W_upper f(W_lower x + bias) for samples of one usual panel, all matrices [..][lanes]: a layer that widens and the one
/// above it, a few panels of nodes at a time. Panels of nodes are those of a layer's outputs, the last one ragged.
template <class T>
struct LayerPair {
  std::size_t inputs, nodes, outputs;
  const std::size_t* widths;  // of the panels
  std::size_t panel_count;
  const T* x;              // [inputs][lanes]
  const T* lower_weights;  // panels of [inputs][width]
  const T* bias;           // [nodes], of the lower layer, or nullptr
  Activation lower;        // f
  const T* upper_weights;  // panels of [outputs][width]
  T* y;                    // [2 usual panels][lanes]: scratch
  T* z;                    // [outputs][lanes]
};

/// Panels of nodes whose outputs are computed: those of one iteration of a LayerPair.
template <class T>
struct PairStretch {
  std::size_t panels;
  const T* w[2];  // [outputs][width] each
  std::size_t width[2];
  std::size_t count[2];  // nodes
  const T* y[2];         // [count][lanes]
};

/// w = gap * phi over rows of a panel of a spectral layer (see MatrixUpdate).
template <class T>
struct FormWeights {
  std::size_t rows;
  std::size_t width;
  const T* phi;
  const T* row_eigenvalues;
  const T* column_eigenvalues;
  T sign;
  T* w;
};

inline constexpr std::size_t max_panel_vectors = 3;

/// to[r][0 .. count) = from[order[r]][0 .. count), rows `from_row` and `to_row` apart; no longer than the widest panel.
/// Without an order: from[r].
template <class T>
struct CopyRows {
  std::size_t rows;
  std::size_t count;
  const T* from;
  std::size_t from_row;
  T* to;
  std::size_t to_row;
  const std::uint32_t* order;
};

template <class T>
struct Kernels {
  const char* isa;
  std::size_t lanes;  // scalars of a vector; a panel is one to three vectors wide
  double
      dot_cost;  // as panel_cost (panels.h), of a DotProduct for a vector of the inner dimension and an output
  std::size_t dot_stretch;  // bytes of a row that a DotProduct should read at once
  std::size_t row_tile;     // rows of a batch are best cut into multiples of it
  void (*outer_product)(const OuterProduct<T>&);
  void (*dot_product)(const DotProduct<T>&);
  void (*update_matrix)(const MatrixUpdate<T>&);
  void (*sum_squares)(const SumSquares<T>&);
  void (*update_vector)(const VectorUpdate<T>&);
  void (*form_weights)(const FormWeights<T>&);
  /// y[i] = f(z[i]); z and y may be the same array.
  void (*activate)(ActivationFunction f, const T* z, T* y, std::size_t count);
  /// delta[i] *= f'(z[i]), where z is the pre-activation if the derivative needs it and may be null
  /// otherwise.
  void (*activation_backward)(ActivationFunction f, const T* z, const T* y, T* delta, std::size_t count);
  /// Sum of (a[i] - b[i])^2, each square and the sum in float64; delta[i] = 2 scale (a[i] - b[i]) where delta is wanted.
  double (*squared_error)(const T* a, const T* b, std::size_t count, T scale, T* delta);
  void (*curve_sweep)(const CurveSweep<T>&);
  void (*layer_pair)(const LayerPair<T>&);
  void (*gather_transposed)(const GatherTransposed<T>&);
  void (*copy_rows)(const CopyRows<T>&);
  DrawBlocks draw_blocks;
  /// sums[n] += sum over rows of a[m][n] for one panel [rows][width].
  void (*column_sums)(const T* a, std::size_t rows, std::size_t width, T* sums);
  OnePassKernels one_pass;
  ImageKernels<T> images;
};

}  // namespace eigenstudent::cpu
