// The population loss E (f(x) - f*(x))^2, without 1/2, of students and a teacher with one hidden layer and no biases
// under Gaussian inputs x ~ N(0, I_d):
//
//     f(x) = sum_{i<n} a_i s(w_i . x)          f*(x) = sum_{l<k} b_l s(v_l . x)
//
// Value, gradient, exact Hessian and its products, in float64. Parameters are one array of n d + n numbers: W [n][d]
// row-major, then a [n].
#pragma once

#include <cstddef>
#include <vector>

#include "core/activations.h"
#include "objectives/gaussian/pair_average.h"

namespace eigenstudent {

/// Sizes of a student and its teacher.
struct PopulationSizes {
  std::size_t neurons;          // n, of the student
  std::size_t teacher_neurons;  // k
  std::size_t inputs;           // d
  /// Of the parameters: n d + n.
  std::size_t parameters() const { return neurons * (inputs + 1); }
};

/// Memory for the calls of a PopulationLoss, made once per thread; none of them allocates.
class PopulationWorkspace {
 public:
  explicit PopulationWorkspace(const PopulationSizes& sizes);

 private:
  friend class PopulationLoss;

  std::vector<PairAverage> student_;   // [n][n], above the diagonal: (w_i, w_j)
  std::vector<PairAverage> teacher_;   // [n][k]: (w_i, v_l)
  std::vector<SquareAverage> square_;  // [n]
  // (dL/dw_i) / (2 a_i) = sum_j by_student_ij w_j + sum_l by_teacher_il v_l; also at a_i = 0
  std::vector<double> by_student_, by_teacher_;  // [n][n], [n][k]
  std::vector<double> residual_;                 // [n]: (dL/da_i) / 2
  // Products with a direction D [n][d] of the weights
  std::vector<double> on_student_, on_teacher_, on_direction_;  // [n][n], [n][k], [n][n]: coefficients
  std::vector<double> student_direction_, teacher_direction_;   // [n][n], [k][n]: w_i . D_j, v_l . D_j
  std::vector<double> row_, other_row_;                         // [d]
};

/// Immutable: threads may share it, each with a workspace of its own.
class PopulationLoss {
 public:
  /// @param weights [k][d], outgoing [k]: the teacher
  /// Error "invalid_argument" for elu, which has neither a closed form nor a quadrature, and for arrays of other sizes.
  PopulationLoss(ActivationFunction activation, const PopulationSizes& sizes, std::vector<double> weights,
                 std::vector<double> outgoing);

  const PopulationSizes& sizes() const { return sizes_; }
  std::size_t parameters() const { return sizes_.parameters(); }

  // `parameters`, `gradient`, `direction` and `product` are [n d + n], `hessian` is [n d + n][n d + n]; outputs are
  // overwritten. Not a number in gives not a number out. tanh, sigmoid and softplus throw "invalid_argument" for
  // weights beyond their quadrature (quadrature.h).
  double value(const double* parameters, PopulationWorkspace& workspace) const;
  double value_and_gradient(const double* parameters, double* gradient, PopulationWorkspace& workspace) const;
  /// Returns the value too.
  double hessian(const double* parameters, double* hessian, PopulationWorkspace& workspace) const;
  /// Hessian times direction, in O(n (n + k) d) instead of O(n^2 d^2).
  void hessian_product(const double* parameters, const double* direction, double* product,
                       PopulationWorkspace& workspace) const;

 private:
  /// Sets all averages and what follows from them, and returns the loss.
  template <bool Second>
  double average(const double* parameters, PopulationWorkspace& workspace) const;
  template <bool Second, class Form>
  void average_pairs(const Form& form, const double* parameters, PopulationWorkspace& workspace) const;
  double combine(const double* parameters, PopulationWorkspace& workspace) const;
  /// (dL/dw_i) / (2 a_i), into row [d].
  void bracket(const double* parameters, std::size_t i, const PopulationWorkspace& workspace,
               double* row) const;

  void hessian_of_pair(const double* parameters, std::size_t i, std::size_t j, double* hessian,
                       PopulationWorkspace& workspace) const;
  void hessian_of_neuron(const double* parameters, std::size_t i, double* hessian,
                         PopulationWorkspace& workspace) const;
  void project_direction(const double* parameters, const double* direction,
                         PopulationWorkspace& workspace) const;
  void product_of_pairs(const double* outgoing, const double* direction, double* product,
                        PopulationWorkspace& workspace) const;
  void product_of_neurons(const double* outgoing, const double* direction, double* product,
                          PopulationWorkspace& workspace) const;

  ActivationFunction activation_;
  PopulationSizes sizes_;
  std::vector<double> teacher_weights_, teacher_outgoing_;
  std::vector<double> teacher_squares_;  // v_l . v_l
  double teacher_average_ = 0;           // E f*^2
};

}  // namespace eigenstudent
