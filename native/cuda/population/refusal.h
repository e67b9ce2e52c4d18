// Requests that the CUDA backend refuses.
#pragma once

#include <string>

#include "core/backend.h"
#include "core/chain.h"
#include "core/errors.h"

namespace eigenstudent::cuda {

/// As Backend::refusal of the CUDA backends, on either side of the library's boundary.
inline std::string refusal_of(const NetworkSpec& network, const Objective& objective) {
  const std::string reason = why_no_chain(network, objective);
  return reason.empty()
             ? ""
             : "the CUDA backend trains chains of dense and spectral layers with one loss, but " + reason;
}

/// Streams: the data on a device are those that a student was made with.
inline void refuse_clock(std::size_t student, const StudentSpec& spec) {
  if (spec.trainer && spec.trainer->clock() != spec.trainer->steps_per_epoch())
    throw Error("invalid_argument",
                "student " + std::to_string(student) +
                    ": the CUDA backend counts learning rates and phases in epochs of the data, not of " +
                    std::to_string(spec.trainer->clock()) + " steps; use device 'cpu'");
}
inline void refuse_augmentation(std::size_t student, const StudentSpec& spec) {
  if (spec.trainer && spec.trainer->augment)
    throw Error("invalid_argument",
                "student " + std::to_string(student) +
                    ": the CUDA backend trains on samples as they are, not with augment; use device 'cpu'");
}
inline void refuse_population_losses(std::size_t student, const StudentSpec& spec) {
  if (spec.trainer && spec.trainer->population)
    throw Error("invalid_argument",
                "student " + std::to_string(student) +
                    ": the CUDA backend trains on samples, not on a population loss; use device 'cpu'");
}
inline void refuse_streams(std::size_t student, bool stream) {
  if (stream)
    throw Error("invalid_argument",
                "student " + std::to_string(student) +
                    ": the CUDA backend trains on fixed data, not on a stream; use device 'cpu'");
}

/// Called on either side of the boundary as well. Throws Error("invalid_argument").
inline void refuse_input_gradients(const GradientOptions& options) {
  if (options.inputs)
    throw Error("invalid_argument", "the CUDA backend has no gradients of inputs; use device 'cpu'");
}

[[noreturn]] inline void refuse_oracle() {
  throw Error("invalid_argument", "the CUDA backend finds no oracle's order; use device 'cpu'");
}

}  // namespace eigenstudent::cuda
