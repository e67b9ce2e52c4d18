#include "cpu/images/conv_layers.h"

#include <algorithm>

#include "core/spectral_math.h"
#include "cpu/images/correlation.h"
#include "cpu/images/image_array.h"
#include "executor/aligned_buffer.h"
#include "layers/dense/dense.h"

namespace eigenstudent::cpu {

namespace {

template <class Pointers>
auto of_role(const Pointers& tensors, TensorRole role) {
  return tensors[static_cast<std::size_t>(role)];
}

Correlation correlation_of(const ConvOptions& conv, const Shape& image, const Shape& places) {
  return {image, places, conv.window(), conv.groups};
}

template <class T>
ImageBatch batch_of(const LayerPass<T>& pass, const ParallelLoop& loop) {
  return {ImageArray<T>{pass.batch, pass.shapes[0]}.blocks(), loop};
}

/// Scratch of the calling thread: weights that eigenvalues and eigenvectors form, and the gradient with
/// respect to them.
template <class T>
AlignedBuffer<T>& weight_scratch() {
  thread_local AlignedBuffer<T> buffer;
  return buffer;
}
template <class T>
AlignedBuffer<T>& gradient_scratch() {
  thread_local AlignedBuffer<T> buffer;
  return buffer;
}

/// Calls body(index in the weights, channel of the image, channel of the output) for every weight.
template <class Body>
void each_weight(const Correlation& c, const Body& body) {
  std::size_t k = 0;
  for (std::size_t o = 0; o < c.places[0]; ++o)
    for (std::size_t i = 0; i < c.image_channels(); ++i) {
      const std::size_t channel = o / c.place_channels() * c.image_channels() + i;
      for (std::size_t end = k + c.kernel_size(); k < end; ++k) body(k, channel, o);
    }
}

/// The weights that the layer applies: its tensor, or what eigenvalues and eigenvectors form.
template <class T>
const T* weights_of(const Correlation& c, const LayerPass<T>& pass) {
  const T* matrix = of_role(pass.tensors, TensorRole::matrix);
  const T *in = of_role(pass.tensors, TensorRole::eigenvalues_in),
          *out = of_role(pass.tensors, TensorRole::eigenvalues_out);
  if (!in) return matrix;
  T* weights = weight_scratch<T>().require(c.weight_count());
  each_weight(c, [&](std::size_t k, std::size_t i, std::size_t o) {
    weights[k] = spectral_weight(matrix[k], in[i], out[o]);
  });
  return weights;
}

/// z is where a convolution has written its sums: saved or y.
template <class T>
void finish_forward(const ActivationFunction& activation, const LayerPass<T>& pass, const T* z,
                    const ParallelLoop& loop) {
  if (activation == Activation::linear) return;
  const std::size_t size = ImageArray<T>{pass.batch, pass.layer.description.output}.size();
  for_pieces(size, loop, [&](std::size_t first, std::size_t count) {
    kernels<T>().activate(activation, z + first, pass.y + first, count);
  });
}

/// gradients.y becomes dL/dz.
template <class T>
void begin_backward(const ActivationFunction& activation, const LayerPass<T>& pass,
                    const LayerGradients<T>& gradients, const ParallelLoop& loop) {
  if (activation == Activation::linear) return;
  const std::size_t size = ImageArray<T>{pass.batch, pass.layer.description.output}.size();
  const T* z = pass.layer.description.saved > 0 ? pass.saved : nullptr;
  for_pieces(size, loop, [&](std::size_t first, std::size_t count) {
    kernels<T>().activation_backward(activation, z ? z + first : nullptr, pass.y + first, gradients.y + first,
                                     count);
  });
}

/// From dL/dweights to the gradients of eigenvectors and eigenvalues that are wanted.
template <class T>
void spectral_gradients(const Correlation& c, const LayerPass<T>& pass, const T* of_weights,
                        const LayerGradients<T>& gradients) {
  const T* phi = of_role(pass.tensors, TensorRole::matrix);
  const T *in = of_role(pass.tensors, TensorRole::eigenvalues_in),
          *out = of_role(pass.tensors, TensorRole::eigenvalues_out);
  T *of_phi = of_role(gradients.tensors, TensorRole::matrix),
    *of_in = of_role(gradients.tensors, TensorRole::eigenvalues_in),
    *of_out = of_role(gradients.tensors, TensorRole::eigenvalues_out);
  if (of_in) std::fill_n(of_in, c.image[0], T(0));
  if (of_out) std::fill_n(of_out, c.places[0], T(0));
  each_weight(c, [&](std::size_t k, std::size_t i, std::size_t o) {
    const T term = eigenvalue_gradient_term(of_weights[k], phi[k]);
    if (of_in) of_in[i] += term;
    if (of_out) of_out[o] -= term;
    if (of_phi) of_phi[k] = eigenvector_gradient(of_weights[k], in[i], out[o]);
  });
}

}  // namespace

template <class T>
void conv_forward(const ConvOptions& conv, const LayerPass<T>& pass, const ParallelLoop& loop) {
  const Correlation c = correlation_of(conv, pass.shapes[0], pass.layer.description.output);
  T* z = pass.layer.description.saved > 0 ? pass.saved : pass.y;
  places_from_image(c, batch_of(pass, loop), weights_of(c, pass), pass.x[0],
                    of_role(pass.tensors, TensorRole::bias), z);
  finish_forward(conv.activation, pass, z, loop);
}

template <class T>
void conv_backward(const ConvOptions& conv, const LayerPass<T>& pass, const LayerGradients<T>& gradients,
                   const ParallelLoop& loop) {
  const Correlation c = correlation_of(conv, pass.shapes[0], pass.layer.description.output);
  const ImageBatch batch = batch_of(pass, loop);
  const auto wanted = [&](TensorRole role) { return of_role(gradients.tensors, role); };
  begin_backward(conv.activation, pass, gradients, loop);
  if (T* bias = wanted(TensorRole::bias)) channel_sums(c.places, batch, gradients.y, bias);
  const bool spectral = of_role(pass.tensors, TensorRole::eigenvalues_in) != nullptr;
  if (wanted(TensorRole::matrix) || wanted(TensorRole::eigenvalues_in) ||
      wanted(TensorRole::eigenvalues_out)) {
    T* G = spectral ? gradient_scratch<T>().require(c.weight_count()) : wanted(TensorRole::matrix);
    weight_gradient(c, batch, pass.x[0], gradients.y, G);
    if (spectral) spectral_gradients(c, pass, G, gradients);
  }
  if (gradients.x[0])
    image_from_places(c, batch, weights_of(c, pass), gradients.y, static_cast<const T*>(nullptr),
                      gradients.x[0]);
}

template <class T>
void conv_forward(const ConvTranspose2d& conv, const LayerPass<T>& pass, const ParallelLoop& loop) {
  const Correlation c{pass.layer.description.output, pass.shapes[0], conv.window(), 1};
  T* z = pass.layer.description.saved > 0 ? pass.saved : pass.y;
  image_from_places(c, batch_of(pass, loop), of_role(pass.tensors, TensorRole::matrix), pass.x[0],
                    of_role(pass.tensors, TensorRole::bias), z);
  finish_forward(conv.activation, pass, z, loop);
}

template <class T>
void conv_backward(const ConvTranspose2d& conv, const LayerPass<T>& pass, const LayerGradients<T>& gradients,
                   const ParallelLoop& loop) {
  const Correlation c{pass.layer.description.output, pass.shapes[0], conv.window(), 1};
  const ImageBatch batch = batch_of(pass, loop);
  begin_backward(conv.activation, pass, gradients, loop);
  if (T* bias = of_role(gradients.tensors, TensorRole::bias)) channel_sums(c.image, batch, gradients.y, bias);
  if (T* G = of_role(gradients.tensors, TensorRole::matrix))
    weight_gradient(c, batch, gradients.y, pass.x[0], G);
  if (gradients.x[0])
    places_from_image(c, batch, of_role(pass.tensors, TensorRole::matrix), gradients.y,
                      static_cast<const T*>(nullptr), gradients.x[0]);
}

#define INSTANTIATE(T)                                                                               \
  template void conv_forward(const ConvOptions&, const LayerPass<T>&, const ParallelLoop&);          \
  template void conv_backward(const ConvOptions&, const LayerPass<T>&, const LayerGradients<T>&,     \
                              const ParallelLoop&);                                                  \
  template void conv_forward(const ConvTranspose2d&, const LayerPass<T>&, const ParallelLoop&);      \
  template void conv_backward(const ConvTranspose2d&, const LayerPass<T>&, const LayerGradients<T>&, \
                              const ParallelLoop&);
INSTANTIATE(float)
INSTANTIATE(double)
#undef INSTANTIATE

}  // namespace eigenstudent::cpu
