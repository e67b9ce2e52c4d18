// Convolutions of the general executor on the CPU.
#pragma once

#include "cpu/thread_pool.h"
#include "executor/layer_pass.h"
#include "layers/conv/conv.h"
#include "layers/conv_transpose/conv_transpose.h"

namespace eigenstudent::cpu {

template <class T>
void conv_forward(const ConvOptions& conv, const LayerPass<T>& pass, const ParallelLoop& loop);
template <class T>
void conv_backward(const ConvOptions& conv, const LayerPass<T>& pass, const LayerGradients<T>& gradients,
                   const ParallelLoop& loop);
template <class T>
void conv_forward(const ConvTranspose2d& conv, const LayerPass<T>& pass, const ParallelLoop& loop);
template <class T>
void conv_backward(const ConvTranspose2d& conv, const LayerPass<T>& pass, const LayerGradients<T>& gradients,
                   const ParallelLoop& loop);

}  // namespace eigenstudent::cpu
