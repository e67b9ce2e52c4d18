// The types of layers. A new one is a folder beside this file, and a line in this list; its kernels are a line in
// layers/reference_list.h and, where it has fast ones, in cpu/.
#pragma once

#include <array>
#include <variant>

#include "layers/activation/activation.h"
#include "layers/add/add.h"
#include "layers/batch_norm/batch_norm.h"
#include "layers/concat/concat.h"
#include "layers/conv/conv.h"
#include "layers/conv_transpose/conv_transpose.h"
#include "layers/dense/dense.h"
#include "layers/flatten/flatten.h"
#include "layers/pool/pool.h"
#include "layers/spectral/spectral.h"

namespace eigenstudent {

/// A layer by its type, with the options of that type. The order is that of the bytes that cross the CUDA library's boundary.
using LayerOptions =
    std::variant<Spectral, Dense, BatchNorm, ActivationLayer, Add, Concat, Flatten, MaxPool2d, AveragePool2d,
                 GlobalAveragePool, Conv2d, SpectralConv2d, ConvTranspose2d>;

/// The public name of the layer's type: "spectral", "dense", ...
inline const char* type_name_of(const LayerOptions& layer) {
  return std::visit([](const auto& options) { return options.type_name; }, layer);
}

}  // namespace eigenstudent
