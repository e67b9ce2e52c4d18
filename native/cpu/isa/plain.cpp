// The instruction set of every machine: SSE2 on x86-64, NEON on arm64, 16-byte vectors elsewhere.
#define ES_ISA plain
#if defined(__aarch64__)
#define ES_ISA_NAME "neon"
#define ES_REGISTERS 32
#else
#define ES_ISA_NAME "plain"
#define ES_REGISTERS 16
#endif
#define ES_VECTOR_BYTES 16
#include "cpu/isa/kernel_source.h"
