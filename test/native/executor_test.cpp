// The general executor with every type of layer and every kind of loss, against central differences. New ones are taken up by
// their place in the lists.
#include <algorithm>
#include <cmath>
#include <limits>

#include "check.h"
#include "core/graph.h"
#include "executor/graph_student.h"
#include "executor/hessian_product.h"
#include "layers/reference_list.h"
#include "reference/reference_backend.h"
#include "students.h"

namespace eigenstudent::test {

namespace {

constexpr std::size_t samples = 5, inputs = 3, width = 4;
/// Central differences of float64 in steps of 1e-6 are good to about 1e-9 here; what is wrong is wrong by much more.
constexpr double step = 1e-6, tolerance = 1e-7;

LayerSpec dense_of(std::size_t units, std::size_t read) {
  return {Dense{{units, Activation::tanh}}, {read}, {{trained(), "weights"}}};
}

LayerSpec conv_of(std::size_t channels) {
  Conv2d conv;
  conv.width = channels;
  conv.activation = Activation::tanh;
  conv.kernel = {2, 3};
  return {conv, {0}, {{trained(), "weights"}}};
}

/// A layer of `options` with its tensors, which reads layers of a shape.
LayerSpec tested_layer(const LayerOptions& options, std::size_t reads, const Shape& shape) {
  LayerSpec tested{options, {1, 2}, {}};
  tested.reads.resize(reads);
  const std::vector<Shape> shapes(reads, shape);
  const LayerDescription description =
      std::visit([&](const auto& layer) { return layer.describe(shapes); }, options);
  for (const TensorDescription& tensor : description.tensors)
    tested.tensors.push_back({trained(0.01, 0.02, tensor.has_rows() ? 0.03 : 0), tensor.name});
  return tested;
}

/// Two dense layers, the layer under test on one or both of them, and a dense layer on all three.
StudentSpec student_with(const LayerOptions& options, std::size_t reads) {
  StudentSpec student;
  student.network.input = {inputs};
  student.network.layers = {dense_of(width, 0), dense_of(width, 0), tested_layer(options, reads, {width})};
  student.network.layers.push_back({Concat{}, {1, 2, 3}, {}});
  student.network.layers.push_back(dense_of(2, 4));
  student.objective = {{MeanSquaredError{}, 4, "", 1}};
  return student;
}

/// Two convolutions, the layer under test on one or both of them, and a dense layer on all of its values.
StudentSpec image_student_with(const LayerOptions& options, std::size_t reads) {
  StudentSpec student;
  student.network.input = {2, 5, 6};
  const Shape read{width, 4, 4};
  student.network.layers = {conv_of(width), conv_of(width), tested_layer(options, reads, read)};
  const LayerDescription description =
      std::visit([&](const auto& layer) { return layer.describe(std::vector<Shape>(reads, read)); }, options);
  if (description.output.size() > 1) student.network.layers.push_back({Flatten{}, {3}, {}});
  student.network.layers.push_back(dense_of(2, student.network.layers.size()));
  student.objective = {{MeanSquaredError{}, student.network.layers.size() - 1, "", 1}};
  return student;
}

DatasetPtr data_for(const StudentSpec& student) {
  const Graph network(student.network);
  const std::size_t outputs = network.outputs();
  auto data = std::make_shared<Dataset>();
  data->dtype = DType::float64;
  data->samples = samples;
  const std::size_t inputs = size_of(student.network.input);
  data->input_count = inputs;
  data->float64.inputs = normals(samples * inputs, 700);
  const TargetKind kind = targets_of(student.objective[0].loss);
  if (kind == TargetKind::classes) {
    for (std::size_t b = 0; b < samples; ++b)
      data->float64.classes.push_back(static_cast<std::uint32_t>(b % outputs));
    return data;
  }
  data->target_count = outputs;
  data->float64.targets = normals(samples * outputs, 701);
  for (std::size_t b = 0; kind == TargetKind::distribution && b < samples; ++b) {
    double sum = 0;
    for (std::size_t i = 0; i < outputs; ++i) {
      double& p = data->float64.targets[b * outputs + i];
      sum += p = std::abs(p);
    }
    for (std::size_t i = 0; i < outputs; ++i) data->float64.targets[b * outputs + i] /= sum;
  }
  return data;
}

/// Requires that gradients of parameters and inputs are the slopes of loss and penalty.
void check_gradient(const StudentSpec& student) {
  const Graph network(student.network);
  const DatasetPtr data = data_for(student);
  validate(student.objective, network);
  check_fits(*data, network, student.objective, DType::float64, true);
  StudentState<double> state;
  state.parameters = make_parameters(student.network, 7);
  for (const Buffer& buffer : network.layout().buffers())
    state.buffers.insert(state.buffers.end(), buffer.description.size(), buffer.description.initial);
  GraphScratch<double> memory;
  GraphStudent<double, ReferenceKernels> subject(student, network, state, memory);
  std::vector<double> scratch(network.layout().size()), gradient(scratch.size());
  std::vector<double> of_inputs(samples * size_of(student.network.input));
  subject.gradient(*data, gradient.data(), {Statistics::batch, of_inputs.data()});
  const auto slope = [&](const Dataset& on, double& value, const auto& loss_of) {
    const double before = value;
    value = before + step;
    const Losses above = loss_of(on);
    value = before - step;
    const Losses below = loss_of(on);
    value = before;
    return (above.data + above.penalty - below.data - below.penalty) / (2 * step);
  };
  const auto loss_of = [&](const Dataset& on) { return subject.gradient(on, scratch.data(), {}); };
  for (std::size_t i = 0; i < gradient.size(); ++i) {
    const Context context("parameter " + std::to_string(i));
    REQUIRE_CLOSE(gradient[i], slope(*data, state.parameters[i], loss_of), tolerance);
  }
  Dataset moved = *data;
  for (std::size_t i = 0; i < of_inputs.size(); ++i) {
    const Context context("input " + std::to_string(i));
    REQUIRE_CLOSE(of_inputs[i], slope(moved, moved.float64.inputs[i], loss_of), tolerance);
  }
}

/// Requires that the product of the Hessian with a direction is the slope of the gradient along it.
void check_hessian(const StudentSpec& student) {
  const DatasetPtr data = data_for(student);
  PopulationSpec spec;
  spec.dtype = DType::float64;
  spec.students = {student};
  const std::unique_ptr<Population> population = make_reference_backend()->create(std::move(spec));
  const std::vector<double> at = make_parameters(student.network, 7);
  const std::vector<double> direction = normals(at.size(), 702);
  const auto gradient_at = [&](double distance) {
    std::vector<double> moved = at, gradient(at.size());
    for (std::size_t i = 0; i < at.size(); ++i) moved[i] += distance * direction[i];
    population->write(0, StateBlock::parameters, moved.data());
    population->gradient(0, *data, gradient.data(), {Statistics::batch, nullptr});
    return gradient;
  };
  const std::vector<double> above = gradient_at(step), below = gradient_at(-step);
  population->write(0, StateBlock::parameters, at.data());
  std::vector<double> product(at.size(), std::numeric_limits<double>::quiet_NaN());
  hessian_product(*population, 0, student.objective, DType::float64, *data, Statistics::batch,
                  direction.data(), product.data());
  for (std::size_t i = 0; i < at.size(); ++i) {
    const Context context("entry " + std::to_string(i) + " of the Hessian's product");
    REQUIRE_CLOSE(product[i], (above[i] - below[i]) / (2 * step), tolerance);
  }
}

/// Sets the sizes that a layer has, to what no default is: windows overlap, and leave a rest.
template <class Layer>
void set_sizes(Layer& layer) {
  if constexpr (requires { layer.width; }) layer.width = width;
  if constexpr (requires { layer.kernel; }) {
    layer.kernel = {2, 3};
    layer.stride = {2, 1};
    layer.padding = {1, 1};
  }
  if constexpr (requires { layer.dilation; }) layer.dilation = {2, 1};
  if constexpr (requires { layer.groups; }) layer.groups = width;
  if constexpr (requires { layer.output_padding; }) layer.output_padding = {1, 0};
}

}  // namespace

TEST("every type of layer has the gradients of central differences") {
  LayerOptions options;
  for (std::size_t type = 0; emplace_alternative(options, type); ++type) {
    std::visit([](auto& layer) { set_sizes(layer); }, options);
    std::size_t accepted = 0;
    for (const auto& make : {student_with, image_student_with})
      for (std::size_t reads = 1; reads <= 2; ++reads) {
        const Context context(std::string(type_name_of(options)) + " of " + std::to_string(reads) +
                              (make == image_student_with ? " images" : ""));
        StudentSpec student;
        if (!error_of([&] { student = make(options, reads); }).starts_with("nothing")) continue;
        check_gradient(student);
        check_hessian(student);
        ++accepted;
      }
    REQUIRE(accepted > 0);
  }
}

TEST("every kind of loss has the gradients of central differences, by itself and beside another") {
  LossOptions loss;
  for (std::size_t kind = 0; emplace_alternative(loss, kind); ++kind) {
    const Context context(type_name_of(loss));
    StudentSpec student = student_with(ActivationLayer{Activation::softplus}, 1);
    student.objective = {{loss, 4, "", 1}};
    check_gradient(student);
    check_hessian(student);
    student.objective = {{loss, 4, "", 0.5}, {loss, 4, "", 0.25}};
    check_gradient(student);
  }
}

TEST("leakyRelu of another slope has the gradients and the Hessian of central differences") {
  const ActivationFunction f{Activation::leaky_relu, 0.3};
  for (const LayerOptions& options :
       {LayerOptions(ActivationLayer{f}), LayerOptions(Dense{{3, f}}), LayerOptions(Spectral{{3, f}})}) {
    check_gradient(student_with(options, 1));
    check_hessian(student_with(options, 1));
  }
}

TEST("every activation has the Hessian of central differences") {
  for (int activation = 0; activation < activation_count; ++activation) {
    const Context context(name_of(static_cast<Activation>(activation)));
    check_hessian(student_with(ActivationLayer{static_cast<Activation>(activation)}, 1));
  }
}

}  // namespace eigenstudent::test
