// Which formula averages an activation.
#pragma once

#include <string>

#include "core/activations.h"
#include "core/errors.h"
#include "core/fields.h"
#include "objectives/gaussian/closed_forms.h"
#include "objectives/gaussian/quadrature.h"

namespace eigenstudent::gaussian {

/// Calls use(form) with a form that has pair<Second>(overlaps) and square(s).
template <class Use>
auto with_form_of(ActivationFunction activation, const Use& use) {
  switch (activation.kind) {
    case Activation::linear:
      return use(Linear{});
    case Activation::relu:
      return use(Relu{});
    case Activation::leaky_relu:
      return use(LeakyRelu{activation.slope});
    case Activation::tanh:
      return use(Quadrature<Tanh>{});
    case Activation::sigmoid:
      return use(Quadrature<Sigmoid>{});
    case Activation::softplus:
      return use(Quadrature<Softplus>{});
    case Activation::gelu:
      return use(Gelu{});
    case Activation::erf:
      return use(Erf{});
    case Activation::quadratic:
      return use(Quadratic{});
    case Activation::scaled_erf:
      return use(ScaledErf{});
    case Activation::elu:
      break;
  }
  throw Error("invalid_argument",
              "expected an activation with a population loss (linear, relu, leakyRelu, tanh, sigmoid, "
              "softplus, gelu, "
              "erf, quadratic, scaledErf), received " +
                  std::string(name_of(activation.kind)));
}

}  // namespace eigenstudent::gaussian
