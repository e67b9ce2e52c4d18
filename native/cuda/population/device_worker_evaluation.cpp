// The part of a DeviceWorker that evaluates students without changing them.
#include <algorithm>

#include "cuda/population/device_worker.h"

namespace eigenstudent::cuda {

namespace {

/// Also when an evaluation throws.
struct BackToFirstStream {
  Device& device;
  ~BackToFirstStream() {
    try {
      device.use_stream(0);
    } catch (const Error&) {  // the device has failed, and its next call reports it again
    }
  }
};

}  // namespace

DeviceStudent DeviceWorker::evaluating(std::size_t member, DeviceBlock& uploaded, int stream) {
  const DeviceMember& m = members_[member];
  const float* parameters = m.blocks.parameters;
  if (!m.on_device) {
    uploaded = DeviceBlock(*device_, m.layout->size() * sizeof(float));
    device_->use_stream(stream);
    device_->copy_in(uploaded.as<float>(), m.host->parameters.data(), uploaded.bytes());
    parameters = uploaded.as<float>();
  }
  return {*device_, scratch_[static_cast<std::size_t>(stream)], *m.chain, *m.layout, parameters};
}

template <class Use>
auto DeviceWorker::with_answers_of(std::size_t member, const Dataset& data, const Use& use) {
  DeviceBlock uploaded;
  const DeviceStudent student = evaluating(member, uploaded, 0);
  const auto found = data_.find(&data);
  if (found != data_.end() && found->second.device && !found->second.host.expired())
    return use(student, *found->second.device);
  const DeviceData temporary(*device_, data);
  return use(student, temporary);
}

void DeviceWorker::evaluate(std::span<const std::size_t> members, std::span<const DatasetPtr> data,
                            std::span<Evaluation> results, const StopFlag& stop) {
  const BackToFirstStream at_the_end{*device_};
  device_->synchronize();  // other streams read what one stream has written
  for (std::size_t first = 0; first < members.size(); first += evaluation_lanes) {
    const std::size_t count = std::min(evaluation_lanes, members.size() - first);
    make_room_for(data.subspan(first, count));
    std::vector<DeviceBlock> uploaded(count);
    std::vector<EvaluationRequest> requests;
    for (std::size_t i = 0; i < count; ++i) {
      const int stream = static_cast<int>(i);
      requests.push_back({evaluating(members[first + i], uploaded[i], stream),
                          &data_on_device(data[first + i]), stream, &results[first + i]});
    }
    cuda::evaluate(requests, stop);
  }
}

/// Drops data sets that no longer exist, and all data sets where the new ones would not fit otherwise.
void DeviceWorker::make_room_for(std::span<const DatasetPtr> data) {
  std::size_t missing = 0;
  for (const DatasetPtr& set : data)
    if (!data_.count(set.get())) missing += DeviceData::bytes_of(*set);
  drop_data(missing > 0 && missing > device_->memory().free_bytes);
}

void DeviceWorker::predict(std::size_t member, const Dataset& data, float* outputs) {
  with_answers_of(member, data, [&](const DeviceStudent& student, const DeviceData& on_device) {
    cuda::predict(student, on_device, outputs);
  });
}

double DeviceWorker::gradient(std::size_t member, const Dataset& data, float* to) {
  return with_answers_of(member, data, [&](const DeviceStudent& student, const DeviceData& on_device) {
    return cuda::gradient(student, on_device, to);
  });
}

void DeviceWorker::pruning_curve(std::size_t member, std::size_t layer,
                                 std::span<const std::uint32_t> removal_order, const Dataset& data,
                                 std::span<double> losses, const StopFlag& stop) {
  with_answers_of(member, data, [&](const DeviceStudent& student, const DeviceData& on_device) {
    cuda::pruning_curve(student, layer, removal_order, on_device, losses, stop);
  });
}

}  // namespace eigenstudent::cuda
