// The formulas of core/ against second derivations: textbook forms, known values, differences.
#include <cmath>
#include <limits>

#include "check.h"
#include "core/activations.h"
#include "core/optimizer.h"
#include "core/penalty.h"
#include "losses/cross_entropy.h"
#include "losses/mse.h"
#include "students.h"

namespace eigenstudent::test {

namespace {

/// f'(z) by the four-point central difference, whose error is of order h^4.
double slope(Activation activation, double z) {
  const double h = 1e-3;
  const auto f = [&](double at) { return activate(activation, at); };
  return (8 * (f(z + h) - f(z - h)) - (f(z + 2 * h) - f(z - 2 * h))) / (12 * h);
}

}  // namespace

TEST("activations have their known values") {
  const struct {
    Activation activation;
    double at_minus_1, at_0, at_2;
  } known[] = {
      {Activation::linear, -1, 0, 2},
      {Activation::relu, 0, 0, 2},
      {Activation::leaky_relu, -0.01, 0, 2},
      {Activation::elu, -0.63212055882855767, 0, 2},
      {Activation::tanh, -0.76159415595576485, 0, 0.96402758007581690},
      {Activation::sigmoid, 0.26894142136999510, 0.5, 0.88079707797788243},
      {Activation::softplus, 0.31326168751822281, 0.69314718055994529, 2.1269280110429727},
      {Activation::gelu, -0.15865525393145705, 0, 1.9544997361036416},
      {Activation::erf, -0.84270079294971489, 0, 0.99532226501895271},
      {Activation::quadratic, 1, 0, 4},
      {Activation::scaled_erf, -0.68268949213708590, 0, 0.95449973610364159},
  };
  static_assert(sizeof known / sizeof known[0] == activation_count);
  for (const auto& row : known) {
    const Context context(name_of(row.activation));
    REQUIRE_CLOSE(activate(row.activation, -1.0), row.at_minus_1, 1e-15);
    REQUIRE_CLOSE(activate(row.activation, 0.0), row.at_0, 1e-15);
    REQUIRE_CLOSE(activate(row.activation, 2.0), row.at_2, 1e-15);
  }
}

TEST("derivatives are the slopes of the activations") {
  for (int a = 0; a < activation_count; ++a) {
    const Activation activation = static_cast<Activation>(a);
    const Context context(name_of(activation));
    for (const double z : {-6.0, -1.3, -0.2, 0.1, 0.9, 5.0})
      REQUIRE_CLOSE(activation_derivative(activation, z, activate(activation, z)), slope(activation, z),
                    1e-10);
  }
}

TEST("a slope is that of leakyRelu below 0, and of no other activation") {
  for (int a = 0; a < activation_count; ++a) {
    const Activation kind = static_cast<Activation>(a);
    const Context context(name_of(kind));
    const ActivationFunction f{kind, 0.25};
    for (const double z : {-2.0, 0.0, 2.0}) {
      const bool scaled = kind == Activation::leaky_relu && z <= 0;
      const double y = scaled ? 0.25 * z : activate(kind, z);
      REQUIRE(activate(f, z) == y);
      REQUIRE(activation_derivative(f, z, y) == (scaled ? 0.25 : activation_derivative(kind, z, y)));
    }
  }
}

TEST("derivatives at a kink take the value from the left") {
  REQUIRE(activation_derivative(Activation::relu, 0.0, 0.0) == 0);
  REQUIRE(activation_derivative(Activation::leaky_relu, 0.0, 0.0) == leaky_relu_slope);
}

TEST("activations are finite far out, and no activation hides a NaN") {
  for (int a = 0; a < activation_count; ++a) {
    const Activation activation = static_cast<Activation>(a);
    const Context context(name_of(activation));
    for (const float z : {-1e4f, 1e4f}) {
      const float y = activate(activation, z);
      REQUIRE(std::isfinite(y));
      REQUIRE(std::isfinite(activation_derivative(activation, z, y)));
    }
    REQUIRE(std::isnan(activate(activation, std::numeric_limits<double>::quiet_NaN())));
  }
}

TEST("where the derivative does not need z, it follows from y alone") {
  for (int a = 0; a < activation_count; ++a) {
    const Activation activation = static_cast<Activation>(a);
    if (derivative_needs_z(activation)) continue;
    const Context context(name_of(activation));
    for (const double z : {-3.0, -0.2, 0.0, 0.4, 2.0}) {
      const double y = activate(activation, z);
      REQUIRE(activation_derivative(activation, y, y) == activation_derivative(activation, z, y));
    }
  }
}

TEST("the mean squared error of a sample and its gradient are right") {
  const double y[] = {1, 2, 3}, targets[] = {1, 0, 4};
  double delta[3];
  REQUIRE_CLOSE(mse_sample(y, targets, 3, 2, delta), (0 + 4 + 1) / 6., 1e-15);
  REQUIRE_CLOSE(delta[0], 0, 0);
  REQUIRE_CLOSE(delta[1], 4 / 6., 1e-15);
  REQUIRE_CLOSE(delta[2], -2 / 6., 1e-15);
  REQUIRE(mse_sample<double>(y, targets, 3, 2, nullptr) == mse_sample(y, targets, 3, 2, delta));
}

TEST("the cross-entropy of a sample and its gradient are right, also where e^y overflows") {
  const double even[] = {0, 0};
  double delta[3];
  REQUIRE_CLOSE(cross_entropy_sample(even, 1, 2, 1, delta), std::log(2), 1e-15);
  REQUIRE_CLOSE(delta[0], 0.5, 1e-15);
  REQUIRE_CLOSE(delta[1], -0.5, 1e-15);
  const double far[] = {1e4, 0, -1e4};
  REQUIRE_CLOSE(cross_entropy_sample(far, 0, 3, 4, delta), 0, 1e-15);
  REQUIRE_CLOSE(cross_entropy_sample(far, 2, 3, 4, delta), 5000, 1e-9);
  REQUIRE_CLOSE(delta[0], 0.25, 1e-15);
  REQUIRE_CLOSE(delta[2], -0.25, 1e-15);
}

TEST("penalties count trainable tensors only") {
  const double values[] = {1, -2, 0};
  REQUIRE_CLOSE(penalty_of(trained(0.1, 0.01), values, 1, 3), 0.5 + 0.03, 1e-15);
  REQUIRE_CLOSE(penalty_of(trained(0, 0, 0.1), values, 1, 3), 0.1 * std::sqrt(5), 1e-15);
  REQUIRE_CLOSE(penalty_of(trained(0, 0, 0.1), values, 3, 1), 0.3, 1e-15);
  REQUIRE(penalty_of(TensorOptions{false, 1, 1, 1}, values, 3, 1) == 0);
  REQUIRE(row_lasso_factor(0.5, 4.0) == 0.25);
  REQUIRE(row_lasso_factor(0.5, 0.0) == 0);
  REQUIRE_CLOSE(penalty_gradient(0.01, 0.1, -2.0), -0.4 - 0.01, 1e-15);
  REQUIRE(penalty_gradient(0.01, 0.1, 0.0) == 0);
}

// Kingma & Ba 2015, algorithm 1, and Loshchilov & Hutter 2019, algorithm 2, written out as printed.
TEST("adam and adamW are the textbook's") {
  for (const OptimizerKind kind : {OptimizerKind::adam, OptimizerKind::adamw}) {
    OptimizerSpec spec;
    spec.kind = kind;
    spec.weight_decay = 0.1;  // adam takes no notice
    const std::vector<double> gradients = normals(50, 1);
    double parameter = 0.7, m = 0, v = 0, p = 0.7, first = 0, second = 0;
    for (std::uint64_t t = 1; t <= 50; ++t) {
      const double g = gradients[t - 1], rate = 0.01, time = static_cast<double>(t);
      adam_update(optimizer_step<double>(spec, rate, t), g, parameter, m, v);
      if (kind == OptimizerKind::adamw) p -= rate * 0.1 * p;
      first = 0.9 * first + 0.1 * g;
      second = 0.999 * second + 0.001 * g * g;
      p -= rate * (first / (1 - std::pow(0.9, time))) /
           (std::sqrt(second / (1 - std::pow(0.999, time))) + 1e-7);
      REQUIRE_CLOSE(parameter, p, 1e-14);
    }
  }
}

TEST("sgd with momentum and with Nesterov momentum is PyTorch's") {
  OptimizerSpec spec;
  spec.kind = OptimizerKind::sgd;
  spec.momentum = 0.5;
  double parameter = 1, velocity = 0;
  sgd_update(optimizer_step<double>(spec, 0.1, 1), 2.0, parameter, velocity);
  REQUIRE_CLOSE(parameter, 0.8, 1e-15);
  sgd_update(optimizer_step<double>(spec, 0.1, 2), 1.0, parameter, velocity);  // v = 0.5 2 + 1
  REQUIRE_CLOSE(parameter, 0.6, 1e-15);
  spec.nesterov = true;
  sgd_update(optimizer_step<double>(spec, 0.1, 3), 1.0, parameter, velocity);  // v = 2, p -= 0.1 (1 + 0.5 2)
  REQUIRE_CLOSE(parameter, 0.4, 1e-15);
  REQUIRE_CLOSE(velocity, 2, 1e-15);
}

}  // namespace eigenstudent::test
