#include "addon/backends.h"

#include "addon/cuda.h"
#include "cpu/cpu_backend.h"
#include "cuda/boundary/client.h"
#include "reference/reference_backend.h"

namespace eigenstudent {

BackendKind read_backend(const Argument& argument) {
  return argument.one_of<BackendKind>(
      {{"reference", BackendKind::reference}, {"cpu", BackendKind::cpu}, {"cuda", BackendKind::cuda}});
}

BackendKind read_host_backend(const Argument& argument) {
  return argument.one_of<BackendKind>({{"reference", BackendKind::reference}, {"cpu", BackendKind::cpu}});
}

std::unique_ptr<Backend> make_backend(BackendKind kind, const std::vector<int>& devices) {
  switch (kind) {
    case BackendKind::reference:
      return make_reference_backend();
    case BackendKind::cpu:
      return make_cpu_backend();
    case BackendKind::cuda:
      break;
  }
  return cuda::make_library_backend(cuda_library(), devices);
}

}  // namespace eigenstudent
