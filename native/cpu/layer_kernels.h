// One layer's forward and backward on arrays that the caller owns, with the kernels of the fast backend.
#pragma once

#include "core/layer_arguments.h"

namespace eigenstudent::cpu {

template <class T>
void layer_forward(const LayerForward<T>& layer);
template <class T>
void layer_backward(const LayerBackward<T>& layer);

}  // namespace eigenstudent::cpu
