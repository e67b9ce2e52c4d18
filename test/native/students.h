// Students to test with. Every number comes from Philox and is a float32, so that both dtypes start from the
// same.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "core/chain.h"
#include "core/student.h"

namespace eigenstudent::test {

/// Sizes around the widths of vector registers and blocks, and far from them.
inline constexpr std::size_t odd_sizes[] = {1, 3, 7, 8, 31, 33, 100, 300};

ChainTensor trained(double l2 = 0, double l1 = 0, double group_lasso = 0);
ChainTensor frozen();

/// Everything trains; eigenvaluesIn too. Without a bias.
ChainLayer spectral_layer(std::size_t inputs, std::size_t outputs, Activation activation);
ChainLayer dense_layer(std::size_t inputs, std::size_t outputs, Activation activation);

/// `count` independent normals; `part` tells the streams of one test apart.
std::vector<double> normals(std::size_t count, std::uint32_t part);

/// Normal inputs, and normal targets or uniform classes, as the loss of the network wants.
DatasetPtr make_data(const Chain& network, DType dtype, std::size_t samples, std::uint32_t part);

/// Matrices of deviation 1/sqrt(N_in), eigenvalues around 0 (in) and 1 (out), small biases; frozen
/// eigenvaluesIn are 0, as in the paper. Returns [layout.size()].
std::vector<double> make_parameters(const NetworkSpec& network, std::uint32_t part);

/// A student that trains with plain SGD at 0.01 on one batch; tests change what they are about.
StudentSpec make_student(const Chain& network, DType dtype, std::size_t samples, std::uint32_t part);

/// One of `odd_student_count` students whose batch, inputs, width and outputs take every pair of odd sizes,
/// and whose kinds of layer, activations, frozen tensors, penalties, losses, optimisers, schedules and phases
/// vary along. Three steps per epoch, the last a partial batch (two steps where the batch is 1: there is no
/// part of one).
inline constexpr std::size_t odd_student_count = 64;
StudentSpec odd_student(std::size_t index, DType dtype);

/// 31 -> 33 -> 1003 -> 7 in two batches an epoch: more than one block of a GPU holds and little enough for a sanitizer. Where
/// there are clusters it trains in one, the sums of both products around the odd 1003 nodes going from rank to rank.
StudentSpec cluster_student(DType dtype);
/// The network of a student that is a chain.
inline Chain chain_in(const StudentSpec& student) { return *chain_of(student.network, student.objective); }
std::string describe(const StudentSpec& student);

}  // namespace eigenstudent::test
