#include "core/activations.h"

namespace eigenstudent {

const char* name_of(Activation activation) {
  switch (activation) {
    case Activation::linear:
      return "linear";
    case Activation::relu:
      return "relu";
    case Activation::leaky_relu:
      return "leakyRelu";
    case Activation::elu:
      return "elu";
    case Activation::tanh:
      return "tanh";
    case Activation::sigmoid:
      return "sigmoid";
    case Activation::softplus:
      return "softplus";
    case Activation::gelu:
      return "gelu";
    case Activation::erf:
      return "erf";
    case Activation::quadratic:
      return "quadratic";
  }
  return "unknown";
}

}  // namespace eigenstudent
