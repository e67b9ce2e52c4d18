// The tables of every instruction set. The target architecture determines which of them exist.
#pragma once

#include "cpu/kernels.h"

namespace eigenstudent::cpu {

#define ES_DECLARE_TABLES(isa)     \
  namespace isa {                  \
  Kernels<float> table_float32();  \
  Kernels<double> table_float64(); \
  }

ES_DECLARE_TABLES(plain)
ES_DECLARE_TABLES(avx2)
ES_DECLARE_TABLES(avx512)

#undef ES_DECLARE_TABLES

}  // namespace eigenstudent::cpu
