// Layer kernels on bare arrays: every set of them against the reference in float64, at odd sizes, with and
// without the optional arrays.
#include <cmath>
#include <limits>

#include "backends.h"
#include "check.h"
#include "layers/dense/reference.h"
#include "students.h"
#include "subject.h"

namespace eigenstudent::test {

namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

struct LayerCase {
  std::size_t batch, inputs, outputs;
  bool spectral, bias;
  Activation activation;
};

/// All arrays of one call. Outputs have a guarded end and are NaN before it.
template <class T>
struct Arrays {
  std::vector<T> x, matrix, lambda_in, lambda_out, bias, delta;
  std::vector<T> z, y, grad_matrix, grad_in, grad_out, grad_bias, grad_x;

  explicit Arrays(const LayerCase& c) {
    const auto drawn = [](std::size_t count, std::uint32_t part) {
      const std::vector<double> values = normals(count, part);
      return std::vector<T>(values.begin(), values.end());
    };
    x = drawn(c.batch * c.inputs, 1);
    matrix = drawn(c.outputs * c.inputs, 2);
    lambda_in = drawn(c.inputs, 3);
    lambda_out = drawn(c.outputs, 4);
    bias = drawn(c.outputs, 5);
    delta = drawn(c.batch * c.outputs, 6);
    z = poisoned(c.batch * c.outputs);
    y = poisoned(c.batch * c.outputs);
    grad_matrix = poisoned(c.outputs * c.inputs);
    grad_in = poisoned(c.inputs);
    grad_out = poisoned(c.outputs);
    grad_bias = poisoned(c.outputs);
    grad_x = poisoned(c.batch * c.inputs);
  }

  static std::vector<T> poisoned(std::size_t count) {
    std::vector<T> room(count + 16, T(-5));
    std::fill(room.begin(), room.begin() + static_cast<std::ptrdiff_t>(count), static_cast<T>(nan));
    return room;
  }
};

template <class T>
LayerForward<T> forward_call(const LayerCase& c, Arrays<T>& a, bool with_z) {
  return {c.batch,
          c.inputs,
          c.outputs,
          c.activation,
          a.x.data(),
          a.matrix.data(),
          c.spectral ? a.lambda_in.data() : nullptr,
          c.spectral ? a.lambda_out.data() : nullptr,
          c.bias ? a.bias.data() : nullptr,
          with_z ? a.z.data() : nullptr,
          a.y.data()};
}

/// wanted: bit 0 matrix, 1 eigenvaluesIn, 2 eigenvaluesOut, 3 bias, 4 x.
template <class T>
LayerBackward<T> backward_call(const LayerCase& c, Arrays<T>& a, unsigned wanted) {
  return {c.batch,
          c.inputs,
          c.outputs,
          a.x.data(),
          a.matrix.data(),
          c.spectral ? a.lambda_in.data() : nullptr,
          c.spectral ? a.lambda_out.data() : nullptr,
          a.delta.data(),
          wanted & 1 ? a.grad_matrix.data() : nullptr,
          wanted & 2 && c.spectral ? a.grad_in.data() : nullptr,
          wanted & 4 && c.spectral ? a.grad_out.data() : nullptr,
          wanted & 8 ? a.grad_bias.data() : nullptr,
          wanted & 16 ? a.grad_x.data() : nullptr};
}

/// Requires that an output agrees with the oracle's where it was wanted, and is untouched where it was not.
template <class T>
void require_output(const char* name, const std::vector<T>& got, const std::vector<double>& expected,
                    bool wanted) {
  const Context context(name);
  const std::size_t count = expected.size() - 16;
  const std::vector<double> values(got.begin(), got.end());
  for (std::size_t i = count; i < got.size(); ++i) REQUIRE(got[i] == T(-5));
  // Sums of 300 normal terms in any order, ill conditioned: 2e-5 in z. erf, whose slope at 0 is 1.13, makes more of them.
  const double tolerance = sizeof(T) == 4 ? 2e-5 * two_over_sqrt_pi : 1e-13;
  if (wanted) REQUIRE_CLOSE(relative_difference(values, expected, 0, count), 0, tolerance);
  if (!wanted) REQUIRE(std::isnan(values[0]) && std::isnan(values[count - 1]));
}

template <class T>
void check_kernels(const LayerKernels<T>& kernels, const LayerCase& c, unsigned wanted) {
  const bool with_z = wanted & 1;
  Arrays<T> got(c);
  Arrays<double> expected(c);
  kernels.forward(forward_call(c, got, with_z));
  reference::layer_forward(forward_call(c, expected, true));
  require_output("z", got.z, expected.z, with_z);
  require_output("y", got.y, expected.y, true);
  kernels.backward(backward_call(c, got, wanted));
  reference::layer_backward(backward_call(c, expected, 31));
  require_output("gradient of the matrix", got.grad_matrix, expected.grad_matrix, wanted & 1);
  if (c.spectral) {
    require_output("gradient of eigenvaluesIn", got.grad_in, expected.grad_in, wanted & 2);
    require_output("gradient of eigenvaluesOut", got.grad_out, expected.grad_out, wanted & 4);
  }
  require_output("gradient of the bias", got.grad_bias, expected.grad_bias, wanted & 8);
  require_output("gradient of x", got.grad_x, expected.grad_x, wanted & 16);
}

template <class T>
void check_all_kernels() {
  for (const LayerKernels<T>& kernels : layer_kernels<T>()) {
    if (kernels.name == "reference" && sizeof(T) == 8) continue;  // that is the oracle
    for (std::size_t n = 0; n < 128; ++n) {
      const std::size_t a = n % 8, b = n / 8 % 8;
      const LayerCase c{odd_sizes[a], odd_sizes[b], odd_sizes[(a + b) % 8],
                        n < 64,       n % 3 == 0,   static_cast<Activation>(n % activation_count)};
      const Context context(kernels.name + (sizeof(T) == 4 ? " float32" : " float64") + ", batch " +
                            std::to_string(c.batch) + ", " + std::to_string(c.inputs) + " -> " +
                            std::to_string(c.outputs) + (c.spectral ? " spectral " : " dense ") +
                            name_of(c.activation));
      check_kernels(kernels, c, 31);
      if (n % 5 == 0) check_kernels(kernels, c, static_cast<unsigned>(n * 7) % 32);
    }
  }
}

}  // namespace

TEST("contract: float32 layer kernels agree with the reference at odd sizes") { check_all_kernels<float>(); }
TEST("contract: float64 layer kernels agree with the reference at odd sizes") {
  REQUIRE(!layer_kernels<double>().empty());
  check_all_kernels<double>();
}

TEST("the reference layer's backward is the slope of sum delta z") {
  for (const bool spectral : {true, false}) {
    const LayerCase c{5, 4, 3, spectral, true, Activation::tanh};
    Arrays<double> a(c);
    reference::layer_backward(backward_call(c, a, 31));
    const auto check = [&](const char* name, std::vector<double>& moved,
                           const std::vector<double>& gradient) {
      const Context context(name);
      for (std::size_t i = 0; i < moved.size(); ++i) {
        const double kept = moved[i], h = 1e-5;
        double sum[2] = {};
        for (const int side : {0, 1}) {
          moved[i] = kept + (side == 1 ? h : -h);
          reference::layer_forward(forward_call(c, a, true));
          for (std::size_t k = 0; k < a.delta.size(); ++k) sum[side] += a.delta[k] * a.z[k];
        }
        moved[i] = kept;
        REQUIRE_CLOSE(gradient[i], (sum[1] - sum[0]) / (2 * h), 1e-9);
      }
    };
    check("matrix", a.matrix, a.grad_matrix);
    check("bias", a.bias, a.grad_bias);
    check("x", a.x, a.grad_x);
    if (spectral) check("eigenvaluesIn", a.lambda_in, a.grad_in);
    if (spectral) check("eigenvaluesOut", a.lambda_out, a.grad_out);
  }
}

}  // namespace eigenstudent::test
