// The kernels of the general executor on the CPU: vector code where a layer has it, else the plain loops of its folder. Images lie in
// blocks of samples (cpu/image_kernels.h); layers without vector code for them are given rows.
#pragma once

#include <algorithm>

#include "cpu/images/conv_layers.h"
#include "cpu/images/image_array.h"
#include "cpu/images/image_layers.h"
#include "cpu/images/row_major.h"
#include "cpu/isa.h"
#include "cpu/layer_kernels.h"
#include "layers/dense/matrix_pass.h"
#include "layers/reference_list.h"

namespace eigenstudent::cpu {

template <class T>
void forward(const MatrixOptions& options, const LayerPass<T>& pass) {
  layer_forward(forward_arguments(options, pass));
}
template <class T>
void backward(const MatrixOptions& options, const LayerPass<T>& pass, const LayerGradients<T>& gradients) {
  kernels<T>().activation_backward(options.activation, pass.saved, pass.y, gradients.y,
                                   pass.batch * options.width);
  layer_backward(backward_arguments(options, pass, gradients));
}

template <class T>
void forward(const ActivationLayer& layer, const LayerPass<T>& pass) {
  kernels<T>().activate(layer.activation, pass.x[0], pass.y, pass.batch * pass.layer.size);
}
template <class T>
void backward(const ActivationLayer& layer, const LayerPass<T>& pass, const LayerGradients<T>& gradients) {
  if (!gradients.x[0]) return;
  const std::size_t count = pass.batch * pass.layer.size;
  std::copy_n(gradients.y, count, gradients.x[0]);
  kernels<T>().activation_backward(layer.activation, pass.x[0], pass.y, gradients.x[0], count);
}

template <class T>
void image_forward(const ConvOptions& conv, const LayerPass<T>& pass, const ParallelLoop& loop) {
  conv_forward(conv, pass, loop);
}
template <class T>
void image_backward(const ConvOptions& conv, const LayerPass<T>& pass, const LayerGradients<T>& gradients,
                    const ParallelLoop& loop) {
  conv_backward(conv, pass, gradients, loop);
}
template <class T>
void image_forward(const ConvTranspose2d& conv, const LayerPass<T>& pass, const ParallelLoop& loop) {
  conv_forward(conv, pass, loop);
}
template <class T>
void image_backward(const ConvTranspose2d& conv, const LayerPass<T>& pass, const LayerGradients<T>& gradients,
                    const ParallelLoop& loop) {
  conv_backward(conv, pass, gradients, loop);
}

class GeneralKernels {
 public:
  static constexpr bool stores_lanes = true;

  GeneralKernels() = default;
  /// A student that the threads of `loop` work on together.
  explicit GeneralKernels(const ParallelLoop& loop) : loop_(loop) {}

  template <class T>
  std::size_t sample_lanes() const {
    return kernels<T>().lanes;
  }
  template <class T>
  void to_lanes(const T* rows, std::size_t count, std::size_t size, T* to) const {
    cpu::to_lanes(rows, count, size, to, loop_);
  }
  template <class T>
  void from_lanes(const T* lanes, std::size_t count, std::size_t size, T* to) const {
    cpu::from_lanes(lanes, count, size, to, loop_);
  }
  template <class T>
  void accumulate(const T* from, std::size_t count, T* to) const {
    const std::size_t lanes = kernels<T>().lanes, whole = count / lanes * lanes;
    for_pieces(whole, loop_, [&](std::size_t first, std::size_t part) {
      kernels<T>().images.add(to + first, from + first, to + first, part, false);
    });
    for (std::size_t i = whole; i < count; ++i) to[i] += from[i];
  }
  bool folds(const LayerOptions& layer, const Shape& output, const ActivationFunction& activation) const {
    return is_image(output) && activation == Activation::relu &&
           (std::holds_alternative<BatchNorm>(layer) || std::holds_alternative<Add>(layer));
  }

  template <class T>
  void forward(const LayerOptions& layer, const LayerPass<T>& pass) const {
    std::visit([&](const auto& options) { forward_of(options, pass); }, layer);
  }
  template <class T>
  void backward(const LayerOptions& layer, const LayerPass<T>& pass,
                const LayerGradients<T>& gradients) const {
    std::visit([&](const auto& options) { backward_of(options, pass, gradients); }, layer);
  }
  template <class T>
  static void update(const OptimizerStep<T>& step, const TensorOptions& penalties, const T* gradient,
                     std::size_t count, T* p, T* m, T* v) {
    kernels<T>().update_vector(
        {count, gradient, p, m, v, static_cast<T>(penalties.l1), static_cast<T>(penalties.l2), step});
  }

 private:
  /// Whether a layer reads or writes images.
  template <class T>
  static bool has_images(const LayerPass<T>& pass) {
    return is_image(pass.layer.description.output) ||
           std::any_of(pass.shapes.begin(), pass.shapes.end(),
                       [](const Shape& shape) { return is_image(shape); });
  }

  template <class Options, class T>
  void forward_of(const Options& options, const LayerPass<T>& pass) const {
    if (!has_images(pass)) return forward_rows(options, pass);
    if constexpr (requires { image_forward(options, pass, loop_); })
      image_forward(options, pass, loop_);
    else
      RowMajor<T>(pass, loop_).forward([&](const LayerPass<T>& rows) { forward_rows(options, rows); });
  }
  template <class Options, class T>
  void backward_of(const Options& options, const LayerPass<T>& pass,
                   const LayerGradients<T>& gradients) const {
    if (!has_images(pass)) return backward_rows(options, pass, gradients);
    if constexpr (requires { image_backward(options, pass, gradients, loop_); })
      image_backward(options, pass, gradients, loop_);
    else
      RowMajor<T>(pass, loop_)
          .backward(gradients, [&](const LayerPass<T>& rows, const LayerGradients<T>& of_rows) {
            backward_rows(options, rows, of_rows);
          });
  }
  template <class Options, class T>
  static void forward_rows(const Options& options, const LayerPass<T>& pass) {
    if constexpr (requires { cpu::forward(options, pass); })
      cpu::forward(options, pass);
    else
      reference::forward(options, pass);
  }
  template <class Options, class T>
  static void backward_rows(const Options& options, const LayerPass<T>& pass,
                            const LayerGradients<T>& gradients) {
    if constexpr (requires { cpu::backward(options, pass, gradients); })
      cpu::backward(options, pass, gradients);
    else
      reference::backward(options, pass, gradients);
  }

  ParallelLoop loop_;
};

}  // namespace eigenstudent::cpu
