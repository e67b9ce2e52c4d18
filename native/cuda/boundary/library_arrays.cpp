#include "cuda/boundary/library_arrays.h"

#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "core/errors.h"
#include "core/layer_arguments.h"
#include "cuda/boundary/library_calls.h"
#include "cuda/boundary/library_devices.h"
#include "cuda/device/device_layer.h"

struct es_array {
  eigenstudent::cuda::DeviceArray array;
};

namespace eigenstudent::cuda {

namespace {

/// A device belongs to one host thread at a time, and arrays may come from several (worker threads).
std::mutex& one_at_a_time() {
  static std::mutex mutex;
  return mutex;
}

/// The device of all arrays with this index; it stays open as long as one of them is there.
std::shared_ptr<Device> shared_device(int index) {
  static std::map<int, std::weak_ptr<Device>> devices;
  std::shared_ptr<Device> device = devices[index].lock();
  if (!device) devices[index] = device = library_device(index);
  return device;
}

void check_count(const es_array* array, std::uint64_t count, const char* what) {
  if (array->array.size() != count)
    throw Error("invalid_argument", std::string(what) + ": expected " + std::to_string(count) +
                                        " numbers, got an array of " + std::to_string(array->array.size()));
}

/// Reads the arrays of one call: of the right length, on one device.
class Arrays {
 public:
  explicit Arrays(const es_array* first) : device_(&first->array.device()) {}

  Device& device() const { return *device_; }
  /// Null stays null.
  float* of(const es_array* array, std::uint64_t rows, std::uint64_t columns, const char* what) const {
    if (!array) return nullptr;
    check_count(array, rows * columns, what);
    if (&array->array.device() != device_)
      throw Error("invalid_argument",
                  std::string(what) + ": expected an array on the device of x, got another");
    return array->array.data();
  }

 private:
  Device* device_;
};

void check_there(const void* array, const char* what) {
  if (!array) throw Error("invalid_argument", std::string("expected an array for ") + what + ", got none");
}

LayerForward<float> read_forward(const Arrays& arrays, const es_layer_forward& from) {
  const std::uint64_t b = from.batch, i = from.inputs, o = from.outputs;
  return {static_cast<std::size_t>(b),
          static_cast<std::size_t>(i),
          static_cast<std::size_t>(o),
          static_cast<Activation>(from.activation),
          arrays.of(from.x, b, i, "x"),
          arrays.of(from.matrix, o, i, "matrix"),
          arrays.of(from.eigenvalues_in, 1, i, "eigenvaluesIn"),
          arrays.of(from.eigenvalues_out, 1, o, "eigenvaluesOut"),
          arrays.of(from.bias, 1, o, "bias"),
          arrays.of(from.z, b, o, "z"),
          arrays.of(from.y, b, o, "y")};
}

LayerBackward<float> read_backward(const Arrays& arrays, const es_layer_backward& from) {
  const std::uint64_t b = from.batch, i = from.inputs, o = from.outputs;
  return {static_cast<std::size_t>(b),
          static_cast<std::size_t>(i),
          static_cast<std::size_t>(o),
          arrays.of(from.x, b, i, "x"),
          arrays.of(from.matrix, o, i, "matrix"),
          arrays.of(from.eigenvalues_in, 1, i, "eigenvaluesIn"),
          arrays.of(from.eigenvalues_out, 1, o, "eigenvaluesOut"),
          arrays.of(from.delta, b, o, "delta"),
          arrays.of(from.grad_matrix, o, i, "gradMatrix"),
          arrays.of(from.grad_eigenvalues_in, 1, i, "gradEigenvaluesIn"),
          arrays.of(from.grad_eigenvalues_out, 1, o, "gradEigenvaluesOut"),
          arrays.of(from.grad_bias, 1, o, "gradBias"),
          arrays.of(from.grad_x, b, i, "gradX")};
}

}  // namespace

int array_create(std::int32_t device, std::uint64_t count, es_array** array, es_error* error) {
  return guarded(error, [&] {
    const std::lock_guard lock(one_at_a_time());
    *array = new es_array{DeviceArray(shared_device(device), static_cast<std::size_t>(count))};
  });
}

void array_destroy(es_array* array) {
  const std::lock_guard lock(one_at_a_time());
  delete array;
}

int array_write(es_array* array, const float* from, std::uint64_t count, es_error* error) {
  return guarded(error, [&] {
    const std::lock_guard lock(one_at_a_time());
    check_count(array, count, "from");
    array->array.write(from);
  });
}

int array_read(const es_array* array, float* to, std::uint64_t count, es_error* error) {
  return guarded(error, [&] {
    const std::lock_guard lock(one_at_a_time());
    check_count(array, count, "into");
    array->array.read(to);
  });
}

int layer_forward(const es_layer_forward* layer, double* milliseconds, es_error* error) {
  return guarded(error, [&] {
    const std::lock_guard lock(one_at_a_time());
    check_there(layer->x, "x");
    check_there(layer->matrix, "matrix");
    check_there(layer->y, "y");
    const Arrays arrays(layer->x);
    *milliseconds = 1e3 * layer_forward(arrays.device(), read_forward(arrays, *layer));
  });
}

int layer_backward(const es_layer_backward* layer, double* milliseconds, es_error* error) {
  return guarded(error, [&] {
    const std::lock_guard lock(one_at_a_time());
    check_there(layer->x, "x");
    check_there(layer->matrix, "matrix");
    check_there(layer->delta, "delta");
    const Arrays arrays(layer->x);
    *milliseconds = 1e3 * layer_backward(arrays.device(), read_backward(arrays, *layer));
  });
}

}  // namespace eigenstudent::cuda
