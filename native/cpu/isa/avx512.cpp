// AVX-512 F, VL, DQ and BW (Intel Skylake-SP, AMD Zen 4 and later).
#define ES_ISA avx512
#define ES_ISA_NAME "avx512"
#define ES_REGISTERS 32
#define ES_VECTOR_BYTES 64
#include "cpu/isa/kernel_source.h"
