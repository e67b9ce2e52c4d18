// One student: its specification, and its state, which changes while it trains.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/augmentation.h"
#include "core/dataset.h"
#include "core/graph.h"
#include "core/objective.h"
#include "core/optimizer.h"
#include "core/parameter_layout.h"
#include "core/philox.h"
#include "core/schedule.h"

namespace eigenstudent {

/// How a student is trained.
struct Trainer {
  OptimizerSpec optimizer;
  Schedule learning_rate;
  std::vector<Phase> phases;
  DatasetPtr data;                           // never null
  std::size_t batch_size = 1;                // larger than the data: one batch
  std::optional<Augmentation> augment = {};  // of images; absent: samples are taken as they are
  bool population = false;                   // the data are the teacher of a population loss
  bool shuffle = true;                       // else an epoch takes the samples in their order
  bool stream = false;                       // the data may be replaced by others (Population::set_data)
  std::uint64_t clock_steps =
      0;                   // that count as an epoch for learning rates and phases; 0: those of the data
  std::uint64_t seed = 0;  // with `trial` selects the streams of the shuffles
  std::uint32_t trial = 0;

  std::size_t samples() const { return data->samples; }
  std::size_t batch() const { return std::min(batch_size, data->samples); }
  /// Steps that learning rates and phases count as an epoch.
  std::uint64_t clock() const { return clock_steps > 0 ? clock_steps : steps_per_epoch(); }
  /// The last, partial batch counts.
  std::uint64_t steps_per_epoch() const { return (data->samples + batch() - 1) / batch(); }
};
template <class Visitor, MaybeConst<Trainer> Spec>
void fields(Visitor& visit, Spec& trainer) {
  visit("optimizer", trainer.optimizer);
  visit("learningRate", trainer.learning_rate);
  visit("phases", trainer.phases);
  visit("data", trainer.data);
  visit("batchSize", trainer.batch_size);
  visit("augment", trainer.augment);
  visit("population", trainer.population);
  visit("shuffle", trainer.shuffle);
  visit("stream", trainer.stream);
  visit("clockSteps", trainer.clock_steps);
  visit("seed", trainer.seed);
  visit("trial", trainer.trial);
}

struct StudentSpec {
  NetworkSpec network;
  Objective objective;
  std::optional<Trainer> trainer = {};  // absent: the student is evaluated only

  /// Blocks of moments that its state has: 0 to 2.
  int moments() const { return trainer ? trainer->optimizer.moments() : 0; }
  /// Samples of one step, at most; 1 without a trainer.
  std::size_t batch() const { return trainer ? trainer->batch() : 1; }
  /// Training data; null without a trainer.
  DatasetPtr data() const { return trainer ? trainer->data : nullptr; }
};
template <class Visitor, MaybeConst<StudentSpec> Spec>
void fields(Visitor& visit, Spec& student) {
  visit("network", student.network);
  visit("objective", student.objective);
  visit("trainer", student.trainer);
}

/// Throws Error naming the field when the student cannot be trained: "invalid_network", "data_mismatch" or
/// "invalid_argument". As with Graph, TypeScript checks it before with better messages. network: that of the
/// student.
void validate(const StudentSpec& student, const Graph& network, DType dtype);
/// The same for a trainer of a network and an objective.
void validate(const Trainer& trainer, const Graph& network, const Objective& objective, DType dtype);

/// The group of a layer's units. Throws Error("invalid_argument") unless they are hidden and units of this layer.
std::size_t hidden_group(const Graph& network, std::size_t layer);
/// Throws Error("invalid_argument") unless the units of `layer` are hidden and the order names each of them once.
void check_removal_order(const Graph& network, std::size_t layer, std::span<const std::uint32_t> order);

/// A student's position in its data.
struct EpochPlace {
  std::uint64_t epoch = 0;     // completed ones; a replacement of the data ends one
  std::uint64_t position = 0;  // samples of the current epoch that have been used

  bool operator==(const EpochPlace&) const = default;
};

/// Everything that changes while a student trains. Training continues bit for bit from a copy of it.
template <class T>
struct StudentState {
  std::vector<T> parameters;     // [layout.size()]
  std::vector<T> first_moment;   // [layout.size()]: Adam's m, or SGD's velocity; empty without a trainer
  std::vector<T> second_moment;  // [layout.size()]: Adam's v; empty for SGD
  std::vector<T> buffers;        // [layout.buffer_size()]: running statistics
  std::vector<std::uint64_t> update_count;  // one per tensor of the layout
  std::uint64_t step = 0;                   // steps done
  EpochPlace place;                         // in the data
};

/// Why a student stopped before its last epoch.
struct Divergence {
  std::uint64_t step;    // from 0
  int layer;             // first layer with a non-finite output; -1 when only the loss overflowed
  double learning_rate;  // at that step
};
template <class Visitor, MaybeConst<Divergence> Spec>
void fields(Visitor& visit, Spec& divergence) {
  visit("step", divergence.step);
  visit("layer", divergence.layer);
  visit("learningRate", divergence.learning_rate);
}

/// The epoch of a step, and the batch's position in its shuffle.
struct BatchPlace {
  std::uint64_t epoch;
  std::size_t first;  // position in the epoch's permutation
  std::size_t count;
};
BatchPlace batch_place(const Trainer& trainer, const EpochPlace& place);

/// The position after so many steps, if the data were never replaced.
EpochPlace place_after(const Trainer& trainer, std::uint64_t step);
/// The position `steps` steps later.
EpochPlace advanced(const Trainer& trainer, const EpochPlace& place, std::uint64_t steps);

/// The permutation of an epoch: Philox stream (seed, trial, shuffle, epoch). Same for every backend and
/// device.
void shuffle_epoch(const Trainer& trainer, std::uint64_t epoch, std::vector<std::uint32_t>& order,
                   DrawBlocks draw = draw_blocks);

}  // namespace eigenstudent
