// Penalties of whole tensors: the value, and the gradient by plain loops. Fast paths fuse the gradient into
// their optimiser pass, with the same formulas (optimizer.h).
#pragma once

#include <cmath>
#include <cstddef>

#include "core/optimizer.h"
#include "core/parameter_layout.h"

namespace eigenstudent {

/// Sum of squares of a row: values [columns].
template <class Sum, class T>
Sum squares_of(const T* values, std::size_t columns) {
  Sum squares = 0;
  for (std::size_t j = 0; j < columns; ++j)
    squares += static_cast<Sum>(values[j]) * static_cast<Sum>(values[j]);
  return squares;
}

/// Whether the penalty is a sum over single numbers (l1, l2), so that an optimiser pass may add its gradient.
inline bool only_numbers(const TensorOptions& spec) { return spec.group_lasso == 0; }

/// Penalty of a tensor [rows][columns], in float64: l2 sum p^2 + l1 sum |p| + group_lasso sum_i ||p_i||. A frozen tensor
/// has none.
template <class T>
double penalty_of(const TensorOptions& spec, const T* values, std::size_t rows, std::size_t columns) {
  if (!spec.trainable || (only_numbers(spec) && spec.l1 == 0 && spec.l2 == 0)) return 0;
  double squares = 0, magnitudes = 0, norms = 0;
  for (std::size_t i = 0; i < rows; ++i) {
    const double of_row = squares_of<double>(values + i * columns, columns);
    squares += of_row;
    norms += std::sqrt(of_row);
    for (std::size_t j = 0; j < columns; ++j)
      magnitudes += std::abs(static_cast<double>(values[i * columns + j]));
  }
  return spec.l2 * squares + spec.l1 * magnitudes + spec.group_lasso * norms;
}

/// Penalty of a network, in float64. parameters: [layout.size()]
template <class T>
double penalty_of(const ParameterLayout& layout, const T* parameters) {
  double sum = 0;
  for (const Tensor& tensor : layout.tensors())
    sum += penalty_of(tensor.options, parameters + tensor.offset, tensor.rows, tensor.columns);
  return sum;
}

/// Adds the gradient of the penalty of a trainable tensor. values, gradient: [rows][columns].
template <class T>
void add_penalty_gradient(const TensorOptions& spec, const T* values, std::size_t rows, std::size_t columns,
                          T* gradient) {
  const T l1 = static_cast<T>(spec.l1), l2 = static_cast<T>(spec.l2);
  for (std::size_t i = 0; i < rows * columns; ++i) gradient[i] += penalty_gradient(l1, l2, values[i]);
  if (spec.group_lasso == 0) return;
  for (std::size_t i = 0; i < rows; ++i) {
    const T* row = values + i * columns;
    const T lasso_factor = row_lasso_factor(static_cast<T>(spec.group_lasso), squares_of<T>(row, columns));
    for (std::size_t j = 0; j < columns; ++j) gradient[i * columns + j] += lasso_factor * row[j];
  }
}

}  // namespace eigenstudent
