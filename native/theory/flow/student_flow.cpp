#include "theory/flow/student_flow.h"

#include <algorithm>
#include <vector>

namespace eigenstudent {

namespace {

class StudentFlow final : public FlowObjective {
 public:
  StudentFlow(Population& population, std::size_t student, const Dataset& data)
      : population_(population),
        student_(student),
        data_(data),
        own_(population.layout(student).size()),
        direction_(own_.size(), 0.0) {
    population.read(student, StateBlock::parameters, own_.data());
  }
  ~StudentFlow() override { population_.write(student_, StateBlock::parameters, own_.data()); }

  std::size_t size() const override { return own_.size(); }

  double gradient(const double* y, double* gradient) override {
    population_.write(student_, StateBlock::parameters, y);
    const Losses losses = population_.gradient(student_, data_, gradient);
    return losses.data + losses.penalty;
  }

  double hessian(const double* y, double* hessian) override {
    std::vector<double> gradient(size());
    const double loss = this->gradient(y, gradient.data());
    for (std::size_t i = 0; i < size(); ++i) {
      direction_[i] = 1;
      population_.hessian_product(student_, data_, direction_.data(), hessian + i * size(),
                                  Statistics::batch);
      direction_[i] = 0;
    }
    return loss;
  }

 private:
  Population& population_;
  std::size_t student_;
  const Dataset& data_;
  std::vector<double> own_, direction_;
};

}  // namespace

FlowResult student_flow(Population& population, std::size_t student, const Dataset& data,
                        std::span<const double> start, const FlowOptions& options, const StopFlag& stop) {
  StudentFlow objective(population, student, data);
  return gradient_flow(objective, start.data(), options,
                       [&] { return stop.load(std::memory_order_relaxed); });
}

}  // namespace eigenstudent
