#include "cuda/population/device_worker.h"

#include <algorithm>
#include <chrono>
#include <numeric>
#include <variant>

#include "cuda/resident/resident_training.h"

namespace eigenstudent::cuda {

namespace {

/// Left free for the driver and for local memory of kernels. Arbitrary: 5 %.
std::size_t usable(std::size_t free_bytes) { return free_bytes - free_bytes / 20; }

DeviceState take_state(Arena& arena, const DeviceMember& member) {
  DeviceState blocks{};
  const std::size_t size = member.layout->size();
  blocks.parameters = arena.take<float>(size);
  blocks.first_moment = arena.take<float>(member.spec->moments() > 0 ? size : 0);
  blocks.second_moment = arena.take<float>(member.spec->moments() == 2 ? size : 0);
  return blocks;
}

/// Plans by network and batch, or the reason why there is none: a population has many students of few kinds.
class PlanCache {
 public:
  explicit PlanCache(Device& device) : device_(device) {}
  const std::variant<ResidentPlan, std::string>& plan(const Chain& network, std::size_t batch) {
    const auto [place, is_new] = plans_.try_emplace(signature(network, batch));
    const auto holds = [&](const LaunchShape& cluster) { return device_.holds_cluster(cluster); };
    if (is_new) place->second = plan_resident(network, batch, device_.limits(), {}, holds);
    return place->second;
  }

 private:
  using Signature = std::vector<double>;
  static Signature signature(const Chain& network, std::size_t batch) {
    Signature all{static_cast<double>(batch), static_cast<double>(network.loss)};
    for (const ChainLayer& layer : network.layers) {
      all.insert(all.end(), {static_cast<double>(layer.kind), static_cast<double>(layer.inputs),
                             static_cast<double>(layer.outputs), static_cast<double>(layer.activation)});
      for (const ChainTensor& tensor : layer.tensors)
        all.insert(all.end(), {tensor.present ? 1. : 0., tensor.trainable ? 1. : 0., tensor.l1, tensor.l2,
                               tensor.group_lasso});
    }
    return all;
  }
  Device& device_;
  std::map<Signature, std::variant<ResidentPlan, std::string>> plans_;
};

}  // namespace

DeviceWorker::DeviceWorker(std::unique_ptr<Device> device, std::vector<DeviceMember> members, bool resident)
    : device_(std::move(device)),
      members_(std::move(members)),
      plans_(members_.size()),
      reasons_(members_.size(), "resident kernels are turned off"),
      alone_paces_(members_.size()),
      scratch_(evaluation_lanes) {
  PlanCache plans(*device_);
  for (std::size_t i = 0; resident && i < members_.size(); ++i) {
    const auto& planned = plans.plan(*members_[i].chain, members_[i].spec->batch());
    if (const auto* plan = std::get_if<ResidentPlan>(&planned)) plans_[i] = *plan;
    reasons_[i] = plans_[i] ? "" : std::get<std::string>(planned);
  }
}

Execution DeviceWorker::execution(std::size_t member) const {
  return {plans_[member] ? Kernels::resident : Kernels::layerwise, reasons_[member]};
}

MemoryNeed DeviceWorker::need_of(std::size_t member) const {
  const DeviceMember& m = members_[member];
  Arena state;
  take_state(state, m);
  MemoryNeed need{m.student, state.bytes(), 0, m.spec->data().get(),
                  m.spec->data() ? DeviceData::bytes_of(*m.spec->data()) : 0};
  if (!m.spec->trainer) return need;
  if (plans_[member])
    need.held_bytes += ResidentTraining::bytes_of(*m.spec->trainer, *m.layout);
  else
    need.alone_bytes = LayerwiseTraining::scratch_bytes(*m.spec->trainer, *m.chain, *m.layout);
  return need;
}

void DeviceWorker::check_memory() {
  const std::size_t total = usable(device_->memory().total_bytes);
  for (std::size_t i = 0; i < members_.size(); ++i) {
    const MemoryNeed need = need_of(i);
    plan_memory_batches({&need, 1}, total);
  }
}

// ---- Training ------------------------------------------------------------------------------------------------------

std::vector<std::size_t> DeviceWorker::members_with_work(std::span<const std::uint64_t> until_step) const {
  std::vector<std::size_t> working;
  for (std::size_t i = 0; i < members_.size(); ++i)
    if (members_[i].host->step < until_step[i]) working.push_back(i);
  return working;
}

void DeviceWorker::run(std::span<const std::uint64_t> until_step, const StopFlag& stop,
                       const std::function<void(const StepsDone&)>& done) {
  const std::vector<std::size_t> working = members_with_work(until_step);
  const auto is_loaded = [&](std::size_t i) { return members_[i].on_device; };
  if (!std::all_of(working.begin(), working.end(), is_loaded)) {
    unload();
    drop_scratch();
    drop_data(true);
    std::vector<std::size_t> everyone(members_.size());
    std::iota(everyone.begin(), everyone.end(), std::size_t{0});
    if (batches_of(everyone).size() == 1) load(everyone);  // and stay
  }
  if (std::all_of(working.begin(), working.end(), is_loaded))
    return run_batch(working, until_step, stop, done);
  for (const std::vector<std::size_t>& batch : batches_of(working)) {
    if (stop.load(std::memory_order_relaxed)) return;
    unload();
    drop_data(true);
    load(batch);
    run_batch(batch, until_step, stop, done);
  }
}

std::vector<std::vector<std::size_t>> DeviceWorker::batches_of(const std::vector<std::size_t>& members) {
  std::vector<MemoryNeed> needs;
  needs.reserve(members.size());
  for (const std::size_t i : members) needs.push_back(need_of(i));
  std::vector<std::vector<std::size_t>> batches =
      plan_memory_batches(needs, usable(device_->memory().free_bytes));
  for (std::vector<std::size_t>& batch : batches)
    for (std::size_t& place : batch) place = members[place];
  return batches;
}

void DeviceWorker::run_batch(const std::vector<std::size_t>& batch, std::span<const std::uint64_t> until_step,
                             const StopFlag& stop, const std::function<void(const StepsDone&)>& done) {
  make_room(batch);
  std::vector<std::size_t> side_by_side;
  for (const std::size_t i : batch)
    if (plans_[i]) side_by_side.push_back(i);
  if (!side_by_side.empty()) run_resident(side_by_side, until_step, stop, done);
  for (const std::size_t i : batch)
    if (!plans_[i]) run_layerwise(i, until_step[i], stop, done);
}

void DeviceWorker::run_resident(const std::vector<std::size_t>& members,
                                std::span<const std::uint64_t> until_step, const StopFlag& stop,
                                const std::function<void(const StepsDone&)>& done) {
  std::vector<ResidentTraining::Trainee> trainees;
  trainees.reserve(members.size());
  double clocks = 0;
  for (const std::size_t i : members) clocks += static_cast<double>(plans_[i]->clocks);
  if (clocks != paced_clocks_) pace_ = StepPace();
  paced_clocks_ = clocks;
  for (const std::size_t i : members)
    trainees.push_back(
        {i, &members_[i], &*plans_[i], &data_on_device(members_[i].spec->trainer->data), until_step[i]});
  ResidentTraining(*device_, std::move(trainees), pace_).run(stop, done);
}

void DeviceWorker::run_layerwise(std::size_t member, std::uint64_t until_step, const StopFlag& stop,
                                 const std::function<void(const StepsDone&)>& done) {
  if (stop.load(std::memory_order_relaxed)) return;
  const DeviceMember& m = members_[member];
  StudentState<float>& state = *m.host;
  auto start = std::chrono::steady_clock::now();
  void* memory =
      scratch_[0].require(*device_, LayerwiseTraining::scratch_bytes(*m.spec->trainer, *m.chain, *m.layout));
  LayerwiseTraining training(*device_, *m.spec->trainer, *m.chain, *m.layout, m.blocks,
                             data_on_device(m.spec->data()), memory);
  StepPace& pace = alone_paces_[member];
  while (state.step < until_step && !stop.load(std::memory_order_relaxed)) {
    const std::uint64_t count =
        std::min({pace.steps(), until_step - state.step, training.most_steps(state.step)});
    const LayerwiseTraining::Outcome outcome = training.run(state.step, count, state.update_count);
    const auto now = std::chrono::steady_clock::now();
    const double seconds = std::chrono::duration<double>(now - start).count();
    start = now;
    pace.took(count, seconds);
    done({member, outcome.applied, outcome.halted, outcome.batch_loss, seconds});
    if (outcome.halted) return;
  }
}

// ---- State and data ------------------------------------------------------------------------------------------------

void DeviceWorker::load(const std::vector<std::size_t>& batch) {
  Arena counting;
  for (const std::size_t i : batch) take_state(counting, members_[i]);
  states_ = DeviceBlock(*device_, counting.bytes());
  Arena arena(states_.as<void>());
  for (const std::size_t i : batch) {
    members_[i].blocks = take_state(arena, members_[i]);
    copy_state(members_[i], true);
    members_[i].on_device = true;
    loaded_.push_back(i);
  }
}

void DeviceWorker::unload() {
  for (const std::size_t i : loaded_) copy_state(members_[i], false);
  for (const std::size_t i : loaded_) {
    members_[i].on_device = false;
    members_[i].blocks = {};
  }
  loaded_.clear();
  states_ = DeviceBlock();
}

void DeviceWorker::copy_state(DeviceMember& member, bool to_device) {
  StudentState<float>& host = *member.host;
  const std::pair<std::vector<float>*, float*> blocks[] = {
      {&host.parameters, member.blocks.parameters},
      {&host.first_moment, member.blocks.first_moment},
      {&host.second_moment, member.blocks.second_moment}};
  const std::size_t size = member.layout->size();
  for (const auto& [values, block] : blocks) {
    if (!block) continue;  // a second moment that is not kept
    if (to_device) {
      device_->copy_in(block, values->data(), size * sizeof(float));
      *values = {};
    } else {
      values->resize(size);
      device_->copy_out(values->data(), block, size * sizeof(float));
    }
  }
}

const DeviceData& DeviceWorker::data_on_device(const DatasetPtr& data) {
  CachedData& cached = data_[data.get()];
  if (cached.device && !cached.host.expired()) return *cached.device;
  cached = {};  // an old set's, whose address the new one has
  cached = {data, std::make_unique<DeviceData>(*device_, *data)};
  return *cached.device;
}

/// Frees the scratch of evaluations where the training of a batch needs the memory, and loads the batch's data.
void DeviceWorker::make_room(const std::vector<std::size_t>& batch) {
  std::size_t data = 0, side_by_side = 0, alone = 0;
  for (const std::size_t i : batch) {
    const DeviceMember& m = members_[i];
    if (const DatasetPtr own = m.spec->data(); own && !data_.count(own.get()))
      data += DeviceData::bytes_of(*own);
    if (plans_[i])
      side_by_side += ResidentTraining::bytes_of(*m.spec->trainer, *m.layout);
    else
      alone = std::max(alone, LayerwiseTraining::scratch_bytes(*m.spec->trainer, *m.chain, *m.layout));
  }
  if (data + side_by_side + alone > device_->memory().free_bytes) {
    drop_data(true);
    drop_scratch();
  }
  for (const std::size_t i : batch) data_on_device(members_[i].spec->trainer->data);
}

void DeviceWorker::drop_data(bool all) {
  std::erase_if(data_, [&](const auto& entry) { return all || entry.second.host.expired(); });
}

void DeviceWorker::drop_scratch() {
  for (ScratchMemory& scratch : scratch_) scratch.release();
}

void DeviceWorker::read(std::size_t member, StateBlock block, float* to) {
  const DeviceMember& m = members_[member];
  const float* from = block == StateBlock::parameters     ? m.blocks.parameters
                      : block == StateBlock::first_moment ? m.blocks.first_moment
                                                          : m.blocks.second_moment;
  if (from) device_->copy_out(to, from, m.layout->size() * sizeof(float));
}

void DeviceWorker::write(std::size_t member, StateBlock block, const float* from) {
  const DeviceMember& m = members_[member];
  float* to = block == StateBlock::parameters     ? m.blocks.parameters
              : block == StateBlock::first_moment ? m.blocks.first_moment
                                                  : m.blocks.second_moment;
  if (to) device_->copy_in(to, from, m.layout->size() * sizeof(float));
}

std::size_t DeviceWorker::bytes() const {
  std::size_t total = states_.bytes();
  for (const ScratchMemory& scratch : scratch_) total += scratch.bytes();
  return total;
}

}  // namespace eigenstudent::cuda
