// The interface of a backend. Its calls are coarse, so that a fast backend may fuse
// the work of a call. All arguments are plain data; no call keeps a reference to them.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/dataset.h"
#include "core/student.h"

namespace eigenstudent {

struct PopulationSpec {
  DType dtype = DType::float32;
  std::vector<StudentSpec> students;
  unsigned threads = 0;  // 0: one per core of the affinity mask
  bool general = false;  // the general executor for every student, even where a faster path supports it
};
template <class Visitor, MaybeConst<PopulationSpec> Spec>
void fields(Visitor& visit, Spec& population) {
  visit("dtype", population.dtype);
  visit("threads", population.threads);
  visit("general", population.general);
  visit("students", population.students);
}

/// Set from any thread; read between steps. A run then returns early, after whole steps; an
/// evaluation or a pruning curve leaves NaN for the results that are missing.
using StopFlag = std::atomic<bool>;

/// How far a student is.
struct Progress {
  std::uint64_t step = 0;
  std::uint64_t epoch = 0;  // completed epochs
  double seconds_trained =
      0;                  // wall time that run() spent on this student; measured, so not part of any state
  double batch_loss = 0;  // data loss of the last batch seen, NaN before the first
  std::optional<Divergence>
      divergence;  // set: the student no longer trains, its parameters are those before that step
};
template <class Visitor, MaybeConst<Progress> Spec>
void fields(Visitor& visit, Spec& progress) {
  visit("step", progress.step);
  visit("epoch", progress.epoch);
  visit("secondsTrained", progress.seconds_trained);
  visit("batchLoss", progress.batch_loss);
  visit("divergence", progress.divergence);
}

/// Loss and accuracy on a data set.
struct Evaluation {
  double loss = 0;      // data loss, without penalty
  double accuracy = 0;  // fraction of samples whose largest output is the class; NaN without classes
};

/// The parts of StudentState that a caller reads or writes as one array of the population's dtype.
enum class StateBlock : std::uint8_t { parameters, first_moment, second_moment, buffers };

/// Which kernels train a student, where a backend has more than one kind and a caller may want to know.
enum class Kernels : std::uint8_t {
  unspecified,  // the backend has only one way
  resident,     // many steps in one launch, in the shared memory of a GPU
  layerwise,    // a few launches per layer and step: the student is too large to be resident
  general,  // the general executor, layer by layer: the student is not a chain that the fused path supports
};
template <>
struct EnumNames<Kernels> {
  static constexpr std::array values{"unspecified", "fused", "layerwise", "general"};
};
struct Execution {
  Kernels kernels = Kernels::unspecified;
  std::string reason;  // why the faster kernels do not train a student; empty where they do
};
template <class Visitor, MaybeConst<Execution> Spec>
void fields(Visitor& visit, Spec& execution) {
  visit("kernels", execution.kernels);
  visit("reason", execution.reason);
}

/// The objective and data of a gradient.
struct Losses {
  double data = 0;
  double penalty = 0;
};
struct GradientOptions {
  Statistics statistics = Statistics::batch;  // which ones batch norm uses
  void* inputs = nullptr;  // [samples][inputs] of the population's dtype: receives dL/dx; may be null
};

/// Counters that go with the blocks in a checkpoint.
struct Counters {
  std::uint64_t step = 0;
  std::vector<std::uint64_t> update_count;  // one per tensor
  std::optional<EpochPlace> place = {};     // absent: the place after so many steps through the present data
};

/// S students on one device. Not thread safe but for steps_now(): one call at a time; addon/ ensures it (code
/// "population_busy").
class Population {
 public:
  virtual ~Population() = default;

  virtual std::size_t size() const = 0;
  virtual const Graph& network(std::size_t student) const = 0;
  const ParameterLayout& layout(std::size_t student) const { return network(student).layout(); }
  /// How the student is trained; the same from its first step to its last.
  virtual Execution execution(std::size_t /*student*/) const { return {}; }

  /// Trains student i until it has completed until_epoch[i] epochs, is stopped, or diverges. Students that
  /// have completed them do not train. The result does not depend on the number of threads nor on other
  /// students.
  virtual void run(std::span<const std::uint64_t> until_epoch, const StopFlag& stop) = 0;
  virtual Progress progress(std::size_t student) const = 0;
  /// Steps that the student has done, also while another thread is in run(); absent where a backend cannot tell.
  virtual std::optional<std::uint64_t> steps_now(std::size_t /*student*/) const { return {}; }

  /// `statistics`, here and below: which ones batch norm uses; those of the batch are over all samples of the data.
  /// Evaluates student i on data[i] of each of several sets of data; data, results: [sets][students] (nullptr: leaves the
  /// result alone). One call for all sets shares the work best.
  virtual void evaluate(std::span<const DatasetPtr> data, std::span<Evaluation> results, const StopFlag& stop,
                        Statistics statistics = Statistics::running) = 0;
  /// Outputs of one student, [samples][N_out], of the population's dtype.
  virtual void predict(std::size_t student, const Dataset& data, void* outputs,
                       Statistics statistics = Statistics::running) = 0;

  /// Error for every number of kept nodes of one hidden layer, from one sweep.
  /// removal_order: [N_out of the layer] all nodes, the first removed first. losses: [N_out + 1], entry k is
  /// the data loss with the k last nodes of the order kept; a removed node outputs 0 whatever its bias and
  /// activation. points: the numbers of kept nodes whose losses are wanted, empty: all. The general executor leaves the other
  /// entries as they are, for each point costs a pass; a path that computes all of them in one sweep writes all.
  virtual void pruning_curve(std::size_t student, std::size_t layer,
                             std::span<const std::uint32_t> removal_order, const Dataset& data,
                             std::span<double> losses, const StopFlag& stop,
                             Statistics statistics = Statistics::running,
                             std::span<const std::uint32_t> points = {}) = 0;

  /// Replaces the running statistics of a student by the means of those of batches of `batch_size` samples, in the order of
  /// the data (executor/recalibration.h); parameters and moments stay. A stop leaves them as they are.
  virtual void recalibrate(std::size_t student, const Dataset& data, std::size_t batch_size,
                           const StopFlag& stop) = 0;

  virtual void read(std::size_t student, StateBlock block, void* to) const = 0;
  virtual void write(std::size_t student, StateBlock block, const void* from) = 0;
  /// Replaces the samples of a student of a stream by others of the same shapes. Parameters, moments and the
  /// count of steps stay; the current epoch ends. Throws Error("invalid_argument") for a student of fixed
  /// data, "data_mismatch".
  virtual void set_data(std::size_t student, DatasetPtr data) = 0;

  virtual Counters counters(std::size_t student) const = 0;
  virtual void set_counters(std::size_t student, const Counters& counters) = 0;

  /// Loss with penalty and its gradient at the current parameters over the given data as one batch; for tests
  /// and for users who study gradients. gradient: [layout.size()] of the population's dtype, zero where
  /// frozen.
  virtual Losses gradient(std::size_t student, const Dataset& data, void* gradient,
                          const GradientOptions& options = {}) = 0;

  /// The product of the Hessian of loss and penalty with a direction, at the current parameters over the given data as one batch.
  /// direction, product: [layout.size()] of the population's dtype. A frozen tensor is a constant: its part of the direction is
  /// ignored, and that of the product is 0.
  virtual void hessian_product(std::size_t student, const Dataset& data, const void* direction, void* product,
                               Statistics statistics) = 0;

  /// All units of a hidden layer in the order in which an oracle would remove them, the first removed first:
  /// at each step the unit without which the loss is least (of equals the first). Batch norm uses running
  /// statistics. A stop leaves fewer units.
  virtual std::vector<std::uint32_t> oracle_order(std::size_t student, std::size_t layer, const Dataset& data,
                                                  const StopFlag& stop) = 0;

  /// Bytes held, on the host and on devices: parameters, moments, scratch; not the data.
  virtual std::size_t bytes() const = 0;
};

/// The backend's names. Records contain `engine`: results repeat bit for bit on the same engine only.
class Backend {
 public:
  virtual ~Backend() = default;
  virtual std::string name() const = 0;    // "reference", "cpu", "cuda"
  virtual std::string engine() const = 0;  // e.g. "cpu-avx2"
  /// Why this backend does not train such a network for such an objective, a sentence that names the layer; empty where it does.
  virtual std::string refusal(const NetworkSpec& /*network*/, const Objective& /*objective*/) const {
    return "";
  }
  virtual std::unique_ptr<Population> create(PopulationSpec spec) const = 0;
};

}  // namespace eigenstudent
