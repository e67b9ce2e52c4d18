#include <algorithm>
#include <cmath>

#include "cpu/isa.h"
#include "theory/one_pass/engines.h"
#include "theory/one_pass/overlaps.h"

namespace eigenstudent::theory {

namespace {

/// Random numbers one after another, drawn many at a time. A stream's end (2^32 blocks) leads on to the next part.
class Draws {
 public:
  Draws(std::uint64_t seed, std::uint32_t trial)
      : kernels_(cpu::kernels<double>()),
        normal_stream_{seed, trial, Purpose::one_pass_inputs, 0},
        uniform_stream_{seed, trial, Purpose::one_pass_inputs, 1} {}

  double normal() {
    if (normals_used_ == cpu::normals_drawn) {
      kernels_.one_pass.draw_normals(normal_stream_, normal_position_, normals_);
      advance(normal_stream_, normal_position_);
      normals_used_ = 0;
    }
    return normals_[normals_used_++];
  }

  /// In (0, 1), a multiple of 2^-32 and a half.
  double uniform() {
    if (words_used_ == cpu::normals_drawn) {
      kernels_.draw_blocks(uniform_stream_, uniform_position_, words_);
      advance(uniform_stream_, uniform_position_);
      words_used_ = 0;
    }
    return (words_[words_used_++] + 0.5) * 0x1p-32;
  }

  /// Chi-square: twice a gamma variable of shape freedom / 2, by rejection (Marsaglia & Tsang, ACM TOMS 26, 2000), which needs
  /// a shape of at least 1; one degree of freedom is a squared normal.
  double chi_square(std::uint64_t freedom) {
    if (freedom == 0) return 0;
    if (freedom == 1) {
      const double x = normal();
      return x * x;
    }
    const double d = static_cast<double>(freedom) / 2 - 1.0 / 3, c = 1 / std::sqrt(9 * d);
    for (;;) {
      const double x = normal(), root = 1 + c * x;
      if (root <= 0) continue;
      const double v = root * root * root, u = uniform(), xx = x * x;
      if (u < 1 - 0.0331 * xx * xx || std::log(u) < xx / 2 + d * (1 - v + std::log(v))) return 2 * d * v;
    }
  }

 private:
  static void advance(Stream& stream, std::uint32_t& position) {
    position += blocks_drawn;
    if (position == 0) stream.part += 2;  // normals have the even parts, words the odd ones
  }

  const cpu::Kernels<double>& kernels_;
  Stream normal_stream_, uniform_stream_;
  std::uint32_t normal_position_ = 0, uniform_position_ = 0;
  std::size_t normals_used_ = cpu::normals_drawn, words_used_ = cpu::normals_drawn;
  double normals_[cpu::normals_drawn];
  std::uint32_t words_[cpu::normals_drawn];
};

class Chain {
 public:
  Chain(const OnePassSpec& spec, std::uint32_t trial)
      : spec_(spec),
        p_(spec.units),
        s_(spec.teacher_units),
        rate_(spec.learning_rate / static_cast<double>(spec.inputs)),
        draws_(spec.seed, trial),
        overlaps_(p_, s_, sum(spec.teacher), sum_of_squares(spec.teacher)),
        unit_(p_ * s_),
        outside_(p_ * p_),
        root_(p_ * p_),
        n_(s_),
        g_(p_),
        spread_(p_),
        l_(p_) {
    start();
  }

  const Overlaps& overlaps() const { return overlaps_; }

  void step() {
    factorise();
    double teacher = 0, squares = 0, student = 0;
    for (std::size_t m = 0; m < s_; ++m) {
      n_[m] = draws_.normal();
      teacher += spec_.teacher[m] * n_[m] * n_[m];
    }
    for (double& g : g_) {
      g = draws_.normal();
      squares += g * g;
    }
    squares += draws_.chi_square(spec_.inputs - p_ - s_);
    for (std::size_t i = 0; i < p_; ++i) {
      double l = 0, spread = 0;
      for (std::size_t j = 0; j <= i; ++j) spread += root_[i * p_ + j] * g_[j];
      for (std::size_t m = 0; m < s_; ++m) l += unit_[i * s_ + m] * n_[m];
      spread_[i] = spread;
      l_[i] = l + spread;
      student += l_[i] * l_[i];
    }
    move(-2 * rate_ * (student - teacher), squares);
  }

 private:
  /// Rows outside the teacher: a Wishart matrix of N - p* degrees of freedom, by Bartlett's decomposition.
  void start() {
    const double variance = spec_.start_norm / static_cast<double>(spec_.inputs);
    for (std::size_t i = 0; i < p_; ++i) {
      for (std::size_t m = 0; m < s_; ++m) unit_[i * s_ + m] = std::sqrt(variance) * draws_.normal();
      unit_[i * s_ + i % s_] += spec_.start_overlap;
      for (std::size_t j = 0; j < i; ++j) root_[i * p_ + j] = draws_.normal();
      root_[i * p_ + i] = std::sqrt(draws_.chi_square(spec_.inputs - s_ - i));
    }
    for (std::size_t i = 0; i < p_; ++i)
      for (std::size_t j = 0; j < p_; ++j) {
        double total = 0;
        for (std::size_t k = 0; k <= std::min(i, j); ++k) total += root_[i * p_ + k] * root_[j * p_ + k];
        outside_[i * p_ + j] = variance * total;
      }
    finish_step();
  }

  /// P = L L^T. A pivot that rounding made negative counts as 0: that direction is lost already.
  void factorise() {
    for (std::size_t j = 0; j < p_; ++j)
      for (std::size_t i = j; i < p_; ++i) {
        double rest = outside_[i * p_ + j];
        for (std::size_t k = 0; k < j; ++k) rest -= root_[i * p_ + k] * root_[j * p_ + k];
        const double pivot = root_[j * p_ + j];
        root_[i * p_ + j] = i == j ? std::sqrt(std::max(rest, 0.0)) : pivot > 0 ? rest / pivot : 0;
      }
  }

  /// U <- U + k l x^T in terms of R and P; squares: |x|^2 outside the teacher.
  void move(double k, double squares) {
    for (std::size_t i = 0; i < p_; ++i) {
      for (std::size_t m = 0; m < s_; ++m) unit_[i * s_ + m] += k * l_[i] * n_[m];
      for (std::size_t j = 0; j <= i; ++j) {
        const double change = k * (l_[i] * spread_[j] + spread_[i] * l_[j]) + k * k * squares * l_[i] * l_[j];
        outside_[i * p_ + j] += change;
        outside_[j * p_ + i] = outside_[i * p_ + j];
      }
    }
    finish_step();
  }

  void finish_step() {
    if (spec_.spherical) normalise();
    for (std::size_t i = 0; i < p_; ++i) {
      for (std::size_t j = 0; j <= i; ++j)
        overlaps_.q[i * p_ + j] = overlaps_.q[j * p_ + i] = outside_[i * p_ + j] + inside(i, j);
      for (std::size_t m = 0; m < s_; ++m)
        overlaps_.r[i * s_ + m] = unit_[i * s_ + m] * std::sqrt(spec_.teacher[m]);
    }
  }

  double inside(std::size_t i, std::size_t j) const {
    double total = 0;
    for (std::size_t m = 0; m < s_; ++m) total += unit_[i * s_ + m] * unit_[j * s_ + m];
    return total;
  }

  void normalise() {
    for (std::size_t i = 0; i < p_; ++i) {
      const double scale = std::sqrt(spec_.start_norm / (outside_[i * p_ + i] + inside(i, i)));
      for (std::size_t m = 0; m < s_; ++m) unit_[i * s_ + m] *= scale;
      for (std::size_t j = 0; j < p_; ++j) {
        outside_[i * p_ + j] *= scale;
        outside_[j * p_ + i] *= scale;  // the diagonal twice
      }
    }
  }

  const OnePassSpec& spec_;
  std::size_t p_, s_;
  double rate_;  // eta / N
  Draws draws_;
  Overlaps overlaps_;
  std::vector<double> unit_;     // [p][p*] overlaps with the teacher's directions
  std::vector<double> outside_;  // [p][p] P = Q - R T^-1 R^T
  std::vector<double> root_;     // [p][p] lower triangle L of P = L L^T
  std::vector<double> n_, g_, spread_, l_;
};

}  // namespace

void run_chain(const OnePassSpec& spec, std::size_t student, OnePassResult& result, const StopFlag& stop) {
  Chain chain(spec, spec.trial + static_cast<std::uint32_t>(student));
  Watch watch(spec, student, result);
  for (std::uint64_t step = 0; !stop.load(std::memory_order_relaxed); ++step) {
    watch.observe(step, chain.overlaps());
    if (!watch.active()) return;
    chain.step();
  }
}

}  // namespace eigenstudent::theory
