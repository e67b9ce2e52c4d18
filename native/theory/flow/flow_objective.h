// What a gradient flow dy/dt = -dL/dy needs of a loss L.
#pragma once

#include <cstddef>

namespace eigenstudent {

class FlowObjective {
 public:
  virtual ~FlowObjective() = default;
  virtual std::size_t size() const = 0;
  // y, gradient: [size]. hessian: [size][size]. Outputs are overwritten. Both return the loss.
  virtual double gradient(const double* y, double* gradient) = 0;
  virtual double hessian(const double* y, double* hessian) = 0;
};

}  // namespace eigenstudent
