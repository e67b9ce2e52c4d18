#include "objectives/gaussian/population_loss.h"

#include <algorithm>
#include <string>
#include <utility>

#include "core/errors.h"
#include "objectives/gaussian/activation_forms.h"
#include "objectives/gaussian/inner_product.h"

namespace eigenstudent {

using gaussian::add_multiple;
using gaussian::inner_product;

namespace {

void require_size(const char* what, std::size_t expected, std::size_t received) {
  if (expected != received)
    throw Error("invalid_argument", "expected " + std::to_string(expected) + " numbers for " + what +
                                        ", received " + std::to_string(received));
}

/// E f*^2 of the teacher.
template <class Form>
double teacher_average(const Form& form, const std::vector<double>& weights,
                       const std::vector<double>& outgoing, std::size_t inputs) {
  double sum = 0;
  const std::size_t count = outgoing.size();
  const auto row = [&](std::size_t l) { return weights.data() + l * inputs; };
  for (std::size_t l = 0; l < count; ++l) {
    const double square = inner_product(row(l), row(l), inputs);
    sum += outgoing[l] * outgoing[l] * form.square(square).value;
    for (std::size_t m = 0; m < l; ++m) {
      const Overlaps overlaps{square, inner_product(row(l), row(m), inputs),
                              inner_product(row(m), row(m), inputs)};
      sum += 2 * outgoing[l] * outgoing[m] * form.template pair<false>(overlaps).value;
    }
  }
  return sum;
}

}  // namespace

PopulationWorkspace::PopulationWorkspace(const PopulationSizes& sizes)
    : student_(sizes.neurons * sizes.neurons),
      teacher_(sizes.neurons * sizes.teacher_neurons),
      square_(sizes.neurons),
      by_student_(sizes.neurons * sizes.neurons),
      by_teacher_(sizes.neurons * sizes.teacher_neurons),
      residual_(sizes.neurons),
      on_student_(by_student_.size()),
      on_teacher_(by_teacher_.size()),
      on_direction_(by_student_.size()),
      student_direction_(by_student_.size()),
      teacher_direction_(by_teacher_.size()),
      row_(sizes.inputs),
      other_row_(sizes.inputs) {}

PopulationLoss::PopulationLoss(ActivationFunction activation, const PopulationSizes& sizes,
                               std::vector<double> weights, std::vector<double> outgoing)
    : activation_(activation),
      sizes_(sizes),
      teacher_weights_(std::move(weights)),
      teacher_outgoing_(std::move(outgoing)) {
  const auto [n, k, d] = sizes_;
  if (n == 0 || k == 0 || d == 0)
    throw Error("invalid_argument", "expected at least one neuron, one teacher neuron and one input");
  require_size("the teacher's weights", k * d, teacher_weights_.size());
  require_size("the teacher's outgoing weights", k, teacher_outgoing_.size());
  for (std::size_t l = 0; l < k; ++l) {
    const double* row = teacher_weights_.data() + l * d;
    teacher_squares_.push_back(inner_product(row, row, d));
  }
  teacher_average_ = gaussian::with_form_of(activation_, [&](const auto& form) {
    return teacher_average(form, teacher_weights_, teacher_outgoing_, sizes_.inputs);
  });
}

template <bool Second, class Form>
void PopulationLoss::average_pairs(const Form& form, const double* parameters,
                                   PopulationWorkspace& workspace) const {
  const auto [n, k, d] = sizes_;
  const auto row = [&, d = d](std::size_t i) { return parameters + i * d; };
  // The diagonal of by_student_ is free until combine(): it holds w_i . w_i.
  const auto square = [&, n = n](std::size_t i) -> double& { return workspace.by_student_[i * n + i]; };
  for (std::size_t i = 0; i < n; ++i) {
    square(i) = inner_product(row(i), row(i), d);
    workspace.square_[i] = form.square(square(i));
    for (std::size_t j = 0; j < i; ++j)
      workspace.student_[j * n + i] =
          form.template pair<Second>({square(j), inner_product(row(j), row(i), d), square(i)});
    for (std::size_t l = 0; l < k; ++l) {
      const double overlap = inner_product(row(i), teacher_weights_.data() + l * d, d);
      workspace.teacher_[i * k + l] = form.template pair<Second>({square(i), overlap, teacher_squares_[l]});
    }
  }
}

double PopulationLoss::combine(const double* parameters, PopulationWorkspace& workspace) const {
  const auto [n, k, d] = sizes_;
  const double* outgoing = parameters + n * d;
  double loss = teacher_average_;
  std::fill(workspace.by_student_.begin(), workspace.by_student_.end(), 0.0);
  std::fill(workspace.residual_.begin(), workspace.residual_.end(), 0.0);
  for (std::size_t i = 0; i < n; ++i) {
    double& own = workspace.by_student_[i * n + i];
    for (std::size_t j = i + 1; j < n; ++j) {
      const PairAverage& g = workspace.student_[i * n + j];
      own += 2 * outgoing[j] * g.by_11;
      workspace.by_student_[j * n + j] += 2 * outgoing[i] * g.by_22;
      workspace.by_student_[i * n + j] = outgoing[j] * g.by_12;
      workspace.by_student_[j * n + i] = outgoing[i] * g.by_12;
      workspace.residual_[i] += outgoing[j] * g.value;
      workspace.residual_[j] += outgoing[i] * g.value;
    }
    own += outgoing[i] * workspace.square_[i].slope;
    workspace.residual_[i] += outgoing[i] * workspace.square_[i].value;
    double answer = 0;
    for (std::size_t l = 0; l < k; ++l) {
      const PairAverage& g = workspace.teacher_[i * k + l];
      own -= 2 * teacher_outgoing_[l] * g.by_11;
      workspace.by_teacher_[i * k + l] = -teacher_outgoing_[l] * g.by_12;
      answer += teacher_outgoing_[l] * g.value;
    }
    loss += outgoing[i] * (workspace.residual_[i] - 2 * answer);
    workspace.residual_[i] -= answer;
  }
  return loss;
}

template <bool Second>
double PopulationLoss::average(const double* parameters, PopulationWorkspace& workspace) const {
  gaussian::with_form_of(activation_,
                         [&](const auto& form) { average_pairs<Second>(form, parameters, workspace); });
  return combine(parameters, workspace);
}

template double PopulationLoss::average<true>(const double*, PopulationWorkspace&) const;

void PopulationLoss::bracket(const double* parameters, std::size_t i, const PopulationWorkspace& workspace,
                             double* row) const {
  const auto [n, k, d] = sizes_;
  std::fill(row, row + d, 0.0);
  for (std::size_t j = 0; j < n; ++j)
    add_multiple(workspace.by_student_[i * n + j], parameters + j * d, row, d);
  for (std::size_t l = 0; l < k; ++l)
    add_multiple(workspace.by_teacher_[i * k + l], teacher_weights_.data() + l * d, row, d);
}

double PopulationLoss::value(const double* parameters, PopulationWorkspace& workspace) const {
  return average<false>(parameters, workspace);
}

double PopulationLoss::value_and_gradient(const double* parameters, double* gradient,
                                          PopulationWorkspace& workspace) const {
  const double loss = average<false>(parameters, workspace);
  const auto [n, k, d] = sizes_;
  const double* outgoing = parameters + n * d;
  for (std::size_t i = 0; i < n; ++i) {
    double* row = gradient + i * d;
    bracket(parameters, i, workspace, row);
    for (std::size_t p = 0; p < d; ++p) row[p] *= 2 * outgoing[i];
    gradient[n * d + i] = 2 * workspace.residual_[i];
  }
  return loss;
}

}  // namespace eigenstudent
