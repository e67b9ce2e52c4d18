// One student: what it is, and everything that changes while it trains.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/dataset.h"
#include "core/graph.h"
#include "core/optimizer.h"
#include "core/parameter_layout.h"
#include "core/schedule.h"

namespace eigenstudent {

struct StudentSpec {
  NetworkSpec network;
  OptimizerSpec optimizer;
  Schedule learning_rate;
  std::vector<Phase> phases;
  DatasetPtr data;             // training data
  std::size_t batch_size = 1;  // larger than the data: one batch
  std::uint64_t seed = 0;      // with `trial` names the shuffles
  std::uint32_t trial = 0;

  std::size_t batch() const { return batch_size < data->samples ? batch_size : data->samples; }
  /// The last, partial batch counts.
  std::uint64_t steps_per_epoch() const { return (data->samples + batch() - 1) / batch(); }
};
template <class Visitor, MaybeConst<StudentSpec> Spec>
void fields(Visitor& visit, Spec& student) {
  visit("network", student.network);
  visit("optimizer", student.optimizer);
  visit("learningRate", student.learning_rate);
  visit("phases", student.phases);
  visit("data", student.data);
  visit("batchSize", student.batch_size);
  visit("seed", student.seed);
  visit("trial", student.trial);
}

/// Throws Error naming the field when the student cannot be trained: "invalid_network", "data_mismatch" or
/// "invalid_argument". As with Graph, TypeScript has said it before with better words. network: that of the student.
void validate(const StudentSpec& student, const Graph& network, DType dtype);

/// Throws Error("invalid_argument") unless the units of `layer` are hidden and the order names each of them once.
void check_removal_order(const Graph& network, std::size_t layer, std::span<const std::uint32_t> order);

/// Everything that changes while a student trains. Reading it and writing it back continues bit for bit.
template <class T>
struct StudentState {
  std::vector<T> parameters;                // [layout.size()]
  std::vector<T> first_moment;              // [layout.size()]: Adam's m, or SGD's velocity
  std::vector<T> second_moment;             // [layout.size()]: Adam's v; empty for SGD
  std::vector<T> buffers;                   // [layout.buffer_size()]: running statistics
  std::vector<std::uint64_t> update_count;  // one per tensor of the layout
  std::uint64_t step = 0;  // steps done; with steps_per_epoch also the epoch and the place in it
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
BatchPlace batch_place(const StudentSpec& student, std::uint64_t step);

/// The permutation of an epoch: Philox stream (seed, trial, shuffle, epoch). Same for every backend and
/// device.
void shuffle_epoch(const StudentSpec& student, std::uint64_t epoch, std::vector<std::uint32_t>& order);

}  // namespace eigenstudent
