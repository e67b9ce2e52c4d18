#include "theory/one_pass/one_pass.h"

#include <atomic>
#include <cmath>
#include <vector>

#include "check.h"
#include "cpu/isa.h"

namespace eigenstudent::test {

namespace {

const cpu::OnePassKernels& kernels() { return cpu::kernels<double>().one_pass; }

std::vector<double> many_normals(std::size_t draws) {
  std::vector<double> values(draws * cpu::normals_drawn);
  for (std::size_t d = 0; d < draws; ++d)
    kernels().draw_normals({5, 1, Purpose::free_use, 2}, static_cast<std::uint32_t>(d * blocks_drawn),
                           values.data() + d * cpu::normals_drawn);
  return values;
}

theory::OnePassSpec small_spec(bool chain) {
  theory::OnePassSpec spec;
  spec.chain = chain;
  spec.students = 5;
  spec.inputs = 131;
  spec.units = 3;
  spec.teacher_units = 2;
  spec.teacher = {1, 0.8};
  spec.learning_rate = 0.02;
  spec.steps = {0, 7, 300};
  spec.seed = 3;
  return spec;
}

}  // namespace

TEST("normals of one-pass SGD are Box-Muller on the words of their blocks") {
  std::vector<double> found(cpu::normals_drawn);
  const Stream stream{5, 1, Purpose::free_use, 2};
  kernels().draw_normals(stream, 64, found.data());
  std::uint32_t words[cpu::normals_drawn];
  draw_blocks(stream, 64, words);
  const std::size_t half = cpu::normals_drawn / 2;
  for (std::size_t i = 0; i < half; ++i) {
    const double radius = std::sqrt(-2 * std::log((words[i] + 0.5) * 0x1p-32));
    const double turn = ((words[half + i] & 0x3fffffffu) + 0.5) * 0x1p-32 - 0.125;
    const double signed_radius = words[half + i] >> 31 ? -radius : radius;
    double first = std::cos(6.28318530717958647693 * turn), second = std::sin(6.28318530717958647693 * turn);
    if (words[half + i] & 0x40000000u) std::swap(first, second);
    // some last places of a radius of at most 6.8; near u = 1 the logarithm's error is relative to log u
    REQUIRE_CLOSE(found[i], signed_radius * first, 1e-14);
    REQUIRE_CLOSE(found[half + i], signed_radius * second, 1e-14);
  }
}

TEST("normals of one-pass SGD have the moments and the tail of a normal") {
  const std::vector<double> values = many_normals(16'384);  // 2^21
  const double n = static_cast<double>(values.size());
  double moments[5] = {};
  double beyond_two = 0, beyond_four = 0, neighbours = 0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    double power = 1;
    for (double& moment : moments) {
      moment += power / n;
      power *= values[i];
    }
    beyond_two += std::abs(values[i]) > 2;
    beyond_four += std::abs(values[i]) > 4;
    if (i > 0) neighbours += values[i] * values[i - 1] / n;
  }
  // Four standard errors each: variances of x, x^2, x^3, x^4 are 1, 2, 15, 96; of a product of two 1.
  REQUIRE_CLOSE(moments[1], 0, 4 / std::sqrt(n));
  REQUIRE_CLOSE(moments[2], 1, 4 * std::sqrt(2 / n));
  REQUIRE_CLOSE(moments[3], 0, 4 * std::sqrt(15 / n));
  REQUIRE_CLOSE(moments[4], 3, 4 * std::sqrt(96 / n));
  REQUIRE_CLOSE(neighbours, 0, 4 / std::sqrt(n));
  // P(|x| > 2) = 0.0455003, P(|x| > 4) = 6.33425e-5; four standard errors of a count.
  REQUIRE_CLOSE(beyond_two, 0.0455003 * n, 4 * std::sqrt(0.0455003 * n));
  REQUIRE_CLOSE(beyond_four, 6.33425e-5 * n, 4 * std::sqrt(6.33425e-5 * n));
}

TEST("one-pass SGD gives the same bits for any number of threads") {
  const StopFlag go{false};
  for (const bool chain : {false, true})
    for (const bool shared : {false, true}) {
      theory::OnePassSpec spec = small_spec(chain);
      spec.shared_stream = shared;
      const theory::OnePassResult one = theory::run_one_pass(spec, go);
      spec.threads = 3;
      const theory::OnePassResult three = theory::run_one_pass(spec, go);
      REQUIRE(one.q == three.q);
      REQUIRE(one.r == three.r);
      REQUIRE(one.loss == three.loss);
      REQUIRE(one.loss.back() < one.loss.front() + 1e3);  // finite: NaN would compare unequal above
    }
}

TEST("students of one-pass SGD differ, and keep their runs whatever students are beside them") {
  const StopFlag go{false};
  theory::OnePassSpec spec = small_spec(false);
  const theory::OnePassResult five = theory::run_one_pass(spec, go);
  REQUIRE(five.loss[2] != five.loss[5]);
  spec.students = 1;
  spec.trial = 1;
  const theory::OnePassResult second = theory::run_one_pass(spec, go);
  REQUIRE(second.loss[2] == five.loss[5]);
}

TEST("spherical rows of one-pass SGD keep their norm in both engines") {
  const StopFlag go{false};
  for (const bool chain : {false, true}) {
    theory::OnePassSpec spec = small_spec(chain);
    spec.spherical = true;
    const theory::OnePassResult result = theory::run_one_pass(spec, go);
    for (std::size_t record = 0; record < spec.students * 3; ++record)
      for (std::size_t i = 0; i < 3; ++i)
        REQUIRE_CLOSE(result.q[record * 9 + 4 * i], 1, 1e-13);  // rounding of 300 rescalings
  }
}

TEST("a diverging run of one-pass SGD ends with its step and without further records") {
  const StopFlag go{false};
  for (const bool chain : {false, true}) {
    theory::OnePassSpec spec = small_spec(chain);
    spec.learning_rate = 3;
    spec.steps = {0, 100'000};
    const theory::OnePassResult result = theory::run_one_pass(spec, go);
    for (std::size_t s = 0; s < spec.students; ++s) {
      REQUIRE(result.diverged[s] > 0);
      REQUIRE(std::isfinite(result.loss[2 * s]));
      REQUIRE(std::isnan(result.loss[2 * s + 1]));
    }
  }
}

TEST("one-pass SGD ends at its stop flag") {
  const StopFlag stop{true};
  theory::OnePassSpec spec = small_spec(true);
  spec.steps = {4'000'000'000u};
  REQUIRE(theory::run_one_pass(spec, stop).stopped);
}

}  // namespace eigenstudent::test
