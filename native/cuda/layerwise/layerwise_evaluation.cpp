#include "cuda/layerwise/layerwise_evaluation.h"

#include <algorithm>
#include <vector>

#include "cuda/layerwise/layerwise_stretches.h"

namespace eigenstudent::cuda {

namespace {

/// A network with the number of rows of its buffers.
struct Fitted {
  LayerwiseNetwork network;
  std::uint32_t rows;
};
Fitted fit(const DeviceStudent& student, std::size_t samples) {
  Fitted fitted = fit_rows(student, samples, [&](Arena& arena, std::uint32_t rows) {
    return Fitted{LayerwiseNetwork(arena, student.network, student.layout, rows, false), rows};
  });
  fitted.network.set_parameters(student.parameters);
  return fitted;
}

double sum_of_shares(const DeviceStudent& student, const LayerwiseNetwork& network, std::uint32_t rows,
                     double sum) {
  std::vector<double> shares(loss_blocks(rows));
  student.device.copy_out(shares.data(), network.shares(), shares.size() * sizeof(double));
  for (const double share : shares) sum += share;
  return sum;
}

}  // namespace

namespace {

/// An evaluation in progress: a range is enqueued, then its outputs are collected.
class Evaluating {
 public:
  explicit Evaluating(const EvaluationRequest& request)
      : request_(request), fitted_(fit(request.student, request.data->samples)) {}

  /// Returns whether there was a range left.
  bool enqueue() {
    const std::size_t samples = request_.data->samples;
    rows_ = static_cast<std::uint32_t>(std::min<std::size_t>(fitted_.rows, samples - first_));
    if (rows_ == 0) return false;
    device().use_stream(request_.stream);
    const Chain& network = request_.student.network;
    const PassRows pass = stretch_of(*request_.data, network, first_, rows_);
    fitted_.network.forward(device(), pass, network.layers.size());
    fitted_.network.loss(device(), pass, *request_.data, samples);
    first_ += rows_;
    return true;
  }
  void collect() {
    if (rows_ == 0) return;
    device().use_stream(request_.stream);
    loss_ = sum_of_shares(request_.student, fitted_.network, rows_, loss_);
    if (!request_.data->classes) return;
    std::vector<std::uint32_t> counts(loss_blocks(rows_));
    device().copy_out(counts.data(), fitted_.network.correct(), counts.size() * sizeof(std::uint32_t));
    for (const std::uint32_t count : counts) correct_ += count;
  }
  void finish(bool stopped) const {
    const double accuracy = static_cast<double>(correct_) / static_cast<double>(request_.data->samples);
    const bool has_accuracy = request_.data->classes && !stopped;
    *request_.result = {stopped ? not_a_number : loss_, has_accuracy ? accuracy : not_a_number};
  }

 private:
  Device& device() const { return request_.student.device; }
  const EvaluationRequest& request_;
  Fitted fitted_;
  std::uint32_t first_ = 0, rows_ = 0;
  double loss_ = 0;
  std::size_t correct_ = 0;
};

}  // namespace

void evaluate(std::span<const EvaluationRequest> requests, const StopFlag& stop) {
  const auto stopped = [&] { return stop.load(std::memory_order_relaxed); };
  std::vector<Evaluating> all;
  for (const EvaluationRequest& request : requests)
    if (!stopped()) all.emplace_back(request);
  for (bool left = true; left && !stopped();) {
    left = false;
    for (Evaluating& evaluating : all) left = evaluating.enqueue() || left;
    for (Evaluating& evaluating : all) evaluating.collect();
  }
  for (const EvaluationRequest& request : requests) *request.result = {not_a_number, not_a_number};
  for (const Evaluating& evaluating : all) evaluating.finish(stopped());
}

void predict(const DeviceStudent& student, const DeviceData& data, float* outputs) {
  const Fitted fitted = fit(student, data.samples);
  const std::size_t layers = student.network.layers.size(), width = student.network.outputs();
  for_stretches(data.samples, fitted.rows, [&](std::uint32_t first, std::uint32_t rows) {
    fitted.network.forward(student.device, stretch_of(data, student.network, first, rows), layers);
    student.device.copy_out(outputs + first * width, fitted.network.layer_outputs(layers - 1),
                            rows * width * sizeof(float));
  });
}

double gradient(const DeviceStudent& student, const DeviceData& data, float* gradient) {
  struct Scratch {
    Scratch(Arena& arena, const DeviceStudent& of, std::uint32_t rows)
        : network(arena, of.network, of.layout, rows, true),
          tensors(arena.take<TensorPlace>(of.layout.tensors().size())),
          collected(arena.take<float>(of.layout.size())) {}
    LayerwiseNetwork network;
    TensorPlace* tensors;
    float* collected;
  };
  const auto rows = static_cast<std::uint32_t>(data.samples);
  Device& device = student.device;
  Arena counting;
  const Scratch counted(counting, student, rows);
  Arena arena(student.scratch.require(device, counting.bytes()));
  Scratch scratch(arena, student, rows);
  scratch.network.set_parameters(student.parameters);
  const std::vector<TensorPlace> places = scratch.network.tensor_places();
  device.copy_in(scratch.tensors, places.data(), places.size() * sizeof(TensorPlace));
  const PassRows pass = stretch_of(data, student.network, 0, rows);
  scratch.network.forward(device, pass, student.network.layers.size());
  scratch.network.loss(device, pass, data, data.samples);
  scratch.network.backward(device, pass);
  scratch.network.shrink(device);
  Update update{};
  update.tensors = scratch.tensors;
  update.tensor_count = static_cast<std::uint32_t>(places.size());
  update.parameters = const_cast<float*>(student.parameters);  // not written where gradients are collected
  update.collected = scratch.collected;
  device.kernels().update(device, update, scratch.network.largest_tensor());
  device.copy_out(gradient, scratch.collected, student.layout.size() * sizeof(float));
  return sum_of_shares(student, scratch.network, rows, 0);
}

}  // namespace eigenstudent::cuda
