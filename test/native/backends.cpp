#include "backends.h"

#include "cpu/cpu_backend.h"
#include "cpu/layer_kernels.h"
#include "reference/layer.h"
#include "reference/reference_backend.h"

namespace eigenstudent::test {

std::vector<std::unique_ptr<Backend>> backends() {
  std::vector<std::unique_ptr<Backend>> all;
#if !defined(__SANITIZE_THREAD__)  // it has no threads to watch, and takes minutes when watched
  all.push_back(make_reference_backend());
#endif
  all.push_back(make_cpu_backend());
  return all;
}

template <class T>
std::vector<LayerKernels<T>> layer_kernels() {
  return {
      {"reference", reference::layer_forward<T>, reference::layer_backward<T>},
      {"cpu", cpu::layer_forward<T>, cpu::layer_backward<T>},
  };
}

template std::vector<LayerKernels<float>> layer_kernels();
template std::vector<LayerKernels<double>> layer_kernels();

}  // namespace eigenstudent::test
