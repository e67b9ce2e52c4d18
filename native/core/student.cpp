#include "core/student.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "core/errors.h"
#include "core/philox.h"

namespace eigenstudent {

namespace {

/// `ok` says whether `value` may be used; NaN and infinities never may.
void check_number(const std::string& name, double value, bool ok, const char* expected) {
  if (ok && std::isfinite(value)) return;
  throw Error("invalid_argument", name + ": expected " + expected + ", got " + std::to_string(value));
}

void check_at_least_0(const std::string& name, double value) {
  check_number(name, value, value >= 0, "a finite number, at least 0");
}

void check_above_0(const std::string& name, double value) {
  check_number(name, value, value > 0, "a finite number above 0");
}

void check_optimizer(const OptimizerSpec& optimizer) {
  if (optimizer.kind == OptimizerKind::sgd) {
    check_at_least_0("momentum", optimizer.momentum);
    if (optimizer.nesterov && optimizer.momentum == 0)
      throw Error("invalid_argument", "nesterov: expected a momentum above 0 with it, got 0");
    return;
  }
  for (const auto& [name, beta] : {std::pair{"beta1", optimizer.beta1}, std::pair{"beta2", optimizer.beta2}})
    check_number(name, beta, beta >= 0 && beta < 1, "a number from 0 to below 1");
  check_above_0("epsilon", optimizer.epsilon);
  check_at_least_0("weightDecay", optimizer.weight_decay);
}

void check_schedule(const Schedule& schedule) {
  check_at_least_0("learningRate", schedule.base);
  check_at_least_0("warmup", schedule.warmup);
  if (schedule.kind == ScheduleKind::step) {
    check_above_0("every", schedule.every);
    check_at_least_0("factor", schedule.factor);
  }
  if (schedule.kind == ScheduleKind::cosine) {
    check_above_0("total", schedule.total);
    check_at_least_0("minimum", schedule.minimum);
  }
}

void check_phases(const std::vector<Phase>& phases) {
  for (std::size_t i = 0; i < phases.size(); ++i) {
    const std::string name = "phase " + std::to_string(i);
    if (phases[i].length == 0)
      throw Error("invalid_argument", name + ": expected a length of at least 1, got 0");
    if (phases[i].mask > train_everything)
      throw Error("invalid_argument", name + ": expected a mask of at most " +
                                          std::to_string(train_everything) + ", got " +
                                          std::to_string(phases[i].mask));
    if (phases[i].in_epochs != phases[0].in_epochs)
      throw Error(
          "invalid_argument",
          name +
              ": expected the unit of the first phase, got the other; count all phases in steps, or all in "
              "epochs");
  }
}

/// Statistics need more than one value; the last batch of an epoch is often short.
void check_statistics(const Trainer& trainer, const Graph& network) {
  const std::size_t remainder = trainer.samples() % trainer.batch();
  const std::size_t smallest = remainder == 0 ? trainer.batch() : remainder;
  for (std::size_t k = 0; k < network.layers().size(); ++k) {
    const std::size_t per_sample = network.layers()[k].description.values_per_unit;
    if (per_sample == 0 || per_sample * smallest > 1) continue;
    throw Error("invalid_argument", "layer " + std::to_string(k) +
                                        " takes statistics over a batch: expected batches of at least 2 " +
                                        "samples, the last of an epoch included, got one of 1 (" +
                                        std::to_string(trainer.samples()) + " samples in batches of " +
                                        std::to_string(trainer.batch()) + ")");
  }
}

/// The images are samples of the data, and part of each remains.
void check_augmentation(const std::optional<Augmentation>& augmentation, const Dataset& data) {
  if (!augmentation) return;
  const std::uint32_t shift = augmentation->shift;
  const std::size_t channels = augmentation->channels, height = augmentation->height,
                    width = augmentation->width;
  // by division: a product of extents may wrap
  const auto divides = [](std::size_t count, std::size_t by) { return by > 0 && count % by == 0; };
  const bool fits = divides(data.input_count, channels) && divides(data.input_count / channels, height) &&
                    data.input_count / channels / height == width;
  if (!fits)
    throw Error("data_mismatch", "augment: expected images of " + std::to_string(data.input_count) +
                                     " numbers, as the samples have, got " + std::to_string(channels) +
                                     " x " + std::to_string(height) + " x " + std::to_string(width));
  if (shift >= height || shift >= width)
    throw Error("invalid_argument", "shift: expected less than the height and the width of the images, " +
                                        std::to_string(height) + " x " + std::to_string(width) + ", got " +
                                        std::to_string(shift));
}

}  // namespace

void validate(const Trainer& trainer, const Graph& network, const Objective& objective, DType dtype) {
  if (!trainer.data) throw Error("invalid_argument", "data: expected training data, got none");
  check_fits(*trainer.data, network, objective, dtype, true);
  if (trainer.batch_size == 0) throw Error("invalid_argument", "batchSize: expected at least 1, got 0");
  check_statistics(trainer, network);
  check_optimizer(trainer.optimizer);
  check_schedule(trainer.learning_rate);
  check_phases(trainer.phases);
  check_augmentation(trainer.augment, *trainer.data);
  if (trainer.population && trainer.batch() != trainer.samples())
    throw Error("invalid_argument", "batchSize: expected all " + std::to_string(trainer.samples()) +
                                        " neurons of the teacher of a population loss, got " +
                                        std::to_string(trainer.batch_size));
}

void validate(const StudentSpec& student, const Graph& network, DType dtype) {
  validate(student.objective, network);
  if (student.trainer) validate(*student.trainer, network, student.objective, dtype);
}

std::size_t hidden_group(const Graph& network, std::size_t layer) {
  const char* code = "invalid_argument";
  const std::size_t last = network.layers().size() - 1;
  if (layer >= last)
    throw Error(code, "layer: expected a hidden layer, from 0 to below " + std::to_string(last) + ", got " +
                          std::to_string(layer));
  const std::size_t group = network.group_of(layer);
  if (group == Graph::npos || !network.is_hidden(group))
    throw Error(code, "layer: expected one whose units are hidden and its own, got " + std::to_string(layer) +
                          ", whose units are inputs or outputs of the network, or of several layers");
  return group;
}

void check_removal_order(const Graph& network, std::size_t layer, std::span<const std::uint32_t> order) {
  const char* code = "invalid_argument";
  const std::size_t group = hidden_group(network, layer);
  const std::size_t nodes = network.units_of(group);
  if (order.size() != nodes)
    throw Error(code, "expected the " + std::to_string(nodes) + " nodes of layer " + std::to_string(layer) +
                          ", got " + std::to_string(order.size()));
  std::vector<bool> seen(nodes, false);
  for (const std::uint32_t node : order) {
    if (node >= nodes)
      throw Error(code,
                  "expected nodes from 0 to " + std::to_string(nodes - 1) + ", got " + std::to_string(node));
    if (seen[node]) throw Error(code, "expected each node once, got node " + std::to_string(node) + " twice");
    seen[node] = true;
  }
}

BatchPlace batch_place(const Trainer& trainer, const EpochPlace& place) {
  const auto first = static_cast<std::size_t>(place.position);
  return {place.epoch, first, std::min(trainer.batch(), trainer.samples() - first)};
}

EpochPlace place_after(const Trainer& trainer, std::uint64_t step) { return advanced(trainer, {}, step); }

EpochPlace advanced(const Trainer& trainer, const EpochPlace& place, std::uint64_t steps) {
  const std::uint64_t per_epoch = trainer.steps_per_epoch();
  const std::uint64_t reached = place.position / trainer.batch() + steps;
  return {place.epoch + reached / per_epoch, reached % per_epoch * trainer.batch()};
}

void shuffle_epoch(const Trainer& trainer, std::uint64_t epoch, std::vector<std::uint32_t>& order,
                   DrawBlocks draw) {
  order.resize(trainer.samples());
  if (!trainer.shuffle) return std::iota(order.begin(), order.end(), 0u);
  fill_permutation({trainer.seed, trainer.trial, Purpose::shuffle, static_cast<std::uint32_t>(epoch)},
                   order.data(), order.size(), draw);
}

}  // namespace eigenstudent
