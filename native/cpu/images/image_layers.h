// Batch norm, activations, sums, pools and what joins images or makes features of them, of the general
// executor on the CPU.
#pragma once

#include "cpu/thread_pool.h"
#include "executor/layer_pass.h"
#include "layers/list.h"

namespace eigenstudent::cpu {

/// [count][size] to blocks of samples, [blocks][size][lanes]: 0 in lanes past the last sample.
template <class T>
void to_lanes(const T* rows, std::size_t count, std::size_t size, T* to, const ParallelLoop& loop);
/// The reverse.
template <class T>
void from_lanes(const T* lanes, std::size_t count, std::size_t size, T* to, const ParallelLoop& loop);

#define ES_IMAGE_LAYER(Layer)                                                                           \
  template <class T>                                                                                    \
  void image_forward(const Layer& layer, const LayerPass<T>& pass, const ParallelLoop& loop);           \
  template <class T>                                                                                    \
  void image_backward(const Layer& layer, const LayerPass<T>& pass, const LayerGradients<T>& gradients, \
                      const ParallelLoop& loop);
ES_IMAGE_LAYER(BatchNorm)
ES_IMAGE_LAYER(ActivationLayer)
ES_IMAGE_LAYER(Add)
ES_IMAGE_LAYER(Concat)
ES_IMAGE_LAYER(Flatten)
ES_IMAGE_LAYER(MaxPool2d)
ES_IMAGE_LAYER(AveragePool2d)
ES_IMAGE_LAYER(GlobalAveragePool)
#undef ES_IMAGE_LAYER

}  // namespace eigenstudent::cpu
