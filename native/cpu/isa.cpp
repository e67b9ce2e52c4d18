#include "cpu/isa.h"

#include <cstdlib>

#include "core/errors.h"
#include "cpu/isa/tables.h"

namespace eigenstudent::cpu {
namespace {

struct Isa {
  std::string name;
  Kernels<float> (*float32)();
  Kernels<double> (*float64)();
};

/// Plain first, then by vector length.
std::vector<Isa> runnable() {
  std::vector<Isa> list{{plain::table_float32().isa, plain::table_float32, plain::table_float64}};
#if defined(__x86_64__) && defined(__GNUC__)
  __builtin_cpu_init();
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) {
    list.push_back({"avx2", avx2::table_float32, avx2::table_float64});
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") &&
        __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512bw"))
      list.push_back({"avx512", avx512::table_float32, avx512::table_float64});
  }
#endif
  return list;
}

Isa choose() {
  const std::vector<Isa> list = runnable();
  const char* wanted = std::getenv("EIGENSTUDENT_ISA");
  if (!wanted || !*wanted) return list.back();
  std::string names;
  for (const Isa& isa : list) {
    if (isa.name == wanted) return isa;
    names += (names.empty() ? "" : ", ") + isa.name;
  }
  throw Error("isa_unavailable", "EIGENSTUDENT_ISA: expected one of " + names +
                                     " (what this build and this machine can run), got \"" + wanted +
                                     "\"; unset it to take the best");
}

}  // namespace

std::vector<std::string> isa_available() {
  std::vector<std::string> names;
  for (const Isa& isa : runnable()) names.push_back(isa.name);
  return names;
}

template <>
const Kernels<float>& kernels<float>() {
  static const Kernels<float> table = choose().float32();
  return table;
}

template <>
const Kernels<double>& kernels<double>() {
  static const Kernels<double> table = choose().float64();
  return table;
}

}  // namespace eigenstudent::cpu
