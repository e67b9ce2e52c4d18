// What the contract tests share: every backend in every dtype, and the oracle, which is the reference in
// float64 with the same numbers. (The reference in float64 is compared with itself only where that says
// something.)
#pragma once

#include <algorithm>
#include <cmath>
#include <memory>
#include <string>
#include <vector>

#include "backends.h"
#include "check.h"
#include "reference/reference_backend.h"
#include "students.h"
#include "subject.h"

namespace eigenstudent::test {

/// How far a result may be from the oracle, relative to the largest entry of its tensor.
///   float32  sums of up to 300 terms in any order: 300 x 6e-8 at worst, sqrt(300) x 6e-8 as a rule, through three
///            layers and back
///   float64  the same with 1.1e-16
inline double tolerance_of(DType dtype) { return dtype == DType::float32 ? 4e-5 : 1e-13; }

/// Calls `contract(backend, dtype)` for every backend and dtype. With `against_oracle` leaves out the oracle
/// itself.
template <class Contract>
void on_every_backend(const Contract& contract, bool against_oracle = false) {
  for (const std::unique_ptr<Backend>& backend : backends()) {
    for (const DType dtype : {DType::float32, DType::float64}) {
      if (!computes_in(*backend, dtype)) continue;
      if (against_oracle && backend->name() == "reference" && dtype == DType::float64) continue;
      const Context context("backend " + backend->name() + " (" + backend->engine() + "), " +
                            (dtype == DType::float32 ? "float32" : "float64"));
      contract(*backend, dtype);
    }
  }
}

/// A subject with one student and the oracle with its twin, both with the student's parameters.
struct Pair {
  Subject subject, oracle;
};

/// `make(dtype)` makes the student for either dtype.
template <class Make>
Pair make_pair(const Backend& backend, DType dtype, const Make& make, std::uint32_t part) {
  Pair pair{Subject(backend, dtype, {make(dtype)}),
            Subject(*make_reference_backend(), DType::float64, {make(DType::float64)})};
  const std::vector<double> parameters = make_parameters(make(dtype).network, part);
  pair.subject.set_parameters(0, parameters);
  pair.oracle.set_parameters(0, parameters);
  return pair;
}

/// Requires that two blocks agree tensor by tensor: relative to the tensor's largest entry, or to a tenth of
/// the block's, because a short tensor (one bias) may be a small difference of large numbers.
inline void require_same_tensors(const NetworkSpec& network, const std::vector<double>& got,
                                 const std::vector<double>& expected, double tolerance) {
  const ParameterLayout layout = Graph(network).layout();
  REQUIRE(got.size() == layout.size());
  double largest = 0;
  for (const double value : expected) largest = std::max(largest, std::abs(value));
  for (const Tensor& tensor : layout.tensors()) {
    const Context context("layer " + std::to_string(tensor.layer) + " " + tensor.description.name);
    REQUIRE_CLOSE(relative_difference(got, expected, tensor.offset, tensor.size(), 0.1 * largest), 0,
                  tolerance);
  }
}

/// Three small students of different shape, optimiser, batch and activation, for contracts about populations.
inline std::vector<StudentSpec> mixed_students(DType dtype) {
  return {odd_student(9, dtype), odd_student(19, dtype), odd_student(28, dtype), odd_student(2, dtype)};
}

/// A subject with all of `students`, each with parameters of its own that depend on its seed alone.
inline Subject make_subject(const Backend& backend, DType dtype, const std::vector<StudentSpec>& students,
                            unsigned threads = 1) {
  Subject subject(backend, dtype, students, threads);
  for (std::size_t s = 0; s < students.size(); ++s)
    subject.set_parameters(
        s, make_parameters(students[s].network, static_cast<std::uint32_t>(students[s].trainer->trial + 1)));
  return subject;
}

}  // namespace eigenstudent::test
