#include "cuda/layerwise/layerwise_training.h"

#include <algorithm>
#include <cstddef>

namespace eigenstudent::cuda {

namespace {

/// Steps whose tables are computed and copied at a time. Arbitrary: at 1 ms per step they last a second.
constexpr std::uint64_t steps_at_once = 1024;
/// Entries of shuffles that are made and copied at a time, unless one epoch and the rest of another are more.
constexpr std::size_t shuffles_at_once = std::size_t{1} << 20;

std::uint64_t epochs_at_once(const Trainer& trainer) {
  return std::clamp<std::uint64_t>(shuffles_at_once / trainer.samples(), 2, steps_at_once);
}

}  // namespace

LayerwiseTraining::Scratch::Scratch(Arena& arena, const Trainer& trainer, const Chain& chain,
                                    const ParameterLayout& layout)
    : network(arena, chain, layout, static_cast<std::uint32_t>(trainer.batch()), true) {
  const std::size_t tensors_count = layout.tensors().size();
  control = arena.take<StepControl>(1);
  batches = arena.take<BatchRows>(steps_at_once);
  steps = arena.take<TensorStep>(steps_at_once * tensors_count);
  tensors = arena.take<TensorPlace>(tensors_count);
  order = arena.take<std::uint32_t>(epochs_at_once(trainer) * trainer.samples());
  x = arena.take<float>(trainer.batch() * chain.inputs());
}

std::size_t LayerwiseTraining::scratch_bytes(const Trainer& trainer, const Chain& chain,
                                             const ParameterLayout& layout) {
  Arena counting;
  const Scratch scratch(counting, trainer, chain, layout);
  return counting.bytes();
}

LayerwiseTraining::LayerwiseTraining(Device& device, const Trainer& trainer, const Chain& chain,
                                     const ParameterLayout& layout, const DeviceState& state,
                                     const DeviceData& data, void* scratch)
    : device_(device),
      trainer_(trainer),
      chain_(chain),
      layout_(layout),
      state_(state),
      data_(data),
      arena_(scratch),
      scratch_(arena_, trainer, chain, layout),
      window_(epochs_at_once(trainer)) {
  scratch_.network.set_parameters(state.parameters);
  const std::vector<TensorPlace> places = scratch_.network.tensor_places();
  device.copy_in(scratch_.tensors, places.data(), places.size() * sizeof(TensorPlace));
  recorded_ = device.record([this] { enqueue_step(); });
}

void LayerwiseTraining::enqueue_step() const {
  const KernelTable& kernels = device_.kernels();
  const Scratch& s = scratch_;
  const auto batch = static_cast<std::uint32_t>(trainer_.batch());
  const auto inputs = static_cast<std::uint32_t>(chain_.inputs());
  kernels.begin_step(device_, {s.control, s.batches});
  kernels.gather(device_, {s.control, data_.inputs, s.order, s.x, batch, inputs});
  const PassRows pass{s.x, batch, 0, s.control, s.order};
  s.network.forward(device_, pass, chain_.layers.size());
  s.network.loss(device_, pass, data_, 0);
  kernels.finish_step(device_, {s.control, s.network.shares()});
  s.network.backward(device_, pass);
  s.network.shrink(device_);
  Update update{};
  update.control = s.control;
  update.tensors = s.tensors;
  update.steps = s.steps;
  update.tensor_count = static_cast<std::uint32_t>(layout_.tensors().size());
  update.parameters = state_.parameters;
  update.first_moment = state_.first_moment;
  update.second_moment = state_.second_moment;
  kernels.update(device_, update, s.network.largest_tensor());
}

std::uint64_t LayerwiseTraining::most_steps(std::uint64_t step) const {
  const std::uint64_t an_epoch = trainer_.steps_per_epoch();
  return std::min(steps_at_once, epochs_at_once(trainer_) * an_epoch - step % an_epoch);
}

bool LayerwiseTraining::moves(const Tensor& tensor, std::uint64_t step) const {
  const std::uint8_t mask = phase_mask_at(trainer_.phases, step, trainer_.steps_per_epoch());
  return tensor.options.trainable && in_phase(mask, tensor.description.phase_bit);
}

void LayerwiseTraining::draw_shuffles(std::uint64_t first_epoch, std::uint64_t end_epoch) {
  const EpochWindow::Epochs missing = window_.require(first_epoch, end_epoch);
  std::vector<std::uint32_t> order, all;
  for (std::uint64_t epoch = missing.first; epoch < missing.first + missing.count; ++epoch) {
    shuffle_epoch(trainer_, epoch, order);
    all.insert(all.end(), order.begin(), order.end());
  }
  if (all.empty()) return;
  device_.copy_in(scratch_.order + window_.place_of(missing.first) * trainer_.data->samples, all.data(),
                  all.size() * sizeof(std::uint32_t));
}

void LayerwiseTraining::make_tables(std::uint64_t step, std::uint64_t count,
                                    std::vector<std::uint64_t> update_count) {
  const std::uint64_t an_epoch = trainer_.steps_per_epoch();
  const std::size_t samples = trainer_.data->samples, tensors = layout_.tensors().size();
  draw_shuffles(step / an_epoch, (step + count - 1) / an_epoch + 1);
  std::vector<BatchRows> batches;
  std::vector<TensorStep> steps;
  for (std::uint64_t s = step; s < step + count; ++s) {
    const BatchPlace place = batch_place(trainer_, place_after(trainer_, s));
    batches.push_back({static_cast<std::uint32_t>(window_.place_of(place.epoch) * samples + place.first),
                       static_cast<std::uint32_t>(place.count)});
    const double rate = learning_rate_at(trainer_.learning_rate, s, an_epoch);
    for (std::size_t t = 0; t < tensors; ++t) {
      TensorStep entry{};
      entry.moves = moves(layout_.tensors()[t], s) ? 1 : 0;
      if (entry.moves) entry.optimizer = optimizer_step<float>(trainer_.optimizer, rate, ++update_count[t]);
      steps.push_back(entry);
    }
  }
  device_.copy_in(scratch_.batches, batches.data(), batches.size() * sizeof(BatchRows));
  device_.copy_in(scratch_.steps, steps.data(), steps.size() * sizeof(TensorStep));
  device_.clear(scratch_.control, sizeof(StepControl));
}

LayerwiseTraining::Outcome LayerwiseTraining::run(std::uint64_t step, std::uint64_t count,
                                                  std::vector<std::uint64_t>& update_count) {
  make_tables(step, count, update_count);
  for (std::uint64_t i = 0; i < count; ++i) device_.replay(*recorded_);
  StepControl control{};
  device_.copy_out(&control, scratch_.control, sizeof control);
  // Nothing is allocated from the launches on: an exception would lose steps that the device has applied.
  for (std::uint64_t s = step; s < step + control.applied; ++s)
    for (std::size_t t = 0; t < update_count.size(); ++t)
      update_count[t] += moves(layout_.tensors()[t], s) ? 1 : 0;
  return {control.applied, control.halted != 0, control.batch_loss};
}

}  // namespace eigenstudent::cuda
