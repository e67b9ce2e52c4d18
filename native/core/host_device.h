// Lets the formulas of core/ compile for the CPU and, under nvcc, for the GPU as well.
#pragma once

#ifdef __CUDACC__
#define ES_HOST_DEVICE __host__ __device__ __forceinline__
#else
// Always inlined: the files compiled per instruction set must not define a shared copy of a formula with AVX
// instructions.
#if defined(__GNUC__)
#define ES_HOST_DEVICE inline __attribute__((always_inline))
#else
#define ES_HOST_DEVICE inline
#endif
#endif
