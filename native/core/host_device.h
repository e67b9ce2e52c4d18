// Lets the formulas of core/ compile for the CPU and, under nvcc, for the GPU as well.
#pragma once

#ifdef __CUDACC__
#define ES_HOST_DEVICE __host__ __device__ __forceinline__
#else
#define ES_HOST_DEVICE inline
#endif
