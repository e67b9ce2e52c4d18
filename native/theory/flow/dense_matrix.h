// Linear equations and eigenvalues of small dense matrices, in float64.
#pragma once

#include <cstddef>
#include <vector>

namespace eigenstudent {

/// LU decomposition with partial pivoting of an n x n matrix; allocates once.
class LuDecomposition {
 public:
  explicit LuDecomposition(std::size_t n);
  /// [n][n], to be written before factor().
  double* matrix() { return matrix_.data(); }
  /// False where a pivot is 0 or not finite: then solve() must not be called.
  bool factor();
  /// b: [n], replaced by the solution.
  void solve(double* b);

 private:
  std::size_t n_;
  std::vector<double> matrix_, permuted_;
  std::vector<std::size_t> row_of_;  // the row of the matrix that a row of L U belongs to
};

/// Eigenvalues of a symmetric matrix, upwards: Householder reduction to a tridiagonal matrix, then implicit QL steps
/// (Golub and Van Loan, Matrix Computations, 8.3). `matrix` [n][n] is destroyed. Empty where an entry is not finite.
std::vector<double> symmetric_eigenvalues(std::vector<double>& matrix, std::size_t n);

}  // namespace eigenstudent
