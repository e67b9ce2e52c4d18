#include "subject.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "check.h"

namespace eigenstudent::test {

namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();
constexpr std::size_t guard = 16;        // scalars behind every output
constexpr double guard_value = -12345.;  // a float32 as well

/// Calls `fill` with room for `count` scalars of T, and returns them.
template <class T, class Fill>
std::vector<double> filled_as(std::size_t count, const Fill& fill) {
  std::vector<T> room(count + guard, static_cast<T>(guard_value));
  std::fill(room.begin(), room.begin() + static_cast<std::ptrdiff_t>(count), static_cast<T>(nan));
  fill(room.data());
  for (std::size_t i = count; i < room.size(); ++i) REQUIRE(room[i] == static_cast<T>(guard_value));
  return {room.begin(), room.begin() + static_cast<std::ptrdiff_t>(count)};
}

template <class Fill>
std::vector<double> filled(DType dtype, std::size_t count, const Fill& fill) {
  return dtype == DType::float32 ? filled_as<float>(count, fill) : filled_as<double>(count, fill);
}

}  // namespace

bool State::operator==(const State& other) const {
  return parameters == other.parameters && first_moment == other.first_moment &&
         second_moment == other.second_moment && counters.step == other.counters.step &&
         counters.update_count == other.counters.update_count;
}

Subject::Subject(const Backend& backend, DType dtype, std::vector<StudentSpec> students, unsigned threads)
    : dtype_(dtype), specs_(students) {
  PopulationSpec spec;
  spec.dtype = dtype;
  spec.students = std::move(students);
  spec.threads = threads;
  population_ = backend.create(std::move(spec));
}

std::vector<double> Subject::read(std::size_t student, StateBlock block) const {
  return filled(dtype_, population_->layout(student).size(),
                [&](void* to) { population_->read(student, block, to); });
}

void Subject::write(std::size_t student, StateBlock block, const std::vector<double>& values) {
  REQUIRE(values.size() == population_->layout(student).size());
  if (dtype_ == DType::float64) return population_->write(student, block, values.data());
  const std::vector<float> rounded(values.begin(), values.end());
  population_->write(student, block, rounded.data());
}

void Subject::set_parameters(std::size_t student, const std::vector<double>& values) {
  write(student, StateBlock::parameters, values);
}

std::vector<double> Subject::parameters(std::size_t student) const {
  return read(student, StateBlock::parameters);
}

State Subject::state(std::size_t student) const {
  State state{
      parameters(student), read(student, StateBlock::first_moment), {}, population_->counters(student)};
  if (specs_[student].trainer->optimizer.moments() == 2)
    state.second_moment = read(student, StateBlock::second_moment);
  return state;
}

void Subject::restore(std::size_t student, const State& state) {
  write(student, StateBlock::parameters, state.parameters);
  write(student, StateBlock::first_moment, state.first_moment);
  if (specs_[student].trainer->optimizer.moments() == 2)
    write(student, StateBlock::second_moment, state.second_moment);
  population_->set_counters(student, state.counters);
}

void Subject::run(std::uint64_t until_epoch) {
  const std::vector<std::uint64_t> until(population_->size(), until_epoch);
  const StopFlag stop{false};
  population_->run(until, stop);
}

Evaluation Subject::evaluate(std::size_t student, const DatasetPtr& data) {
  std::vector<DatasetPtr> sets(population_->size());
  std::vector<Evaluation> results(population_->size(), Evaluation{nan, nan});
  sets[student] = data;
  const StopFlag stop{false};
  population_->evaluate(sets, results, stop);
  return results[student];
}

std::vector<double> Subject::predict(std::size_t student, const Dataset& data) {
  return filled(dtype_, data.samples * Graph(specs_[student].network).outputs(),
                [&](void* to) { population_->predict(student, data, to); });
}

Gradient Subject::gradient(std::size_t student, const Dataset& data) {
  Gradient out{{}, nan, nan};
  out.block = filled(dtype_, population_->layout(student).size(), [&](void* to) {
    const Losses losses = population_->gradient(student, data, to);
    out.data_loss = losses.data;
    out.penalty = losses.penalty;
  });
  return out;
}

std::vector<double> Subject::pruning_curve(std::size_t student, std::size_t layer,
                                           const std::vector<std::uint32_t>& removal_order,
                                           const Dataset& data) {
  const StopFlag stop{false};
  const std::size_t count = removal_order.size() + 1;
  return filled_as<double>(count, [&](double* to) {
    population_->pruning_curve(student, layer, removal_order, data, {to, count}, stop);
  });
}

double relative_difference(const std::vector<double>& a, const std::vector<double>& b, std::size_t first,
                           std::size_t count, double at_least) {
  if (a.size() != b.size()) return std::numeric_limits<double>::infinity();
  const std::size_t last = first + std::min(count, a.size() - first);
  double largest = std::max(1e-3, at_least), difference = 0;
  for (std::size_t i = first; i < last; ++i) {
    if (!std::isfinite(a[i]) || !std::isfinite(b[i])) return std::numeric_limits<double>::infinity();
    largest = std::max(largest, std::abs(b[i]));
    difference = std::max(difference, std::abs(a[i] - b[i]));
  }
  return difference / largest;
}

}  // namespace eigenstudent::test
