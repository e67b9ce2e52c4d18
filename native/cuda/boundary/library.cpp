// libeigenstudent-cuda: the table of abi.h, over the Backend and the Population of population/.
#include <algorithm>
#include <atomic>
#include <exception>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "core/arithmetic.h"
#include "cuda/boundary/abi.h"
#include "cuda/boundary/blobs.h"
#include "cuda/boundary/library_arrays.h"
#include "cuda/boundary/library_calls.h"
#include "cuda/boundary/library_datasets.h"
#include "cuda/boundary/library_devices.h"

// ES_VERSION comes unquoted from CMake (package.json).
#define ES_TEXT_OF(tokens) #tokens
#define ES_TEXT(tokens) ES_TEXT_OF(tokens)

struct es_backend {
  std::shared_ptr<eigenstudent::Backend> backend;
  std::string engine;
};

struct es_population {
  std::shared_ptr<eigenstudent::Backend> backend;  // outlives the population
  std::unique_ptr<eigenstudent::Population> population;
};

namespace eigenstudent::cuda {

namespace {

static_assert(sizeof(StopFlag) == 1 && StopFlag::is_always_lock_free, "a stop flag is a byte to both sides");
const StopFlag& flag_of(es_stop_flag stop) { return *reinterpret_cast<const StopFlag*>(stop); }

template <class T>
std::span<T> span_of(T* first, std::uint64_t count) {
  return {first, static_cast<std::size_t>(count)};
}

void survey(es_survey* into, es_device* devices, std::uint32_t capacity) {
  *into = {};
  into->emulated = library_is_emulated();
  try {
    const DeviceSurvey found = library_survey();
    into->driver_version = found.driver_version;
    into->runtime_version = found.runtime_version;
    into->device_count = static_cast<std::uint32_t>(found.devices.size());
    copy_text(into->reason, found.reason);
    for (std::size_t i = 0; i < std::min<std::size_t>(found.devices.size(), capacity); ++i) {
      const DeviceDescription& device = found.devices[i];
      copy_text(devices[i].name, device.name);
      devices[i].capability = static_cast<std::uint32_t>(device.capability);
      devices[i].usable = device.usable;
      devices[i].total_bytes = device.total_bytes;
      devices[i].free_bytes = device.free_bytes;
    }
  } catch (const std::exception& failure) {
    copy_text(into->reason, failure.what());
  }
}

// ---- Backends and data ----

int backend_create(const std::int32_t* devices, std::uint64_t count, es_backend** backend, es_error* error) {
  return guarded(error, [&] {
    auto made = std::make_unique<es_backend>();
    made->backend = library_backend(std::vector<int>(devices, devices + count));
    made->engine = made->backend->engine();
    *backend = made.release();
  });
}
void backend_destroy(es_backend* backend) { delete backend; }
const char* backend_engine(const es_backend* backend) { return backend->engine.c_str(); }

int dataset_create(const es_samples* samples, es_dataset** dataset, es_error* error) {
  return guarded(error, [&] { *dataset = new es_dataset{read_samples(*samples)}; });
}
void dataset_destroy(es_dataset* dataset) { delete dataset; }

// ---- Populations ----

int population_create(const es_backend* backend, es_blob spec, const es_dataset* const* data,
                      std::uint64_t data_count, es_population** population, es_error* error) {
  return guarded(error, [&] {
    std::vector<DatasetPtr> datasets;
    for (const es_dataset* one : span_of(data, data_count)) datasets.push_back(one ? one->data : nullptr);
    auto made = std::make_unique<es_population>();
    made->backend = backend->backend;
    made->population = backend->backend->create(read_blob<PopulationSpec>(spec, datasets));
    *population = made.release();
  });
}
void population_destroy(es_population* population) { delete population; }

int run(es_population* population, const std::uint64_t* until_epoch, std::uint64_t count, es_stop_flag stop,
        es_error* error) {
  return guarded(error, [&] { population->population->run(span_of(until_epoch, count), flag_of(stop)); });
}

template <class Struct>
void give(const Struct& found, es_take_blob take, void* taker) {
  ByteWriter writer;
  fields(writer, found);
  take(taker, blob_of(writer));
}

int progress(const es_population* population, std::uint64_t student, es_take_blob take, void* taker,
             es_error* error) {
  return guarded(
      error, [&] { give(population->population->progress(static_cast<std::size_t>(student)), take, taker); });
}

int execution(const es_population* population, std::uint64_t student, es_take_blob take, void* taker,
              es_error* error) {
  return guarded(error, [&] {
    give(population->population->execution(static_cast<std::size_t>(student)), take, taker);
  });
}

int evaluate(es_population* population, const es_dataset* const* data, std::uint64_t data_count,
             es_evaluation* results, std::uint64_t result_count, es_stop_flag stop, es_error* error) {
  return guarded(error, [&] {
    std::vector<DatasetPtr> each;
    for (const es_dataset* one : span_of(data, data_count)) each.push_back(one ? one->data : nullptr);
    std::vector<Evaluation> found;
    for (const es_evaluation& result : span_of(results, result_count))
      found.push_back({result.loss, result.accuracy});  // a student that is left out keeps its old result
    population->population->evaluate(each, found, flag_of(stop));
    for (std::size_t i = 0; i < found.size(); ++i) results[i] = {found[i].loss, found[i].accuracy};
  });
}

int predict(es_population* population, std::uint64_t student, const es_dataset* data, void* outputs,
            es_error* error) {
  return guarded(error, [&] {
    population->population->predict(static_cast<std::size_t>(student), *data->data, outputs);
  });
}

int pruning_curve(es_population* population, std::uint64_t student, std::uint64_t layer,
                  const std::uint32_t* removal_order, std::uint64_t order_count, const es_dataset* data,
                  double* losses, std::uint64_t loss_count, es_stop_flag stop, es_error* error) {
  return guarded(error, [&] {
    population->population->pruning_curve(static_cast<std::size_t>(student), static_cast<std::size_t>(layer),
                                          span_of(removal_order, order_count), *data->data,
                                          span_of(losses, loss_count), flag_of(stop));
  });
}

int read(const es_population* population, std::uint64_t student, std::uint32_t block, void* to,
         es_error* error) {
  return guarded(error, [&] {
    population->population->read(static_cast<std::size_t>(student), static_cast<StateBlock>(block), to);
  });
}

int write(es_population* population, std::uint64_t student, std::uint32_t block, const void* from,
          es_error* error) {
  return guarded(error, [&] {
    population->population->write(static_cast<std::size_t>(student), static_cast<StateBlock>(block), from);
  });
}

int counters(const es_population* population, std::uint64_t student, std::uint64_t* step,
             std::uint64_t* update_count, std::uint64_t tensor_count, es_error* error) {
  return guarded(error, [&] {
    const Counters found = population->population->counters(static_cast<std::size_t>(student));
    *step = found.step;
    std::copy_n(found.update_count.begin(), std::min<std::size_t>(found.update_count.size(), tensor_count),
                update_count);
  });
}

int set_counters(es_population* population, std::uint64_t student, std::uint64_t step,
                 const std::uint64_t* update_count, std::uint64_t tensor_count, es_error* error) {
  return guarded(error, [&] {
    population->population->set_counters(
        static_cast<std::size_t>(student),
        {step, std::vector<std::uint64_t>(update_count, update_count + tensor_count)});
  });
}

int gradient(es_population* population, std::uint64_t student, const es_dataset* data, void* gradient,
             double* data_loss, double* penalty, es_error* error) {
  return guarded(error, [&] {
    const Losses losses =
        population->population->gradient(static_cast<std::size_t>(student), *data->data, gradient);
    *data_loss = losses.data;
    *penalty = losses.penalty;
  });
}

std::uint64_t bytes(const es_population* population) { return population->population->bytes(); }

const es_cuda_table table = {
    .abi = ES_CUDA_ABI,
    .version = ES_TEXT(ES_VERSION),
    .arithmetic = arithmetic_revision,
    .fingerprint = boundary_fingerprint(),
    .survey = survey,
    .backend_create = backend_create,
    .backend_destroy = backend_destroy,
    .backend_engine = backend_engine,
    .dataset_create = dataset_create,
    .dataset_destroy = dataset_destroy,
    .population_create = population_create,
    .population_destroy = population_destroy,
    .run = run,
    .progress = progress,
    .execution = execution,
    .evaluate = evaluate,
    .predict = predict,
    .pruning_curve = pruning_curve,
    .read = read,
    .write = write,
    .counters = counters,
    .set_counters = set_counters,
    .gradient = gradient,
    .bytes = bytes,
    .array_create = array_create,
    .array_destroy = array_destroy,
    .array_write = array_write,
    .array_read = array_read,
    .layer_forward = layer_forward,
    .layer_backward = layer_backward,
};

}  // namespace

}  // namespace eigenstudent::cuda

#if defined(_WIN32)
#define ES_EXPORT __declspec(dllexport)
#else
#define ES_EXPORT __attribute__((visibility("default")))
#endif

extern "C" ES_EXPORT const es_cuda_table* es_cuda_interface(void);
extern "C" ES_EXPORT const es_cuda_table* es_cuda_interface(void) { return &eigenstudent::cuda::table; }
