#include "cuda/boundary/loader.h"

#include <string>

#include "core/arithmetic.h"
#include "core/errors.h"
#include "cuda/boundary/blobs.h"

#if defined(_WIN32)
#include <windows.h>
#else
#include <dlfcn.h>
#endif

namespace eigenstudent::cuda {

namespace {

#if defined(_WIN32)
void* open_file(const std::string& path) { return LoadLibraryA(path.c_str()); }
void* symbol_of(void* library, const char* name) {
  return reinterpret_cast<void*>(GetProcAddress(static_cast<HMODULE>(library), name));
}
std::string last_failure() { return "error " + std::to_string(GetLastError()); }
#else
// RTLD_LOCAL: its symbols, which include a second copy of core/, stay local.
void* open_file(const std::string& path) { return dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL); }
void* symbol_of(void* library, const char* name) { return dlsym(library, name); }
std::string last_failure() {
  const char* text = dlerror();
  return text ? text : "no reason was given";
}
#endif

[[noreturn]] void refuse(const std::string& what) { throw Error("cuda_unavailable", what); }

}  // namespace

const es_cuda_table& open_library(const std::string& path, const std::string& version) {
  void* library = open_file(path);
  if (!library) refuse("the CUDA library does not load: " + last_failure());
  void* symbol = symbol_of(library, ES_CUDA_INTERFACE);
  if (!symbol) refuse(path + " is not the CUDA library of eigenstudent: it has no " ES_CUDA_INTERFACE);
  const es_cuda_table* table = reinterpret_cast<es_cuda_interface_function>(symbol)();
  if (table->abi != ES_CUDA_ABI)
    refuse(path + " speaks version " + std::to_string(table->abi) + " of the interface, this addon version " +
           std::to_string(ES_CUDA_ABI) + "; build it again");
  if (table->version != version)
    refuse(path + " is of version " + table->version + ", this addon of version " + version +
           "; build it again");
  if (table->arithmetic != arithmetic_revision)
    refuse(path + " has arithmetic of revision " + std::to_string(table->arithmetic) +
           ", this addon of revision " + std::to_string(arithmetic_revision) + "; build it again");
  if (table->fingerprint != boundary_fingerprint())
    refuse(path + " describes students otherwise than this addon, both of version " + version +
           "; build it again");
  return *table;
}

}  // namespace eigenstudent::cuda
