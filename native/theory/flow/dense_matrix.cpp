#include "theory/flow/dense_matrix.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace eigenstudent {

LuDecomposition::LuDecomposition(std::size_t n) : n_(n), matrix_(n * n), permuted_(n), row_of_(n) {}

bool LuDecomposition::factor() {
  std::iota(row_of_.begin(), row_of_.end(), std::size_t{0});
  const auto row = [&](std::size_t i) { return matrix_.data() + i * n_; };
  for (std::size_t k = 0; k < n_; ++k) {
    std::size_t largest = k;
    for (std::size_t i = k + 1; i < n_; ++i)
      if (std::abs(row(i)[k]) > std::abs(row(largest)[k])) largest = i;
    const double pivot = row(largest)[k];
    if (!std::isfinite(pivot) || pivot == 0) return false;
    if (largest != k) {
      std::swap_ranges(row(k), row(k) + n_, row(largest));
      std::swap(row_of_[k], row_of_[largest]);
    }
    const double* from = row(k);
    for (std::size_t i = k + 1; i < n_; ++i) {
      double* to = row(i);
      const double factor = to[k] /= pivot;
      if (factor == 0) continue;
      for (std::size_t j = k + 1; j < n_; ++j) to[j] -= factor * from[j];
    }
  }
  return true;
}

void LuDecomposition::solve(double* b) {
  for (std::size_t i = 0; i < n_; ++i) {
    const double* row = matrix_.data() + i * n_;
    double sum = b[row_of_[i]];
    for (std::size_t j = 0; j < i; ++j) sum -= row[j] * permuted_[j];
    permuted_[i] = sum;
  }
  for (std::size_t i = n_; i-- > 0;) {
    const double* row = matrix_.data() + i * n_;
    double sum = permuted_[i];
    for (std::size_t j = i + 1; j < n_; ++j) sum -= row[j] * b[j];
    b[i] = sum / row[i];
  }
}

namespace {

/// Column k of the leading part [k + 1][k + 1] becomes zero but beside the diagonal: A -> P A P, P = I - v v^T / h.
/// The lower triangle is kept up to date.
void reduce_row(std::vector<double>& matrix, std::size_t n, std::size_t last, double& beside,
                std::vector<double>& product) {
  double* v = matrix.data() + last * n;  // row `last`, entries below `last`
  double scale = 0;
  for (std::size_t j = 0; j < last; ++j) scale = std::max(scale, std::abs(v[j]));
  if (last < 2 || scale == 0) {
    beside = v[last - 1];
    return;
  }
  double square = 0;
  for (std::size_t j = 0; j < last; ++j) {
    v[j] /= scale;
    square += v[j] * v[j];
  }
  const double length = v[last - 1] > 0 ? -std::sqrt(square) : std::sqrt(square);
  beside = scale * length;
  const double h = square - v[last - 1] * length;  // v^T v / 2 of the reflection's vector
  v[last - 1] -= length;
  std::fill_n(product.begin(), last, 0.0);
  for (std::size_t i = 0; i < last; ++i) {
    const double* row = matrix.data() + i * n;
    double sum = row[i] * v[i];
    for (std::size_t j = 0; j < i; ++j) {
      sum += row[j] * v[j];
      product[j] += row[j] * v[i];
    }
    product[i] += sum;
  }
  double along = 0;
  for (std::size_t j = 0; j < last; ++j) {
    product[j] /= h;
    along += product[j] * v[j];
  }
  for (std::size_t j = 0; j < last; ++j) product[j] -= along / (2 * h) * v[j];
  for (std::size_t i = 0; i < last; ++i) {
    double* row = matrix.data() + i * n;
    for (std::size_t j = 0; j <= i; ++j) row[j] -= v[i] * product[j] + product[i] * v[j];
  }
}

/// Eigenvalues of the tridiagonal matrix replace its diagonal; beside[i] stands between i and i + 1. False where the
/// steps do not end.
bool diagonalise(std::vector<double>& diagonal, std::vector<double>& beside) {
  const std::size_t n = diagonal.size();
  for (std::size_t first = 0; first < n; ++first)
    for (int step = 0;; ++step) {
      std::size_t end = first;
      for (; end + 1 < n; ++end) {
        const double scale = std::abs(diagonal[end]) + std::abs(diagonal[end + 1]);
        if (std::abs(beside[end]) <= 0x1p-52 * scale) break;
      }
      if (end == first) break;
      if (step == 60) return false;
      double g = (diagonal[first + 1] - diagonal[first]) / (2 * beside[first]);
      double r = std::hypot(g, 1.0);
      g = diagonal[end] - diagonal[first] + beside[first] / (g + std::copysign(r, g));
      double sine = 1, cosine = 1, shift = 0;
      std::size_t i = end;
      while (i-- > first) {
        const double f = sine * beside[i], b = cosine * beside[i];
        r = std::hypot(f, g);
        beside[i + 1] = r;
        if (r == 0) break;
        sine = f / r, cosine = g / r;
        g = diagonal[i + 1] - shift;
        r = (diagonal[i] - g) * sine + 2 * cosine * b;
        shift = sine * r;
        diagonal[i + 1] = g + shift;
        g = cosine * r - b;
      }
      if (r == 0 && i + 1 > first) {  // a beside of 0 has split the matrix
        diagonal[i + 1] -= shift;
      } else {
        diagonal[first] -= shift;
        beside[first] = g;
      }
      beside[end] = 0;
    }
  return true;
}

}  // namespace

std::vector<double> symmetric_eigenvalues(std::vector<double>& matrix, std::size_t n) {
  if (!std::all_of(matrix.begin(), matrix.end(), [](double x) { return std::isfinite(x); })) return {};
  std::vector<double> diagonal(n), beside(n), product(n);
  for (std::size_t last = n; last-- > 1;) reduce_row(matrix, n, last, beside[last - 1], product);
  for (std::size_t i = 0; i < n; ++i) diagonal[i] = matrix[i * n + i];
  if (!diagonalise(diagonal, beside)) return {};
  std::sort(diagonal.begin(), diagonal.end());
  return diagonal;
}

}  // namespace eigenstudent
