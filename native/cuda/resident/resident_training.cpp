#include "cuda/resident/resident_training.h"

#include <algorithm>
#include <chrono>

namespace eigenstudent::cuda {

namespace {

/// Epochs whose shuffles are drawn at a time: at least two, because a launch may begin in the middle of one; at most as
/// many as a launch's pace is likely to want. The upper bound is arbitrary.
constexpr std::size_t least_epochs = 2, most_epochs = 64;
/// Groups that run side by side. Arbitrary: more streams than a GPU has queues for would wait for each other.
constexpr int streams = 16;

std::uint64_t steps_left(const ResidentTraining::Trainee& trainee) {
  const std::uint64_t step = trainee.at->host->step;
  return trainee.until_step > step ? trainee.until_step - step : 0;
}

}  // namespace

std::size_t ResidentTraining::bytes_of(const Trainer& trainer, const ParameterLayout& layout) {
  return sizeof(ResidentJob) + sizeof(ShuffleJob) + sizeof(ResidentResult) +
         layout.tensors().size() * sizeof(std::uint64_t) + trainer.phases.size() * sizeof(Phase) +
         least_epochs * trainer.samples() * sizeof(std::uint32_t) + 6 * 256;  // and the ends of the arrays
}

ResidentTraining::ResidentTraining(Device& device, std::vector<Trainee> trainees, StepPace& pace)
    : device_(device),
      trainees_(std::move(trainees)),
      halted_(trainees_.size(), false),
      pace_(pace),
      results_(trainees_.size()) {
  sort_into_groups();
  epochs_ = epochs_that_fit();
  windows_.assign(trainees_.size(), EpochWindow(epochs_));
  Arena counting;
  take(counting, epochs_);
  block_ = DeviceBlock(device, counting.bytes());
  Arena arena(block_.as<void>());
  arrays_ = take(arena, epochs_);
  copy_counts_in();
  for (std::size_t t = 0, at = 0; t < trainees_.size(); ++t) {
    const std::vector<Phase>& phases = trainees_[t].at->spec->trainer->phases;
    if (!phases.empty()) device.copy_in(arrays_.phases + at, phases.data(), phases.size() * sizeof(Phase));
    at += phases.size();
  }
}

/// The slowest students first, so that the last ones are short; students of one plan are adjacent.
void ResidentTraining::sort_into_groups() {
  std::vector<const ResidentPlan*> plans;  // one of each kind
  for (Trainee& trainee : trainees_) {
    const auto same = [&](const ResidentPlan* plan) { return *plan == *trainee.plan; };
    const auto found = std::find_if(plans.begin(), plans.end(), same);
    if (found == plans.end())
      plans.push_back(trainee.plan);
    else
      trainee.plan = *found;
  }
  const auto place = [&](const Trainee& t) {
    return std::find(plans.begin(), plans.end(), t.plan) - plans.begin();
  };
  const auto step_clocks = [](const ResidentPlan* plan) {
    return plan->clocks / static_cast<float>(plan->ranks);
  };
  std::stable_sort(plans.begin(), plans.end(),
                   [&](const auto* a, const auto* b) { return step_clocks(a) > step_clocks(b); });
  std::stable_sort(trainees_.begin(), trainees_.end(), [&](const Trainee& a, const Trainee& b) {
    return a.plan == b.plan ? steps_left(a) > steps_left(b) : place(a) < place(b);
  });
  for (std::size_t t = 0; t < trainees_.size(); ++t) {
    if (groups_.empty() || groups_.back().plan != trainees_[t].plan)
      groups_.push_back({trainees_[t].plan, t, 0});
    ++groups_.back().count;
  }
}

ResidentTraining::Arrays ResidentTraining::take(Arena& arena, std::size_t epochs) const {
  std::size_t tensors = 0, phases = 0, samples = 0;
  for (const Trainee& trainee : trainees_) {
    tensors += trainee.at->layout->tensors().size();
    phases += trainee.at->spec->trainer->phases.size();
    samples += trainee.data->samples;
  }
  Arrays arrays{};
  arrays.jobs = arena.take<ResidentJob>(trainees_.size());
  arrays.shuffles = arena.take<ShuffleJob>(trainees_.size());
  arrays.results = arena.take<ResidentResult>(trainees_.size());
  arrays.counts = arena.take<std::uint64_t>(tensors);
  arrays.phases = arena.take<Phase>(phases);
  arrays.order = arena.take<std::uint32_t>(epochs * samples);
  return arrays;
}

/// As many epochs as fit into a quarter of the free memory.
std::size_t ResidentTraining::epochs_that_fit() const {
  std::size_t an_epoch = 0;
  for (const Trainee& trainee : trainees_) an_epoch += trainee.data->samples * sizeof(std::uint32_t);
  return std::clamp(device_.memory().free_bytes / 4 / an_epoch, least_epochs, most_epochs);
}

void ResidentTraining::copy_counts_in() {
  for (const Trainee& trainee : trainees_)
    counts_.insert(counts_.end(), trainee.at->host->update_count.begin(),
                   trainee.at->host->update_count.end());
  device_.copy_in(arrays_.counts, counts_.data(), counts_.size() * sizeof(std::uint64_t));
}

void ResidentTraining::copy_counts_out() {
  device_.copy_out(counts_.data(), arrays_.counts, counts_.size() * sizeof(std::uint64_t));
  auto from = counts_.begin();
  for (const Trainee& trainee : trainees_) {
    std::vector<std::uint64_t>& to = trainee.at->host->update_count;
    std::copy_n(from, to.size(), to.begin());
    from += static_cast<std::ptrdiff_t>(to.size());
  }
}

std::uint64_t ResidentTraining::until_of(const Trainee& trainee) const {
  const std::uint64_t step = trainee.at->host->step, an_epoch = trainee.at->spec->trainer->steps_per_epoch();
  return step + std::min({pace_.steps(), steps_left(trainee), epochs_ * an_epoch - step % an_epoch});
}

void ResidentTraining::make_job(std::size_t t, std::uint32_t* order, std::uint64_t* counts, Phase* phases) {
  const Trainee& trainee = trainees_[t];
  const Trainer& trainer = *trainee.at->spec->trainer;
  const std::uint64_t step = trainee.at->host->step, an_epoch = trainer.steps_per_epoch();
  const std::uint64_t until = halted_[t] ? step : until_of(trainee);
  const std::uint64_t first = step / an_epoch, last = until > step ? (until - 1) / an_epoch + 1 : first;
  const EpochWindow::Epochs missing = windows_[t].require(first, last);
  const auto order_of = [&](std::uint64_t epoch) {
    return order + windows_[t].place_of(epoch) * trainee.data->samples;
  };
  const DeviceState& blocks = trainee.at->blocks;
  jobs_[t] = {blocks.parameters,
              blocks.first_moment,
              blocks.second_moment,
              counts,
              trainee.data->inputs,
              trainee.data->targets,
              trainee.data->classes,
              order_of(first),
              trainer.phases.empty() ? nullptr : phases,
              arrays_.results + t,
              step,
              until,
              static_cast<std::uint32_t>(trainee.data->samples),
              static_cast<std::uint32_t>(trainer.batch()),
              static_cast<std::uint32_t>(trainer.phases.size()),
              trainer.optimizer,
              trainer.learning_rate};
  shuffles_[t] = {trainer.seed,
                  trainer.trial,
                  static_cast<std::uint32_t>(missing.first),
                  static_cast<std::uint32_t>(missing.count),
                  static_cast<std::uint32_t>(trainee.data->samples),
                  order_of(missing.first)};
}

void ResidentTraining::make_jobs() {
  jobs_.resize(trainees_.size());
  shuffles_.resize(trainees_.size());
  std::uint32_t* order = arrays_.order;
  std::uint64_t* counts = arrays_.counts;
  Phase* phases = arrays_.phases;
  for (std::size_t t = 0; t < trainees_.size(); ++t) {
    make_job(t, order, counts, phases);
    order += epochs_ * trainees_[t].data->samples;
    counts += trainees_[t].at->layout->tensors().size();
    phases += trainees_[t].at->spec->trainer->phases.size();
  }
}

double ResidentTraining::launch() {
  device_.use_stream(0);
  device_.copy_in(arrays_.jobs, jobs_.data(), jobs_.size() * sizeof(ResidentJob));
  device_.copy_in(arrays_.shuffles, shuffles_.data(), shuffles_.size() * sizeof(ShuffleJob));
  device_.clear(arrays_.results, trainees_.size() * sizeof(ResidentResult));
  const ResidentKernels& kernels = *device_.kernels().resident;
  kernels.shuffle(device_, arrays_.shuffles, shuffles_);
  device_.synchronize();  // the streams below do not wait for this one
  const auto start = std::chrono::steady_clock::now();
  for (std::size_t g = 0; g < groups_.size(); ++g) {
    device_.use_stream(static_cast<int>(g) % streams);
    kernels.steps(device_, *groups_[g].plan, arrays_.jobs + groups_[g].first,
                  static_cast<unsigned>(groups_[g].count));
  }
  device_.use_stream(0);
  device_.synchronize();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

/// Allocates nothing: an exception would lose steps that the device has applied.
void ResidentTraining::report(double seconds, const std::function<void(const StepsDone&)>& done) {
  device_.copy_out(results_.data(), arrays_.results, results_.size() * sizeof(ResidentResult));
  copy_counts_out();
  std::size_t trained = 0;
  for (const ResidentJob& job : jobs_) trained += job.until_step > job.first_step ? 1 : 0;
  for (std::size_t t = 0; t < trainees_.size(); ++t) {
    if (jobs_[t].until_step == jobs_[t].first_step) continue;
    halted_[t] = results_[t].diverged != 0;
    done({trainees_[t].member, results_[t].step - jobs_[t].first_step, halted_[t], results_[t].batch_loss,
          seconds / static_cast<double>(trained)});
  }
}

void ResidentTraining::run(const StopFlag& stop, const std::function<void(const StepsDone&)>& done) {
  const auto now = [] { return std::chrono::steady_clock::now(); };
  auto start = now();
  while (!stop.load(std::memory_order_relaxed)) {
    make_jobs();
    std::uint64_t most_steps = 0;
    for (const ResidentJob& job : jobs_) most_steps = std::max(most_steps, job.until_step - job.first_step);
    if (most_steps == 0) return;
    pace_.took(most_steps, launch());
    const double seconds = std::chrono::duration<double>(now() - start).count();
    start = now();
    report(seconds, done);
  }
}

}  // namespace eigenstudent::cuda
