// Second derivatives of the population loss. With k = 2 a_i a_j, averages g of (w_i, w_j), D a direction of the weights:
//   d2L/dw_i dw_j = k [4 g_1122 w_i w_j^T + 2 g_1112 w_i w_i^T + 2 g_1222 w_j w_j^T + g_1212 w_j w_i^T + g_12 I]
//   d2g/dw dw     = 2 g_11 I + 4 g_1111 w w^T + 2 g_1112 (w u^T + u w^T) + g_1212 u u^T
//   d2L/dw_i da_j = 2 a_i (2 g_11 w_i + g_12 w_j),   d2L/dw_i da_i = 2 a_i G' w_i + 2 bracket_i
#include <algorithm>

#include "objectives/gaussian/inner_product.h"
#include "objectives/gaussian/population_loss.h"

namespace eigenstudent {

using gaussian::add_multiple;
using gaussian::inner_product;

double PopulationLoss::hessian(const double* parameters, double* hessian,
                               PopulationWorkspace& workspace) const {
  const double loss = average<true>(parameters, workspace);
  for (std::size_t i = 0; i < sizes_.neurons; ++i) {
    hessian_of_neuron(parameters, i, hessian, workspace);
    for (std::size_t j = i + 1; j < sizes_.neurons; ++j)
      hessian_of_pair(parameters, i, j, hessian, workspace);
  }
  return loss;
}

void PopulationLoss::hessian_of_pair(const double* parameters, std::size_t i, std::size_t j, double* hessian,
                                     PopulationWorkspace& workspace) const {
  const auto [n, k, d] = sizes_;
  const std::size_t size = this->parameters();
  const PairAverage& g = workspace.student_[i * n + j];
  const double *own = parameters + i * d, *other = parameters + j * d, *outgoing = parameters + n * d;
  const double both = 2 * outgoing[i] * outgoing[j];
  const auto set = [&](std::size_t row, std::size_t column, double value) {
    hessian[row * size + column] = hessian[column * size + row] = value;
  };
  for (std::size_t p = 0; p < d; ++p) {
    const double on_other = both * (4 * g.by_11_22 * own[p] + 2 * g.by_12_22 * other[p]);
    const double on_own = both * (2 * g.by_11_12 * own[p] + g.by_12_12 * other[p]);
    for (std::size_t q = 0; q < d; ++q)
      set(i * d + p, j * d + q, on_other * other[q] + on_own * own[q] + (p == q ? both * g.by_12 : 0));
    set(i * d + p, n * d + j, 2 * outgoing[i] * (2 * g.by_11 * own[p] + g.by_12 * other[p]));
    set(j * d + p, n * d + i, 2 * outgoing[j] * (2 * g.by_22 * other[p] + g.by_12 * own[p]));
  }
  set(n * d + i, n * d + j, 2 * g.value);
}

// d2L/dw_i dw_i = sum over u of factor d2g(w_i, u)/dw_i dw_i + the term of G: identity I + square w w^T +
// (w mixed^T + mixed w^T) + sum factor g_1212 u u^T.
void PopulationLoss::hessian_of_neuron(const double* parameters, std::size_t i, double* hessian,
                                       PopulationWorkspace& workspace) const {
  const auto [n, k, d] = sizes_;
  const std::size_t size = this->parameters();
  const double *own = parameters + i * d, *outgoing = parameters + n * d;
  double* block = hessian + i * d * size + i * d;
  double* mixed = workspace.row_.data();
  std::fill(mixed, mixed + d, 0.0);
  for (std::size_t p = 0; p < d; ++p) std::fill(block + p * size, block + p * size + d, 0.0);

  const SquareAverage& self = workspace.square_[i];
  const double weight = outgoing[i] * outgoing[i];
  double identity = 2 * weight * self.slope, square = 4 * weight * self.curvature;
  const auto add = [&, d = d](double factor, double by_11, double by_11_11, double by_11_12, double by_12_12,
                              const double* other) {
    identity += 2 * factor * by_11;
    square += 4 * factor * by_11_11;
    add_multiple(2 * factor * by_11_12, other, mixed, d);
    for (std::size_t p = 0; p < d; ++p)
      add_multiple(factor * by_12_12 * other[p], other, block + p * size, d);
  };
  for (std::size_t j = 0; j < n; ++j) {
    const double factor = 2 * outgoing[i] * outgoing[j];
    const PairAverage& g = workspace.student_[std::min(i, j) * n + std::max(i, j)];
    if (j > i) add(factor, g.by_11, g.by_11_11, g.by_11_12, g.by_12_12, parameters + j * d);
    if (j < i) add(factor, g.by_22, g.by_22_22, g.by_12_22, g.by_12_12, parameters + j * d);
  }
  for (std::size_t l = 0; l < k; ++l) {
    const PairAverage& g = workspace.teacher_[i * k + l];
    add(-2 * outgoing[i] * teacher_outgoing_[l], g.by_11, g.by_11_11, g.by_11_12, g.by_12_12,
        teacher_weights_.data() + l * d);
  }
  for (std::size_t p = 0; p < d; ++p) {
    add_multiple(square * own[p] + mixed[p], own, block + p * size, d);
    add_multiple(own[p], mixed, block + p * size, d);
    block[p * size + p] += identity;
  }

  double* direct = workspace.other_row_.data();
  bracket(parameters, i, workspace, direct);
  const std::size_t a = n * d + i;
  for (std::size_t p = 0; p < d; ++p)
    hessian[(i * d + p) * size + a] = hessian[a * size + i * d + p] =
        2 * outgoing[i] * self.slope * own[p] + 2 * direct[p];
  hessian[a * size + a] = 2 * self.value;
}

void PopulationLoss::project_direction(const double* parameters, const double* direction,
                                       PopulationWorkspace& workspace) const {
  const auto [n, k, d] = sizes_;
  for (std::size_t j = 0; j < n; ++j) {
    for (std::size_t i = 0; i < n; ++i)
      workspace.student_direction_[i * n + j] = inner_product(parameters + i * d, direction + j * d, d);
    for (std::size_t l = 0; l < k; ++l)
      workspace.teacher_direction_[l * n + j] =
          inner_product(teacher_weights_.data() + l * d, direction + j * d, d);
  }
}

/// Sums over pairs of two students' neurons, both orders: what multiplies w_j and D_j in row i, and row n d + i.
void PopulationLoss::product_of_pairs(const double* outgoing, const double* direction, double* product,
                                      PopulationWorkspace& workspace) const {
  const auto [n, k, d] = sizes_;
  const auto add = [&, n = n, d = d](std::size_t i, std::size_t j, double by_11, double by_22,
                                     double by_11_11, double by_11_12, double by_12_22,
                                     const PairAverage& g) {
    const double *own = &workspace.student_direction_[i * n], *other = &workspace.student_direction_[j * n];
    const double both = 2 * outgoing[i] * outgoing[j], change = direction[n * d + j];
    double &on_own = workspace.on_student_[i * n + i], &on_other = workspace.on_student_[i * n + j];
    on_own += both * (4 * g.by_11_22 * other[j] + 2 * by_11_12 * own[j] + 4 * by_11_11 * own[i] +
                      2 * by_11_12 * other[i]) +
              4 * outgoing[i] * by_11 * change;
    on_other += both * (2 * by_12_22 * other[j] + g.by_12_12 * own[j] + 2 * by_11_12 * own[i] +
                        g.by_12_12 * other[i]) +
                2 * outgoing[i] * g.by_12 * change;
    workspace.on_direction_[i * n + i] += both * 2 * by_11;
    workspace.on_direction_[i * n + j] += both * g.by_12;
    product[n * d + i] += 2 * outgoing[j] * (2 * by_22 * other[j] + g.by_12 * own[j]) + 2 * g.value * change;
  };
  for (std::size_t i = 0; i < n; ++i)
    for (std::size_t j = i + 1; j < n; ++j) {
      const PairAverage& g = workspace.student_[i * n + j];
      add(i, j, g.by_11, g.by_22, g.by_11_11, g.by_11_12, g.by_12_22, g);
      add(j, i, g.by_22, g.by_11, g.by_22_22, g.by_12_22, g.by_11_12, g);
    }
}

/// The rest of row i: the terms of its own neuron and those with the teacher's.
void PopulationLoss::product_of_neurons(const double* outgoing, const double* direction, double* product,
                                        PopulationWorkspace& workspace) const {
  const auto [n, k, d] = sizes_;
  for (std::size_t i = 0; i < n; ++i) {
    const double* own = &workspace.student_direction_[i * n];  // own[j] = w_i . D_j
    const SquareAverage& self = workspace.square_[i];
    const double a = outgoing[i], change = direction[n * d + i];
    double &on_own = workspace.on_student_[i * n + i], &on_change = workspace.on_direction_[i * n + i];
    double& last = product[n * d + i];
    on_own += 4 * a * a * self.curvature * own[i] + 2 * a * self.slope * change;
    on_change += 2 * a * a * self.slope;
    last += 2 * a * self.slope * own[i] + 2 * self.value * change;
    for (std::size_t j = 0; j < n; ++j) {
      const double coefficient = 2 * workspace.by_student_[i * n + j];
      workspace.on_student_[i * n + j] += coefficient * change;
      last += coefficient * workspace.student_direction_[j * n + i];
    }
    for (std::size_t l = 0; l < k; ++l) {
      const PairAverage& g = workspace.teacher_[i * k + l];
      const double factor = -2 * a * teacher_outgoing_[l];
      const double along = workspace.teacher_direction_[l * n + i];
      const double coefficient = 2 * workspace.by_teacher_[i * k + l];
      on_change += factor * 2 * g.by_11;
      on_own += factor * (4 * g.by_11_11 * own[i] + 2 * g.by_11_12 * along);
      workspace.on_teacher_[i * k + l] =
          factor * (2 * g.by_11_12 * own[i] + g.by_12_12 * along) + coefficient * change;
      last += coefficient * along;
    }
  }
}

void PopulationLoss::hessian_product(const double* parameters, const double* direction, double* product,
                                     PopulationWorkspace& workspace) const {
  average<true>(parameters, workspace);
  const auto [n, k, d] = sizes_;
  std::fill(product, product + this->parameters(), 0.0);
  std::fill(workspace.on_student_.begin(), workspace.on_student_.end(), 0.0);
  std::fill(workspace.on_direction_.begin(), workspace.on_direction_.end(), 0.0);
  project_direction(parameters, direction, workspace);
  product_of_pairs(parameters + n * d, direction, product, workspace);
  product_of_neurons(parameters + n * d, direction, product, workspace);
  for (std::size_t i = 0; i < n; ++i) {
    double* row = product + i * d;
    for (std::size_t j = 0; j < n; ++j) {
      add_multiple(workspace.on_student_[i * n + j], parameters + j * d, row, d);
      add_multiple(workspace.on_direction_[i * n + j], direction + j * d, row, d);
    }
    for (std::size_t l = 0; l < k; ++l)
      add_multiple(workspace.on_teacher_[i * k + l], teacher_weights_.data() + l * d, row, d);
  }
}

}  // namespace eigenstudent
