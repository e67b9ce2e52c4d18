// The two engines of one-pass SGD; run.cpp distributes students over threads.
#pragma once

#include <cstddef>

#include "theory/one_pass/one_pass.h"

namespace eigenstudent::theory {

/// Students from, ..., to - 1 with their rows, step by step together. Their parts of the result are written.
void run_direct(const OnePassSpec& spec, std::size_t from, std::size_t to, OnePassResult& result,
                const StopFlag& stop);

/// One student's overlaps as a Markov chain: the input enters through its products with the teacher (p* normals), with an
/// orthonormal basis of the student's rows outside the teacher (p normals), and the rest of |x|^2 (chi-square of N - p - p*).
void run_chain(const OnePassSpec& spec, std::size_t student, OnePassResult& result, const StopFlag& stop);

}  // namespace eigenstudent::theory
