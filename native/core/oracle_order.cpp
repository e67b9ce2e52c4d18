#include "core/oracle_order.h"

#include <algorithm>
#include <limits>
#include <numeric>

#include "core/graph.h"
#include "core/spectral_math.h"
#include "losses/cross_entropy.h"
#include "losses/mse.h"

namespace eigenstudent {

namespace {

/// Samples that pass the layers together, so that their activations stay in the first-level cache. Arbitrary: 20 nodes of
/// 256 float32 are 20 KB.
constexpr std::size_t samples_together = 256;

/// Activations lie [nodes][samples], so that loops run along the samples.
template <class T>
struct FormedLayer {
  std::size_t inputs, outputs;
  Activation activation;
  std::vector<T> weights;  // [outputs][inputs]
  const T* bias;           // [outputs] or nullptr
};

template <class T>
FormedLayer<T> form_layer(const Chain& network, const ParameterLayout& layout, const T* parameters,
                          std::size_t l) {
  const ChainLayer& spec = network.layers[l];
  const T* matrix = layout.find(parameters, l, TensorRole::matrix);
  const T* lambda_in = layout.find(parameters, l, TensorRole::eigenvalues_in);
  const T* lambda_out = layout.find(parameters, l, TensorRole::eigenvalues_out);
  std::vector<T> weights(matrix, matrix + spec.outputs * spec.inputs);
  for (std::size_t ij = 0; lambda_in && ij < weights.size(); ++ij)
    weights[ij] = spectral_weight(weights[ij], lambda_in[ij % spec.inputs], lambda_out[ij / spec.inputs]);
  return {spec.inputs, spec.outputs, spec.activation, std::move(weights),
          layout.find(parameters, l, TensorRole::bias)};
}

template <class T>
void activate_row(Activation activation, T* row, std::size_t count) {
  if (activation == Activation::linear) return;
  if (activation == Activation::relu)  // by itself, so that it becomes vector code
    for (std::size_t b = 0; b < count; ++b) row[b] = activate(Activation::relu, row[b]);
  else
    for (std::size_t b = 0; b < count; ++b) row[b] = activate(activation, row[b]);
}

/// to = from - w y, along `count` samples.
template <class T>
void subtract(const T* from, T w, const T* y, T* to, std::size_t count) {
  for (std::size_t b = 0; b < count; ++b) to[b] = from[b] - w * y[b];
}

/// z = W x + bias for `count` samples; rows of x and z lie `stride` apart.
template <class T>
void pre_activate(const FormedLayer<T>& layer, const T* x, T* z, std::size_t stride, std::size_t count) {
  for (std::size_t i = 0; i < layer.outputs; ++i) {
    T* row = z + i * stride;
    std::fill_n(row, count, layer.bias ? layer.bias[i] : T(0));
    for (std::size_t j = 0; j < layer.inputs; ++j)
      subtract(row, -layer.weights[i * layer.inputs + j], x + j * stride, row, count);
  }
}

template <class T>
std::vector<T> transposed(const std::vector<T>& values, std::size_t rows) {
  const std::size_t columns = values.size() / rows;
  std::vector<T> to(values.size());
  for (std::size_t r = 0; r < rows; ++r)
    for (std::size_t c = 0; c < columns; ++c) to[c * rows + r] = values[r * columns + c];
  return to;
}

/// A network with nodes of one layer going one by one.
template <class T>
class Elimination {
 public:
  Elimination(const Chain& network, const T* parameters, std::size_t layer, const Dataset& data)
      : network_(network),
        classes_(data.as<T>().classes),
        samples_(data.samples),
        targets_(transposed(data.as<T>().targets, data.samples)) {
    const ParameterLayout layout = Graph(network).layout();
    std::vector<T> y = transposed(data.as<T>().inputs, data.samples);
    for (std::size_t l = 0; l < network.layers.size(); ++l) {
      layers_.push_back(form_layer(network, layout, parameters, l));
      if (l > layer) continue;
      std::vector<T> z(layers_[l].outputs * samples_);
      pre_activate(layers_[l], y.data(), z.data(), samples_, samples_);
      activate_row(layers_[l].activation, z.data(), z.size());
      y = std::move(z);
    }
    y_ = std::move(y);
    layers_.erase(layers_.begin(), layers_.begin() + static_cast<std::ptrdiff_t>(layer + 1));
    z_.resize(layers_.front().outputs * samples_);
    pre_activate(layers_.front(), y_.data(), z_.data(), samples_, samples_);
    std::size_t widest = 0;
    for (const FormedLayer<T>& above : layers_) widest = std::max(widest, above.outputs);
    for (std::vector<T>& scratch : scratch_) scratch.resize(widest * samples_);
  }

  /// Data loss if this node went, too.
  double loss_without(std::size_t node) {
    double loss = 0;
    for (std::size_t first = 0; first < samples_; first += samples_together) {
      const std::size_t count = std::min(samples_together, samples_ - first);
      loss += loss_of(answers_without(node, first, count), first, count);
    }
    return loss;
  }

  void remove(std::size_t node) {
    const FormedLayer<T>& above = layers_.front();
    for (std::size_t i = 0; i < above.outputs; ++i) {
      T* row = z_.data() + i * samples_;
      subtract(row, weight(i, node), y_.data() + node * samples_, row, samples_);
    }
  }

 private:
  T weight(std::size_t i, std::size_t node) const {
    return layers_.front().weights[i * layers_.front().inputs + node];
  }

  /// Of the last layer, [outputs][samples_] from sample `first` on.
  const T* answers_without(std::size_t node, std::size_t first, std::size_t count) {
    const FormedLayer<T>& above = layers_.front();
    T *y = scratch_[0].data() + first, *next = scratch_[1].data() + first;
    for (std::size_t i = 0; i < above.outputs; ++i) {
      const std::size_t at = i * samples_;
      subtract(z_.data() + at + first, weight(i, node), y_.data() + node * samples_ + first, y + at, count);
      activate_row(above.activation, y + at, count);
    }
    for (std::size_t l = 1; l < layers_.size(); ++l) {
      pre_activate(layers_[l], y, next, samples_, count);
      for (std::size_t i = 0; i < layers_[l].outputs; ++i)
        activate_row(layers_[l].activation, next + i * samples_, count);
      std::swap(y, next);
    }
    return y;
  }

  double loss_of(const T* y, std::size_t first, std::size_t count) const {
    const std::size_t outputs = network_.outputs();
    T* no_delta = nullptr;
    double loss = 0;
    for (std::size_t b = 0; b < count; ++b)
      loss += network_.loss == LossKind::mse
                  ? mse_sample(y + b, targets_.data() + first + b, outputs, samples_, no_delta, samples_)
                  : cross_entropy_sample(y + b, classes_[first + b], outputs, samples_, no_delta, samples_);
    return loss;
  }

  const Chain& network_;
  const std::vector<std::uint32_t>& classes_;
  std::size_t samples_;
  std::vector<T> targets_;              // [outputs][samples_], or empty
  std::vector<FormedLayer<T>> layers_;  // above the one that loses its nodes
  std::vector<T> y_;                    // [nodes][samples_]: its answers
  std::vector<T> z_;                    // [outputs of the layer above][samples_], of the nodes that are left
  std::vector<T> scratch_[2];           // [widest][samples_]
};

}  // namespace

template <class T>
std::vector<std::uint32_t> oracle_order(const Chain& network, const T* parameters, std::size_t layer,
                                        const Dataset& data, const StopFlag& stop) {
  Elimination<T> elimination(network, parameters, layer, data);
  std::vector<std::uint32_t> left(network.layers[layer].outputs), order;
  std::iota(left.begin(), left.end(), 0u);
  while (!left.empty()) {
    std::size_t best = 0;
    double least = std::numeric_limits<double>::infinity();
    for (std::size_t place = 0; place < left.size(); ++place) {
      if (stop) return order;
      const double loss = elimination.loss_without(left[place]);
      if (loss < least) least = loss, best = place;
    }
    elimination.remove(left[best]);
    order.push_back(left[best]);
    left.erase(left.begin() + static_cast<std::ptrdiff_t>(best));
  }
  return order;
}

template std::vector<std::uint32_t> oracle_order(const Chain&, const float*, std::size_t, const Dataset&,
                                                 const StopFlag&);
template std::vector<std::uint32_t> oracle_order(const Chain&, const double*, std::size_t, const Dataset&,
                                                 const StopFlag&);

}  // namespace eigenstudent
