// The plain-loop kernels of every type of layer, for the general executor (executor/graph_pass.h).
#pragma once

#include "core/optimizer.h"
#include "layers/activation/reference.h"
#include "layers/add/reference.h"
#include "layers/batch_norm/reference.h"
#include "layers/concat/reference.h"
#include "layers/conv/reference.h"
#include "layers/conv_transpose/reference.h"
#include "layers/dense/reference.h"
#include "layers/flatten/reference.h"
#include "layers/list.h"
#include "layers/pool/reference.h"

namespace eigenstudent {

struct ReferenceKernels {
  static constexpr bool stores_lanes = false;
  template <class T>
  static std::size_t sample_lanes() {
    return 1;
  }
  template <class T>
  static void accumulate(const T* from, std::size_t count, T* to) {
    for (std::size_t i = 0; i < count; ++i) to[i] += from[i];
  }
  static bool folds(const LayerOptions&, const Shape&, const ActivationFunction&) { return false; }

  template <class T>
  static void forward(const LayerOptions& layer, const LayerPass<T>& pass) {
    std::visit([&](const auto& options) { reference::forward(options, pass); }, layer);
  }
  template <class T>
  static void backward(const LayerOptions& layer, const LayerPass<T>& pass,
                       const LayerGradients<T>& gradients) {
    std::visit([&](const auto& options) { reference::backward(options, pass, gradients); }, layer);
  }
  /// One optimiser update of a whole tensor, with the gradients of l1 and l2. v is null for SGD.
  template <class T>
  static void update(const OptimizerStep<T>& step, const TensorOptions& penalties, const T* gradient,
                     std::size_t count, T* p, T* m, T* v) {
    const T l1 = static_cast<T>(penalties.l1), l2 = static_cast<T>(penalties.l2);
    for (std::size_t i = 0; i < count; ++i) {
      const T whole = gradient[i] + penalty_gradient(l1, l2, p[i]);
      if (step.kind == OptimizerKind::sgd)
        sgd_update(step, whole, p[i], m[i]);
      else
        adam_update(step, whole, p[i], m[i], v[i]);
    }
  }
};

}  // namespace eigenstudent
