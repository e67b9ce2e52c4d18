// The backend of a CUDA library (native/cuda/boundary/abi.h) that is opened at run time, as the addon does it: the one on a real
// GPU, or the emulated one behind the boundary.
#pragma once

#include <memory>
#include <string>

#include "core/backend.h"
#include "core/layer_arguments.h"

namespace eigenstudent::test {

/// Null where none can be used; `why_not` then says why. $EIGENSTUDENT_CUDA names the library; without it the one that
/// `npm run build:cuda` makes is taken.
std::unique_ptr<Backend> make_library_backend(std::string& why_not);

/// The library's layer kernels on copies of the caller's arrays; only where make_library_backend gives one.
void library_forward(const LayerForward<float>& host);
void library_backward(const LayerBackward<float>& host);

}  // namespace eigenstudent::test
