// The population loss against central differences, identities and its own other calls; against other programs in
// test/theory.
#include "objectives/gaussian/population_loss.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "check.h"
#include "core/philox.h"

namespace eigenstudent::test {

namespace {

using Numbers = std::vector<double>;
constexpr double nan = std::numeric_limits<double>::quiet_NaN();

const ActivationFunction functions[] = {
    Activation::linear,    Activation::relu,    {Activation::leaky_relu, 0.3},
    Activation::tanh,      Activation::sigmoid, Activation::softplus,
    Activation::gelu,      Activation::erf,     Activation::quadratic,
    Activation::scaled_erf};

bool has_kink(ActivationFunction f) { return f.kind == Activation::relu || f.kind == Activation::leaky_relu; }

Numbers normal(std::size_t count, std::uint32_t part, double deviation = 0.5) {
  Numbers values(count);
  fill_normal({19, 0, Purpose::free_use, part}, 0, deviation, values.data(), count);
  return values;
}

struct Case {
  PopulationSizes sizes;
  PopulationLoss loss;
  PopulationWorkspace workspace;
  Numbers at;

  Case(ActivationFunction f, PopulationSizes sizes)
      : sizes(sizes),
        loss(f, sizes, normal(sizes.teacher_neurons * sizes.inputs, 1), normal(sizes.teacher_neurons, 2, 1)),
        workspace(sizes),
        at(normal(sizes.parameters(), 3)) {}

  /// Outputs are not a number before each call.
  Numbers gradient(const Numbers& y) {
    Numbers out(y.size(), nan);
    loss.value_and_gradient(y.data(), out.data(), workspace);
    return out;
  }
  Numbers hessian() {
    Numbers out(at.size() * at.size(), nan);
    loss.hessian(at.data(), out.data(), workspace);
    return out;
  }
};

Numbers moved(Numbers y, std::size_t index, double by) {
  y[index] += by;
  return y;
}

/// Each with every other: one neuron, more inputs than neurons, more neurons than inputs.
const PopulationSizes all_sizes[] = {{1, 1, 1}, {1, 2, 3}, {3, 2, 4}, {4, 3, 2}};

}  // namespace

// Fourth-order differences with step 1e-3: their own error is 1e-12 of the fifth derivatives, of order 10 here.
TEST("population loss: the gradient is the slope of the value") {
  constexpr double h = 1e-3;
  for (const ActivationFunction f : functions)
    for (const PopulationSizes sizes : all_sizes) {
      Case one(f, sizes);
      const Context context(name_of(f.kind));
      const Numbers gradient = one.gradient(one.at);
      const auto value = [&](std::size_t p, double by) {
        return one.loss.value(moved(one.at, p, by).data(), one.workspace);
      };
      for (std::size_t p = 0; p < one.at.size(); ++p) {
        const double slope =
            (8 * (value(p, h) - value(p, -h)) - (value(p, 2 * h) - value(p, -2 * h))) / (12 * h);
        REQUIRE_CLOSE(gradient[p], slope, 1e-9);
      }
    }
}

TEST("population loss: the Hessian is the slope of the gradient, and symmetric") {
  constexpr double h = 1e-3;
  for (const ActivationFunction f : functions)
    for (const PopulationSizes sizes : all_sizes) {
      Case one(f, sizes);
      const Context context(name_of(f.kind));
      const Numbers hessian = one.hessian();
      const std::size_t size = one.at.size();
      for (std::size_t p = 0; p < size; ++p) {
        const Numbers right = one.gradient(moved(one.at, p, h)), left = one.gradient(moved(one.at, p, -h));
        const Numbers far_right = one.gradient(moved(one.at, p, 2 * h)),
                      far_left = one.gradient(moved(one.at, p, -2 * h));
        for (std::size_t q = 0; q < size; ++q) {
          const double slope = (8 * (right[q] - left[q]) - (far_right[q] - far_left[q])) / (12 * h);
          // Higher derivatives at a kink grow like powers of 1 / sin of the smallest angle, here 0.1.
          REQUIRE_CLOSE(hessian[p * size + q], slope, has_kink(f) ? 1e-7 : 1e-8);
          REQUIRE_CLOSE(hessian[p * size + q], hessian[q * size + p], 1e-14);
        }
      }
    }
}

TEST("population loss: products of the Hessian are those of its matrix") {
  for (const ActivationFunction f : functions)
    for (const PopulationSizes sizes : all_sizes) {
      Case one(f, sizes);
      const Context context(name_of(f.kind));
      const Numbers hessian = one.hessian();
      const std::size_t size = one.at.size();
      const Numbers direction = normal(size, 4, 1);
      Numbers product(size, nan);
      one.loss.hessian_product(one.at.data(), direction.data(), product.data(), one.workspace);
      for (std::size_t p = 0; p < size; ++p) {
        double sum = 0;
        for (std::size_t q = 0; q < size; ++q) sum += hessian[p * size + q] * direction[q];
        // Vectors of one input are parallel: of terms in 1 / sin 0, taken as 1e7, rounding leaves 1e-9.
        REQUIRE_CLOSE(product[p], sum, has_kink(f) && sizes.inputs == 1 ? 1e-8 : 1e-12);
      }
    }
}

TEST("population loss: a student that is its teacher has loss 0 and gradient 0") {
  for (const ActivationFunction f : functions) {
    const Context context(name_of(f.kind));
    const PopulationSizes sizes{3, 3, 4};
    Numbers weights = normal(12, 5), outgoing = normal(3, 6, 1);
    const PopulationLoss loss(f, sizes, weights, outgoing);
    PopulationWorkspace workspace(sizes);
    weights.insert(weights.end(), outgoing.begin(), outgoing.end());
    Numbers gradient(weights.size(), nan);
    REQUIRE_CLOSE(loss.value_and_gradient(weights.data(), gradient.data(), workspace), 0, 1e-14);
    for (const double slope : gradient) REQUIRE_CLOSE(slope, 0, 1e-14);
    Numbers hessian(weights.size() * weights.size(), nan);
    loss.hessian(weights.data(), hessian.data(), workspace);
    for (const double entry : hessian) REQUIRE(std::isfinite(entry));  // relu's terms in 1 / sin 0 cancel
  }
}

// One neuron against a teacher with outgoing weight 0: the loss is E tanh(r z)^2 = 1 - sqrt(2 / pi) / r + O(r^-3), since
// the integral of 1 - tanh^2 is 2.
TEST("population loss: quadratures do not lose digits at long vectors") {
  const PopulationSizes sizes{1, 1, 1};
  const PopulationLoss loss(Activation::tanh, sizes, {1}, {0});
  PopulationWorkspace workspace(sizes);
  const auto rest = [&](double r) {
    const double y[] = {r, 1};
    return 1 - loss.value(y, workspace) - 2 / (std::sqrt(2 * 3.14159265358979323846) * r);
  };
  REQUIRE(std::abs(rest(10)) < 1e-3 && std::abs(rest(40)) < 1e-3 / 50);
  REQUIRE_CLOSE(rest(20) / rest(40), 8, 0.1);
}

TEST("population loss: what it refuses, and that not a number stays so") {
  const PopulationSizes sizes{1, 1, 2};
  REQUIRE_ERROR(
      PopulationLoss(Activation::elu, sizes, {1, 0}, {1}),
      "invalid_argument: expected an activation with a population loss (linear, relu, leakyRelu, tanh, "
      "sigmoid, softplus, gelu, erf, quadratic, scaledErf), received elu");
  REQUIRE_ERROR(PopulationLoss(Activation::relu, sizes, {1, 0, 0}, {1}),
                "invalid_argument: expected 2 numbers for the teacher's weights, received 3");
  REQUIRE_ERROR(PopulationLoss(Activation::relu, sizes, {1, 0}, {}),
                "invalid_argument: expected 1 numbers for the teacher's outgoing weights, received 0");
  const PopulationLoss far(Activation::tanh, sizes, {1, 0}, {1});
  PopulationWorkspace workspace(sizes);
  const double y[] = {60, 80, 1}, lost[] = {nan, 0, 1};
  REQUIRE(error_of([&] { far.value(y, workspace); }).find("received one of norm 100.0") != std::string::npos);
  for (const ActivationFunction f : functions) {
    const PopulationLoss loss(f, sizes, {1, 0}, {1});
    REQUIRE(std::isnan(loss.value(lost, workspace)));
  }
}

}  // namespace eigenstudent::test
