// The calls that make a training step: forward, loss, backward, spectral gradient, penalty, optimiser. Each
// does one thing to the whole network; reference_backend.cpp strings them together.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/network_spec.h"
#include "core/parameter_layout.h"
#include "core/student.h"

namespace eigenstudent::reference {

/// Some samples of a data set, gathered.
template <class T>
struct Batch {
  std::size_t rows = 0;                // B
  std::vector<T> x;                    // [B][N_in of the network]
  std::vector<T> targets;              // [B][N_out of the network], or empty
  std::vector<std::uint32_t> classes;  // [B], or empty
};

/// The samples of `data` that `samples[0..rows-1]` name.
template <class T>
Batch<T> gather(const Dataset& data, const std::uint32_t* samples, std::size_t rows);
/// The samples first .. first + rows - 1.
template <class T>
Batch<T> slice(const Dataset& data, std::size_t first, std::size_t rows);

/// What a forward pass leaves behind, layer by layer.
template <class T>
struct Activity {
  std::vector<std::vector<T>> z;  // [layers][B][N_out of the layer], before the activation
  std::vector<std::vector<T>> y;  // the same, after it
};

/// Silences nodes of one hidden layer: node i answers 0 where kept[i] is false.
struct Gate {
  std::size_t layer;
  std::vector<bool> kept;  // [N_out of the layer]
};

/// A network and its numbers, as the calls below want them.
template <class T>
struct NetworkView {
  const NetworkSpec& spec;
  const ParameterLayout& layout;
  const T* parameters;  // [layout.size()]
};

/// Runs a batch through the network; `gate` may be null.
template <class T>
Activity<T> forward(const NetworkView<T>& network, const Batch<T>& batch, const Gate* gate = nullptr);

/// Data loss of the batch, whose mean is over `mean_over` samples (the batch itself, or the whole set it is a
/// part of). delta: [B][N_out] receives dL/dy; null where not wanted.
template <class T>
double loss(const NetworkSpec& spec, const Batch<T>& batch, const std::vector<T>& y, std::size_t mean_over,
            T* delta);

/// Samples of the batch whose largest output (the first of equals) is the class.
template <class T>
std::size_t correct_answers(const NetworkSpec& spec, const Batch<T>& batch, const std::vector<T>& y);

/// From delta = dL/dy of the last layer, [B][N_out], to G = dL/dW of every layer, at the place of the layer's
/// matrix in the returned gradient block [layout.size()], and to the gradients of the biases. The rest of the
/// block is zero.
template <class T>
std::vector<T> backward(const NetworkView<T>& network, const Batch<T>& batch, const Activity<T>& activity,
                        std::vector<T> delta);

/// Turns G of every spectral layer into the gradients of its eigenvectors and eigenvalues.
template <class T>
void spectral_gradient(const NetworkView<T>& network, std::vector<T>& gradient);

/// Adds the gradient of the penalty, then clears the gradients of frozen tensors. Returns the penalty.
template <class T>
double penalty(const NetworkView<T>& network, std::vector<T>& gradient);

/// Moves the tensors that are trainable and in the phase at this step; the others, their moments and counts
/// stand still.
template <class T>
void optimizer(const StudentSpec& student, const ParameterLayout& layout, const std::vector<T>& gradient,
               StudentState<T>& state);

}  // namespace eigenstudent::reference
