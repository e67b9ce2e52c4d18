// Layers of images on the CPU against their plain loops, at odd sizes, in memory that is full of NaN.
#include <algorithm>
#include <cmath>
#include <limits>
#include <type_traits>

#include "check.h"
#include "core/graph.h"
#include "cpu/general_kernels.h"
#include "executor/graph_pass.h"
#include "layers/reference_list.h"
#include "students.h"

namespace eigenstudent::test {

namespace {

/// What a pass forward and back gives.
template <class T>
struct Answers {
  std::vector<T> y, gradient, of_inputs, buffers;
};

/// gradients of y are `upstream`. The kernels' memory, and what they write to, hold NaN before.
template <class T, class Kernels>
Answers<T> answers_of(const Graph& network, const std::vector<T>& parameters, const std::vector<T>& x,
                      const std::vector<T>& upstream, std::size_t rows, Statistics statistics,
                      const Kernels& kernels = {}) {
  const T nan = std::numeric_limits<T>::quiet_NaN();
  AlignedBuffer<T> memory;
  const std::size_t poisoned = 1 << 20;
  std::fill_n(memory.require(poisoned), poisoned, nan);
  GraphPass<T, Kernels> pass(network, memory, {}, kernels);
  const std::size_t buffers = network.layout().buffer_size();
  std::vector<T> before(buffers);
  for (std::size_t i = 0; i < buffers; ++i) before[i] = T(0.5) + static_cast<T>(i) / 8;
  Answers<T> answers{{},
                     std::vector<T>(parameters.size(), nan),
                     std::vector<T>(x.size(), nan),
                     std::vector<T>(buffers, nan)};
  const bool moves = statistics == Statistics::batch && rows > 1;
  pass.forward({parameters.data(), before.data(), moves ? answers.buffers.data() : nullptr, statistics},
               x.data(), rows);
  if (!moves) answers.buffers.clear();
  answers.y.assign(pass.output(), pass.output() + rows * network.outputs());
  bool is_new = false;
  std::copy(upstream.begin(), upstream.end(), pass.output_gradient(network.layers().size() - 1, is_new));
  REQUIRE(is_new);
  pass.backward(answers.gradient.data(), {}, answers.of_inputs.data());
  return answers;
}

/// Relative to the largest of all; the one that is furthest apart is required to be close, so that a NaN is found too.
template <class T>
void require_close(const char* what, const std::vector<T>& fast, const std::vector<T>& slow,
                   double tolerance) {
  REQUIRE(fast.size() == slow.size());
  double largest = 1, furthest = 0;
  std::size_t worst = 0;
  for (const T value : slow) largest = std::max(largest, std::abs(static_cast<double>(value)));
  for (std::size_t i = 0; i < slow.size(); ++i) {
    const double distance = std::abs(static_cast<double>(fast[i]) - static_cast<double>(slow[i]));
    if (distance <= furthest) continue;
    furthest = distance, worst = i;
    if (std::isnan(distance)) break;
  }
  if (slow.empty()) return;
  const Context context(std::string(what) + " " + std::to_string(worst));
  REQUIRE_CLOSE(static_cast<double>(fast[worst]) / largest, static_cast<double>(slow[worst]) / largest,
                tolerance);
}

template <class T>
std::vector<T> numbers(std::size_t count, std::uint32_t part) {
  const std::vector<double> values = normals(count, part);
  return std::vector<T>(values.begin(), values.end());
}

LayerSpec layer_of(const LayerOptions& options, std::vector<std::size_t> reads, const Shape& shape) {
  LayerSpec layer{options, std::move(reads), {}};
  const std::vector<Shape> shapes(layer.reads.size(), shape);
  const LayerDescription description =
      std::visit([&](const auto& of) { return of.describe(shapes); }, options);
  for (const TensorDescription& tensor : description.tensors)
    layer.tensors.push_back({trained(), tensor.name});
  return layer;
}

/// Sums of up to 1 000 products differ by a few hundred roundings at most; of float64 by as many of its own.
template <class T>
void check_network(const NetworkSpec& spec, std::size_t rows) {
  const double tolerance = std::is_same_v<T, float> ? 3e-5 : 1e-13;
  const Graph network(spec);
  const std::vector<T> parameters = numbers<T>(network.layout().size(), 31);
  const std::vector<T> x = numbers<T>(rows * network.inputs(), 32),
                       upstream = numbers<T>(rows * network.outputs(), 33);
  for (const Statistics statistics : {Statistics::running, Statistics::batch}) {
    const Context context(std::string(statistics == Statistics::batch ? "batch" : "running") +
                          " statistics, " + std::to_string(rows) + " rows, " +
                          (sizeof(T) == 4 ? "float32" : "float64"));
    const auto slow = answers_of<T, ReferenceKernels>(network, parameters, x, upstream, rows, statistics);
    const auto fast = answers_of<T, cpu::GeneralKernels>(network, parameters, x, upstream, rows, statistics);
    require_close("output", fast.y, slow.y, tolerance);
    require_close("gradient of parameter", fast.gradient, slow.gradient, tolerance);
    require_close("gradient of input", fast.of_inputs, slow.of_inputs, tolerance);
    require_close("buffer", fast.buffers, slow.buffers, tolerance);
    cpu::ThreadPool pool(3);
    const cpu::GeneralKernels shared{cpu::ParallelLoop(pool)};
    const auto together = answers_of<T>(network, parameters, x, upstream, rows, statistics, shared);
    REQUIRE(together.y == fast.y);  // bit for bit
    REQUIRE(together.gradient == fast.gradient);
    REQUIRE(together.of_inputs == fast.of_inputs);
  }
}

void check_layers(const Shape& input, const std::vector<LayerSpec>& layers) {
  const NetworkSpec spec{input, layers};
  for (const std::size_t rows : {1, 3, 17, 33}) {
    if (rows == 1 && size_of(input) == input[0]) continue;  // batch norm of one value per unit
    check_network<float>(spec, rows);
    check_network<double>(spec, rows);
  }
}

struct ConvCase {
  Shape image;
  std::size_t width;
  Extents2d kernel, stride, padding, dilation;
  std::size_t groups;
};
const ConvCase conv_cases[] = {
    {{1, 5, 5}, 1, {1, 1}, {1, 1}, {0, 0}, {1, 1}, 1},   {{3, 8, 7}, 9, {3, 3}, {1, 1}, {1, 1}, {1, 1}, 1},
    {{2, 9, 8}, 7, {3, 3}, {2, 2}, {1, 1}, {1, 1}, 1},   {{4, 6, 11}, 4, {3, 2}, {1, 3}, {0, 1}, {2, 1}, 4},
    {{6, 7, 7}, 4, {5, 5}, {1, 1}, {2, 2}, {1, 1}, 2},   {{8, 4, 4}, 17, {1, 1}, {2, 2}, {0, 0}, {1, 1}, 1},
    {{1, 28, 14}, 6, {5, 5}, {1, 1}, {2, 2}, {1, 1}, 1}, {{2, 3, 3}, 3, {3, 3}, {3, 1}, {3, 2}, {1, 2}, 1},
    {{3, 1, 1}, 2, {1, 1}, {1, 1}, {0, 0}, {1, 1}, 1},   {{5, 33, 31}, 5, {3, 3}, {1, 1}, {1, 1}, {1, 1}, 5},
};

template <class Layer>
Layer conv_of(const ConvCase& c, Activation activation) {
  Layer conv;
  conv.width = c.width;
  conv.activation = activation;
  conv.kernel = c.kernel;
  conv.stride = c.stride;
  conv.padding = c.padding;
  if constexpr (requires { conv.groups; }) {
    conv.dilation = c.dilation;
    conv.groups = c.groups;
  }
  return conv;
}

}  // namespace

TEST("convolutions of the CPU compute what the plain loops do, with any number of threads") {
  for (std::size_t i = 0; i < std::size(conv_cases); ++i) {
    const Context context("case " + std::to_string(i));
    const ConvCase& c = conv_cases[i];
    const Activation activation = i % 3 == 0   ? Activation::relu
                                  : i % 3 == 1 ? Activation::linear
                                               : Activation::gelu;
    check_layers(c.image, {layer_of(conv_of<Conv2d>(c, activation), {0}, c.image)});
    check_layers(c.image, {layer_of(conv_of<SpectralConv2d>(c, activation), {0}, c.image)});
  }
}

TEST("transposed convolutions of the CPU compute what the plain loops do") {
  for (std::size_t i = 0; i < std::size(conv_cases); ++i) {
    const ConvCase& c = conv_cases[i];
    if (c.padding.height >= c.kernel.height || c.padding.width >= c.kernel.width || size_of(c.image) > 300)
      continue;
    const Context context("case " + std::to_string(i));
    check_layers(c.image, {layer_of(conv_of<ConvTranspose2d>(c, Activation::linear), {0}, c.image)});
  }
}

TEST("pools and averages of the CPU compute what the plain loops do") {
  const Shape image{3, 7, 9};
  const PoolOptions pools[] = {
      {{2, 2}, {2, 2}, {0, 0}}, {{3, 2}, {1, 2}, {1, 1}}, {{3, 3}, {2, 2}, {1, 1}}, {{7, 9}, {1, 1}, {0, 0}}};
  for (const PoolOptions& pool : pools) {
    check_layers(image, {layer_of(MaxPool2d{pool}, {0}, image)});
    for (const bool count : {true, false})
      check_layers(image, {layer_of(AveragePool2d{pool, count}, {0}, image)});
  }
  check_layers(image, {layer_of(GlobalAveragePool{}, {0}, image)});
  check_layers(image, {layer_of(Flatten{}, {0}, image)});
}

TEST(
    "batch norm, activations, sums and concatenations of images on the CPU compute what the plain loops do") {
  const Shape image{5, 3, 7};
  const LayerSpec norm = layer_of(BatchNorm{}, {0}, image);
  check_layers(image, {norm});
  for (const Activation activation :
       {Activation::relu, Activation::tanh})  // relu is computed with the layer before
    check_layers(image, {norm, layer_of(ActivationLayer{activation}, {1}, image)});
  check_layers(
      image, {norm, layer_of(Add{}, {0, 1}, image), layer_of(ActivationLayer{Activation::relu}, {2}, image)});
  check_layers(image, {norm, layer_of(Add{}, {1, 0, 1}, image), layer_of(Add{}, {2, 1}, image)});
  check_layers(image, {norm, layer_of(Concat{}, {1, 0}, image)});
}

TEST("the maximum of a window that has a NaN is NaN, on both") {
  const Shape image{1, 2, 2};
  const Graph network({image, {layer_of(MaxPool2d{{{2, 2}, {1, 1}, {0, 0}}}, {0}, image)}});
  for (std::size_t place = 0; place < 4; ++place) {
    std::vector<float> x{1, 2, 3, 4};
    x[place] = std::numeric_limits<float>::quiet_NaN();
    const auto slow = answers_of<float, ReferenceKernels>(network, {}, x, {1}, 1, Statistics::running);
    const auto fast = answers_of<float, cpu::GeneralKernels>(network, {}, x, {1}, 1, Statistics::running);
    REQUIRE(std::isnan(slow.y[0]));
    REQUIRE(std::isnan(fast.y[0]));
  }
}

TEST("batch norm of images keeps its digits where the mean is much larger than the deviation") {
  const Shape image{1, 5, 5};
  const Graph network({image, {layer_of(BatchNorm{}, {0}, image)}});
  const std::size_t rows = 33;
  std::vector<float> x = numbers<float>(rows * 25, 40);
  for (float& value : x) value = 4096 + value;  // a rounding is 5e-4 of the deviation
  x[0] = 0;
  const std::vector<float> parameters{1, 0}, upstream = numbers<float>(rows * 25, 41);
  const std::vector<double> wide(x.begin(), x.end());
  const auto exact = answers_of<double, ReferenceKernels>(
      network, {1, 0}, wide, std::vector<double>(upstream.begin(), upstream.end()), rows, Statistics::batch);
  const auto fast =
      answers_of<float, cpu::GeneralKernels>(network, parameters, x, upstream, rows, Statistics::batch);
  for (std::size_t i = 0; i < x.size(); ++i) REQUIRE_CLOSE(static_cast<double>(fast.y[i]), exact.y[i], 1e-4);
}

}  // namespace eigenstudent::test
