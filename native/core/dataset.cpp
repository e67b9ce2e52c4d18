#include "core/dataset.h"

#include <string>

#include "core/errors.h"

namespace eigenstudent {

namespace {

[[noreturn]] void refuse(const std::string& what, const std::string& expected, const std::string& got) {
  throw Error("data_mismatch", what + ": expected " + expected + ", got " + got);
}

void check_length(const char* what, std::size_t expected, std::size_t got) {
  if (expected != got) refuse(what, std::to_string(expected) + " values", std::to_string(got));
}

void check_classes(const Dataset& data, const std::vector<std::uint32_t>& classes, std::size_t outputs) {
  if (classes.empty()) refuse("data", "classes, which cross-entropy needs", "none");
  check_length("classes", data.samples, classes.size());
  for (std::size_t i = 0; i < classes.size(); ++i)
    if (classes[i] >= outputs)
      refuse("class of sample " + std::to_string(i), "at most " + std::to_string(outputs - 1),
             std::to_string(classes[i]));
}

template <class T>
void check_samples(const Dataset& data, const Graph& network, bool needs_targets) {
  const Samples<T>& samples = data.as<T>();
  check_length("inputs", data.samples * data.input_count, samples.inputs.size());
  if (!needs_targets) return;
  if (network.spec().loss == LossKind::softmax_cross_entropy)
    return check_classes(data, samples.classes, network.outputs());
  if (samples.targets.empty()) refuse("data", "targets, which mse needs", "none");
  if (data.target_count != network.outputs())
    refuse("targets per sample", std::to_string(network.outputs()) + ", the outputs of the network",
           std::to_string(data.target_count));
  check_length("targets", data.samples * data.target_count, samples.targets.size());
}

}  // namespace

void check_fits(const Dataset& data, const Graph& network, DType dtype, bool needs_targets) {
  if (data.dtype != dtype) refuse("data", name_of(dtype), name_of(data.dtype));
  if (data.samples == 0) refuse("data", "at least one sample", "none");
  if (data.input_count != network.inputs())
    refuse("features per sample", std::to_string(network.inputs()) + ", the inputs of the network",
           std::to_string(data.input_count));
  if (dtype == DType::float32) return check_samples<float>(data, network, needs_targets);
  check_samples<double>(data, network, needs_targets);
}

}  // namespace eigenstudent
