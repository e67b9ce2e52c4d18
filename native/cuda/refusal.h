// Which networks the CUDA backend trains.
#pragma once

#include <string>

#include "core/chain.h"

namespace eigenstudent::cuda {

/// As Backend::refusal of the CUDA backends, on either side of the library's boundary.
inline std::string refusal_of(const NetworkSpec& network) {
  const std::string reason = why_no_chain(network);
  return reason.empty() ? "" : "the CUDA backend trains chains of dense and spectral layers, but " + reason;
}

}  // namespace eigenstudent::cuda
