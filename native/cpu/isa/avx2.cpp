// AVX2 and FMA (Intel Haswell, AMD Zen and later).
#define ES_ISA avx2
#define ES_ISA_NAME "avx2"
#define ES_REGISTERS 16
#define ES_VECTOR_BYTES 32
#include "cpu/isa/kernel_source.h"
