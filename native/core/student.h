// One student: what it is, and everything that changes while it trains.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/dataset.h"
#include "core/graph.h"
#include "core/objective.h"
#include "core/optimizer.h"
#include "core/parameter_layout.h"
#include "core/schedule.h"

namespace eigenstudent {

struct StudentSpec {
  NetworkSpec network;
  Objective objective;
  OptimizerSpec optimizer;
  Schedule learning_rate;
  std::vector<Phase> phases;
  DatasetPtr data;             // training data; null: the student answers, and never trains
  std::size_t batch_size = 1;  // larger than the data: one batch
  bool shuffle = true;         // else an epoch takes the samples in their order
  bool stream = false;         // the data may be replaced by others (Population::set_data)
  std::uint64_t clock_steps =
      0;                   // that count as an epoch for learning rates and phases; 0: those of the data
  std::uint64_t seed = 0;  // with `trial` names the shuffles
  std::uint32_t trial = 0;

  /// Of the training data.
  std::size_t samples() const { return data ? data->samples : 0; }
  std::size_t batch() const { return !data || batch_size < data->samples ? batch_size : data->samples; }
  /// Steps that learning rates and phases count as an epoch.
  std::uint64_t clock() const { return clock_steps > 0 ? clock_steps : steps_per_epoch(); }
  /// The last, partial batch counts.
  std::uint64_t steps_per_epoch() const { return data ? (data->samples + batch() - 1) / batch() : 1; }
};
template <class Visitor, MaybeConst<StudentSpec> Spec>
void fields(Visitor& visit, Spec& student) {
  visit("network", student.network);
  visit("objective", student.objective);
  visit("optimizer", student.optimizer);
  visit("learningRate", student.learning_rate);
  visit("phases", student.phases);
  visit("data", student.data);
  visit("batchSize", student.batch_size);
  visit("shuffle", student.shuffle);
  visit("stream", student.stream);
  visit("clockSteps", student.clock_steps);
  visit("seed", student.seed);
  visit("trial", student.trial);
}

/// Throws Error naming the field when the student cannot be trained: "invalid_network", "data_mismatch" or
/// "invalid_argument". As with Graph, TypeScript has said it before with better words. network: that of the student.
void validate(const StudentSpec& student, const Graph& network, DType dtype);

/// Throws Error("invalid_argument") unless the units of `layer` are hidden and the order names each of them once.
void check_removal_order(const Graph& network, std::size_t layer, std::span<const std::uint32_t> order);

/// How far a student is in its data.
struct EpochPlace {
  std::uint64_t epoch = 0;     // completed ones; a replacement of the data ends one
  std::uint64_t position = 0;  // samples of the running epoch that have been seen

  bool operator==(const EpochPlace&) const = default;
};

/// Everything that changes while a student trains. Reading it and writing it back continues bit for bit.
template <class T>
struct StudentState {
  std::vector<T> parameters;                // [layout.size()]
  std::vector<T> first_moment;              // [layout.size()]: Adam's m, or SGD's velocity
  std::vector<T> second_moment;             // [layout.size()]: Adam's v; empty for SGD
  std::vector<T> buffers;                   // [layout.buffer_size()]: running statistics
  std::vector<std::uint64_t> update_count;  // one per tensor of the layout
  std::uint64_t step = 0;                   // steps done
  EpochPlace place;                         // in the data
};

/// Why a student stopped before its time.
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

/// Where the epoch's shuffle and the batch's place in it come from.
struct BatchPlace {
  std::uint64_t epoch;
  std::size_t first;  // position in the epoch's permutation
  std::size_t count;
};
BatchPlace batch_place(const StudentSpec& student, const EpochPlace& place);

/// Where a student is after so many steps whose data were never replaced.
EpochPlace place_after(const StudentSpec& student, std::uint64_t step);
/// Where it is `steps` steps later.
EpochPlace advanced(const StudentSpec& student, const EpochPlace& place, std::uint64_t steps);

/// The permutation of an epoch: Philox stream (seed, trial, shuffle, epoch). Same for every backend and
/// device.
void shuffle_epoch(const StudentSpec& student, std::uint64_t epoch, std::vector<std::uint32_t>& order);

}  // namespace eigenstudent
