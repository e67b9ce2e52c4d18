#include "core/objective.h"

#include <cmath>
#include <limits>

#include "core/errors.h"

namespace eigenstudent {

namespace {

[[noreturn]] void refuse(const std::string& what, const std::string& expected, const std::string& got) {
  throw Error("data_mismatch", what + ": expected " + expected + ", got " + got);
}

void check_length(const std::string& what, std::size_t expected, std::size_t got) {
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

/// Rows of probabilities: at least 0, with a sum of 1 up to `width` roundings of the dtype.
template <class T>
void check_distributions(const std::string& what, const std::vector<T>& values, std::size_t width) {
  const double tolerance =
      4 * static_cast<double>(width) * static_cast<double>(std::numeric_limits<T>::epsilon());
  for (std::size_t row = 0; row * width < values.size(); ++row) {
    double sum = 0, least = 0;
    for (std::size_t i = 0; i < width; ++i) {
      const double p = static_cast<double>(values[row * width + i]);
      sum += p;
      least = p < least ? p : least;
    }
    if (least < 0 || !(std::abs(sum - 1) <= tolerance))
      refuse(what + " of sample " + std::to_string(row), "a distribution: numbers from 0 whose sum is 1",
             least < 0 ? "a negative number" : "a sum of " + std::to_string(sum));
  }
}

/// The values that a term compares with, and how many there are per sample.
template <class T>
struct Values {
  const std::vector<T>& values;
  std::size_t width;
};
template <class T>
Values<T> values_of(const Dataset& data, const Term& term) {
  const Samples<T>& samples = data.as<T>();
  if (term.target.empty()) return {samples.targets, data.target_count};
  for (const NamedArray<T>& array : samples.named)
    if (array.name == term.target) return {array.values, array.width};
  refuse("data", "an array \"" + term.target + "\", which a term of the loss names", "none");
}

template <class T>
void check_term(const Dataset& data, const Graph& network, const Term& term) {
  const std::size_t outputs = network.layers()[term.layer].size;
  const TargetKind kind = targets_of(term.loss);
  if (kind == TargetKind::classes) return check_classes(data, data.as<T>().classes, outputs);
  const Values<T> found = values_of<T>(data, term);
  const std::string name = term.target.empty() ? "targets" : "\"" + term.target + "\"";
  if (found.values.empty())
    refuse("data", std::string("targets, which ") + type_name_of(term.loss) + " needs", "none");
  if (found.width != outputs) {
    const bool last = term.layer + 1 == network.layers().size();
    refuse(name + " per sample",
           std::to_string(outputs) + ", the outputs of " +
               (last ? "the network" : "layer " + std::to_string(term.layer)),
           std::to_string(found.width));
  }
  check_length(name, data.samples * found.width, found.values.size());
  if (kind == TargetKind::distribution) check_distributions(name, found.values, found.width);
}

template <class T>
void check_samples(const Dataset& data, const Graph& network, const Objective& objective,
                   bool needs_targets) {
  check_length("inputs", data.samples * data.input_count, data.as<T>().inputs.size());
  if (!needs_targets) return;
  for (const Term& term : objective) check_term<T>(data, network, term);
}

void check_options(const std::string& name, const LossOptions& loss) {
  const auto temperature = [&](double value) {
    if (!(value > 0) || !std::isfinite(value))
      throw Error("invalid_argument",
                  name + ": expected a temperature that is finite and above 0, got " + std::to_string(value));
  };
  if (const auto* soft = std::get_if<SoftCrossEntropy>(&loss)) temperature(soft->temperature);
  if (const auto* divergence = std::get_if<KlDivergence>(&loss)) temperature(divergence->temperature);
  if (const auto* factor = std::get_if<FactorDistance>(&loss);
      factor && factor->power != 1 && factor->power != 2)
    throw Error("invalid_argument",
                name + ": expected a power of 1 or 2, got " + std::to_string(factor->power));
}

}  // namespace

void validate(const Objective& objective, const Graph& network) {
  if (objective.empty()) throw Error("invalid_argument", "expected a loss of at least one term, got none");
  for (std::size_t t = 0; t < objective.size(); ++t) {
    const std::string name = "term " + std::to_string(t) + " of the loss";
    const Term& term = objective[t];
    if (term.layer >= network.layers().size())
      throw Error("invalid_argument", name + ": expected a layer from 0 to " +
                                          std::to_string(network.layers().size() - 1) + ", got " +
                                          std::to_string(term.layer));
    if (!std::isfinite(term.weight))
      throw Error("invalid_argument",
                  name + ": expected a finite weight, got " + std::to_string(term.weight));
    if (targets_of(term.loss) == TargetKind::classes && !term.target.empty())
      throw Error(
          "invalid_argument",
          name + ": expected no target with classes, which data have once, got \"" + term.target + "\"");
    check_options(name, term.loss);
  }
}

void check_fits(const Dataset& data, const Graph& network, const Objective& objective, DType dtype,
                bool needs_targets) {
  if (data.dtype != dtype) refuse("data", name_of(dtype), name_of(data.dtype));
  if (data.samples == 0) refuse("data", "at least one sample", "none");
  if (data.input_count != network.inputs())
    refuse("features per sample", std::to_string(network.inputs()) + ", the inputs of the network",
           std::to_string(data.input_count));
  if (dtype == DType::float32) return check_samples<float>(data, network, objective, needs_targets);
  check_samples<double>(data, network, objective, needs_targets);
}

}  // namespace eigenstudent
