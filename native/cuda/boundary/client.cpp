#include "cuda/boundary/client.h"

#include <utility>

#include "core/errors.h"
#include "cuda/boundary/blobs.h"
#include "cuda/boundary/client_datasets.h"
#include "cuda/population/refusal.h"
#include "executor/hessian_product.h"

namespace eigenstudent::cuda {

namespace {

/// More GPUs than a machine has; arbitrary.
constexpr std::uint32_t most_devices = 64;

es_stop_flag address_of(const StopFlag& stop) { return reinterpret_cast<es_stop_flag>(&stop); }

class LibraryPopulation final : public Population {
 public:
  LibraryPopulation(const es_cuda_table& library, const es_backend* backend, const PopulationSpec& spec)
      : library_(library), datasets_(library), owner_(nullptr, library.population_destroy) {
    ByteWriter writer;
    fields(writer, spec);
    std::vector<const es_dataset*> data;
    for (const DatasetPtr& one : writer.datasets) data.push_back(datasets_.of(one));
    call(library.population_create, backend, blob_of(writer), data.data(), data.size(), &population_);
    owner_.reset(population_);
    // After the library's checks: a graph needs a valid network.
    for (const StudentSpec& student : spec.students) {
      networks_.emplace_back(student.network);
      objectives_.push_back(student.objective);
    }
  }

  std::size_t size() const override { return networks_.size(); }
  const Graph& network(std::size_t student) const override {
    if (student >= networks_.size())
      throw Error("invalid_argument", "expected a student from 0 to " + std::to_string(networks_.size() - 1) +
                                          ", got " + std::to_string(student));
    return networks_[student];
  }

  Execution execution(std::size_t student) const override {
    return given<Execution>(library_.execution, student);
  }

  void run(std::span<const std::uint64_t> until_epoch, const StopFlag& stop) override {
    call(library_.run, population_, until_epoch.data(), until_epoch.size(), address_of(stop));
  }

  Progress progress(std::size_t student) const override {
    return given<Progress>(library_.progress, student);
  }

  void evaluate(std::span<const DatasetPtr> data, std::span<Evaluation> results, const StopFlag& stop,
                Statistics /*statistics*/) override {
    std::vector<const es_dataset*> each;
    for (const DatasetPtr& one : data) each.push_back(datasets_.of(one));
    std::vector<es_evaluation> found;
    for (const Evaluation& result : results) found.push_back({result.loss, result.accuracy});
    call(library_.evaluate, population_, each.data(), each.size(), found.data(), found.size(),
         address_of(stop));
    for (std::size_t i = 0; i < results.size(); ++i) results[i] = {found[i].loss, found[i].accuracy};
  }

  void predict(std::size_t student, const Dataset& data, void* outputs, Statistics /*statistics*/) override {
    std::unique_ptr<LibraryDataset> room;
    call(library_.predict, population_, student, datasets_.of(data, room), outputs);
  }

  void pruning_curve(std::size_t student, std::size_t layer, std::span<const std::uint32_t> removal_order,
                     const Dataset& data, std::span<double> losses, const StopFlag& stop,
                     Statistics /*statistics*/, std::span<const std::uint32_t> /*points*/) override {
    std::unique_ptr<LibraryDataset> room;
    call(library_.pruning_curve, population_, student, layer, removal_order.data(), removal_order.size(),
         datasets_.of(data, room), losses.data(), losses.size(), address_of(stop));
  }

  /// Its networks have no running statistics.
  void recalibrate(std::size_t, const Dataset&, std::size_t, const StopFlag&) override {}

  void read(std::size_t student, StateBlock block, void* to) const override {
    call(library_.read, population_, student, static_cast<std::uint32_t>(block), to);
  }
  void write(std::size_t student, StateBlock block, const void* from) override {
    call(library_.write, population_, student, static_cast<std::uint32_t>(block), from);
  }

  void set_data(std::size_t student, DatasetPtr) override {
    network(student);  // checks the index
    refuse_streams(student, true);
  }

  Counters counters(std::size_t student) const override {
    Counters counters;
    counters.update_count.resize(layout(student).tensors().size());
    call(library_.counters, population_, student, &counters.step, counters.update_count.data(),
         counters.update_count.size());
    return counters;
  }
  void set_counters(std::size_t student, const Counters& counters) override {
    call(library_.set_counters, population_, student, counters.step, counters.update_count.data(),
         counters.update_count.size());
  }

  Losses gradient(std::size_t student, const Dataset& data, void* gradient,
                  const GradientOptions& options) override {
    refuse_input_gradients(options);
    std::unique_ptr<LibraryDataset> room;
    Losses losses;
    call(library_.gradient, population_, student, datasets_.of(data, room), gradient, &losses.data,
         &losses.penalty);
    return losses;
  }

  /// On the host.
  void hessian_product(std::size_t student, const Dataset& data, const void* direction, void* product,
                       Statistics statistics) override {
    network(student);  // checks the index
    eigenstudent::hessian_product(*this, student, objectives_[student], DType::float32, data, statistics,
                                  direction, product);
  }
  std::vector<std::uint32_t> oracle_order(std::size_t, std::size_t, const Dataset&,
                                          const StopFlag&) override {
    refuse_oracle();
  }

  std::size_t bytes() const override { return static_cast<std::size_t>(library_.bytes(population_)); }

 private:
  template <class Function, class... Arguments>
  static void call(Function* function, Arguments... arguments) {
    es_error error{};
    check(function(arguments..., &error), error);
  }

  /// The result of a function of the table for a student.
  template <class Struct, class Function>
  Struct given(Function* function, std::size_t student) const {
    std::vector<std::uint8_t> bytes;
    const es_take_blob take = [](void* taker, es_blob blob) noexcept {
      static_cast<std::vector<std::uint8_t>*>(taker)->assign(blob.bytes, blob.bytes + blob.size);
    };
    call(function, static_cast<const es_population*>(population_), student, take, static_cast<void*>(&bytes));
    return read_blob<Struct>({bytes.data(), bytes.size()});
  }

  const es_cuda_table& library_;
  LibraryDatasets datasets_;
  es_population* population_ = nullptr;
  std::unique_ptr<es_population, void (*)(es_population*)> owner_;
  std::vector<Graph> networks_;
  std::vector<Objective> objectives_;
};

class LibraryBackend final : public Backend {
 public:
  LibraryBackend(const es_cuda_table& library, std::span<const int> devices) : library_(library) {
    const std::vector<std::int32_t> indices(devices.begin(), devices.end());
    es_error error{};
    check(library.backend_create(indices.data(), indices.size(), &backend_, &error), error);
  }
  ~LibraryBackend() override { library_.backend_destroy(backend_); }
  LibraryBackend(const LibraryBackend&) = delete;
  LibraryBackend& operator=(const LibraryBackend&) = delete;

  std::string name() const override { return "cuda"; }
  std::string engine() const override { return library_.backend_engine(backend_); }
  std::string refusal(const NetworkSpec& network, const Objective& objective) const override {
    return refusal_of(network, objective);
  }
  std::unique_ptr<Population> create(PopulationSpec spec) const override {
    return std::make_unique<LibraryPopulation>(library_, backend_, spec);
  }

 private:
  const es_cuda_table& library_;
  es_backend* backend_ = nullptr;
};

}  // namespace

Survey survey(const es_cuda_table& library) {
  es_survey found{};
  std::vector<es_device> devices(most_devices);
  library.survey(&found, devices.data(), most_devices);
  Survey survey{found.driver_version, found.runtime_version, found.emulated != 0, found.reason, {}};
  for (std::uint32_t i = 0; i < found.device_count && i < most_devices; ++i) {
    const es_device& device = devices[i];
    survey.devices.push_back({static_cast<int>(i), device.name, static_cast<int>(device.capability),
                              device.usable != 0, device.total_bytes, device.free_bytes});
  }
  return survey;
}

std::unique_ptr<Backend> make_library_backend(const es_cuda_table& library, std::span<const int> devices) {
  return std::make_unique<LibraryBackend>(library, devices);
}

}  // namespace eigenstudent::cuda
