// A population under test, spoken to in float64 whatever its dtype. Every output buffer is NaN before the
// call, so that a call that writes nothing cannot pass, and has a guarded end, so that one that writes too
// much cannot either.
#pragma once

#include <cstddef>
#include <vector>

#include "core/backend.h"

namespace eigenstudent::test {

struct Gradient {
  std::vector<double> block;  // [layout.size()]
  double data_loss;
  double penalty;
};

/// All that a checkpoint of one student holds.
struct State {
  std::vector<double> parameters, first_moment, second_moment;
  Counters counters;
  bool operator==(const State& other) const;
};

class Subject {
 public:
  /// Creates the population; students' data must be of `dtype`.
  Subject(const Backend& backend, DType dtype, std::vector<StudentSpec> students, unsigned threads = 1);

  Population& population() { return *population_; }
  DType dtype() const { return dtype_; }

  void set_parameters(std::size_t student, const std::vector<double>& values);
  std::vector<double> parameters(std::size_t student) const;
  State state(std::size_t student) const;
  void restore(std::size_t student, const State& state);

  void run(std::uint64_t until_epoch);  // the same for every student
  Evaluation evaluate(std::size_t student, const DatasetPtr& data);
  std::vector<double> predict(std::size_t student, const Dataset& data);
  Gradient gradient(std::size_t student, const Dataset& data);
  std::vector<double> pruning_curve(std::size_t student, std::size_t layer,
                                    const std::vector<std::uint32_t>& removal_order, const Dataset& data);

 private:
  std::vector<double> read(std::size_t student, StateBlock block) const;
  void write(std::size_t student, StateBlock block, const std::vector<double>& values);

  DType dtype_;
  std::vector<StudentSpec> specs_;
  std::unique_ptr<Population> population_;
};

/// Largest |a_i - b_i| over the range, divided by the largest of the |b_i| of it, `at_least` and 1e-3 (so
/// that tensors of zeros and almost-zeros compare too). Infinity where a value is not finite or the lengths
/// differ.
double relative_difference(const std::vector<double>& a, const std::vector<double>& b, std::size_t first = 0,
                           std::size_t count = static_cast<std::size_t>(-1), double at_least = 0);

}  // namespace eigenstudent::test
