#include "addon/backends.h"

#include "cpu/cpu_backend.h"
#include "reference/reference_backend.h"

namespace eigenstudent {

BackendKind read_backend(const Argument& argument) {
  return argument.one_of<BackendKind>({{"reference", BackendKind::reference}, {"cpu", BackendKind::cpu}});
}

std::unique_ptr<Backend> make_backend(BackendKind kind) {
  return kind == BackendKind::reference ? make_reference_backend() : make_cpu_backend();
}

}  // namespace eigenstudent
