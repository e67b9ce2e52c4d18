// Running statistics measured again, for a network that changed after they were accumulated: forward passes by the
// statistics of batches, of which the running ones become the means.
#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <variant>
#include <vector>

#include "core/errors.h"
#include "core/student.h"
#include "executor/batch.h"
#include "executor/graph_pass.h"

namespace eigenstudent {

/// The network with momentum 1, so that a pass gives the statistics of its batch.
inline Graph with_statistics_of_a_batch(const Graph& network) {
  NetworkSpec spec = network.spec();
  for (LayerSpec& layer : spec.layers)
    if (auto* norm = std::get_if<BatchNorm>(&layer.options)) norm->momentum = 1;
  return Graph(std::move(spec));
}

/// Throws Error("invalid_argument") unless every batch has at least two values per unit.
inline void check_recalibration(const Graph& network, std::size_t samples, std::size_t batch_size) {
  if (batch_size == 0) throw Error("invalid_argument", "expected batches of at least 1 sample, got 0");
  const std::size_t rest = samples % batch_size;
  const std::size_t smallest = rest == 0 ? std::min(samples, batch_size) : rest;
  for (std::size_t k = 0; k < network.layers().size(); ++k) {
    const std::size_t values = network.layers()[k].description.values_per_unit;
    if (values != 0 && smallest * values < 2)
      throw Error("invalid_argument",
                  "expected batches with at least 2 values per unit for the statistics of layer " +
                      std::to_string(k) + ", got a batch of " + std::to_string(smallest) + " sample of " +
                      std::to_string(samples));
  }
}

/// buffers: [layout.buffer_size()], replaced by the means, over batches of `batch_size` samples in the order of the data, of
/// each batch's statistics (the variance over n - 1). Every batch counts the same. A stop leaves them as they are.
template <class T, class Kernels>
void recalibrate(const Graph& network, const std::vector<T>& parameters, const Dataset& data,
                 std::size_t batch_size, const StopFlag& stop, std::vector<T>& buffers) {
  check_recalibration(network, data.samples, batch_size);
  const Graph measured = with_statistics_of_a_batch(network);
  AlignedBuffer<T> block;
  GraphPass<T, Kernels> pass(measured, block);
  Batch<T> batch;
  const std::vector<T> start(buffers.size(), T(0));
  std::vector<T> found(buffers.size());
  std::vector<double> means(buffers.size(), 0.0);
  double batches = 0;
  for (std::size_t first = 0; first < data.samples; first += batch_size) {
    if (stop) return;
    batch.slice(data, first, std::min(batch_size, data.samples - first));
    pass.forward({parameters.data(), start.data(), found.data(), Statistics::batch}, batch.x.data(),
                 batch.rows, nullptr, Keep::outputs);
    ++batches;
    for (std::size_t i = 0; i < found.size(); ++i)
      means[i] += (static_cast<double>(found[i]) - means[i]) / batches;
  }
  std::transform(means.begin(), means.end(), buffers.begin(),
                 [](double mean) { return static_cast<T>(mean); });
}

}  // namespace eigenstudent
