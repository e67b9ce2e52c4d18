// What the contract is run on. A new backend is added in backends.cpp, and nowhere else.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/backend.h"
#include "core/layer_arguments.h"

namespace eigenstudent::test {

/// Every backend of this build, the reference first.
std::vector<std::unique_ptr<Backend>> backends();
/// Why the CUDA library with its GPU is not among them; empty where it is.
std::string why_no_gpu();
/// The CUDA backend computes in float32 alone.
bool computes_in(const Backend& backend, DType dtype);

/// Layer kernels that work on bare arrays.
template <class T>
struct LayerKernels {
  std::string name;
  void (*forward)(const LayerForward<T>&);
  void (*backward)(const LayerBackward<T>&);
};

/// Every set of layer kernels of this build, the reference first.
template <class T>
std::vector<LayerKernels<T>> layer_kernels();

}  // namespace eigenstudent::test
