// The float32 multiply-add rate of this card in TFLOP/s, printed as one JSON object with what identifies it: what
// "fraction of peak" divides by. Every thread keeps 16 independent chains of multiply-adds in registers.
//
//   nvcc -O3 -arch=native bench/gpu/fma_peak.cu -o fma_peak && ./fma_peak
#include <cuda_runtime.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <vector>

#define CHECK(call)                                                                                  \
  do {                                                                                               \
    const cudaError_t error = (call);                                                                \
    if (error != cudaSuccess) {                                                                      \
      std::fprintf(stderr, "%s:%d: %s: %s\n", __FILE__, __LINE__, #call, cudaGetErrorString(error)); \
      std::exit(1);                                                                                  \
    }                                                                                                \
  } while (false)

constexpr int chains = 16, rounds = 4096, threads = 256, blocks_per_multiprocessor = 8;

__global__ void multiply_add(float factor, float* out) {
  float sum[chains];
#pragma unroll
  for (int c = 0; c < chains; ++c) sum[c] = static_cast<float>(threadIdx.x + c);
  for (int r = 0; r < rounds; ++r) {
#pragma unroll
    for (int c = 0; c < chains; ++c) sum[c] = fmaf(sum[c], factor, 1.0f);
  }
  float total = 0;
#pragma unroll
  for (int c = 0; c < chains; ++c) total += sum[c];
  if (total == 12345.678f) *out = total;  // never: keeps the chains from being removed
}

int main() {
  cudaDeviceProp card{};
  int driver = 0, runtime = 0;
  CHECK(cudaGetDeviceProperties(&card, 0));
  CHECK(cudaDriverGetVersion(&driver));
  CHECK(cudaRuntimeGetVersion(&runtime));
  float* out = nullptr;
  CHECK(cudaMalloc(&out, sizeof(float)));
  cudaEvent_t start, end;
  CHECK(cudaEventCreate(&start));
  CHECK(cudaEventCreate(&end));
  const int blocks = card.multiProcessorCount * blocks_per_multiprocessor;
  std::vector<float> milliseconds;
  constexpr float warm_up = 500;  // milliseconds, until a card that was idle has its clocks up
  for (float spent = 0; milliseconds.size() < 21;) {
    CHECK(cudaEventRecord(start));
    multiply_add<<<blocks, threads>>>(0.999f, out);
    CHECK(cudaGetLastError());
    CHECK(cudaEventRecord(end));
    CHECK(cudaEventSynchronize(end));
    float time = 0;
    CHECK(cudaEventElapsedTime(&time, start, end));
    if (spent >= warm_up) milliseconds.push_back(time);
    spent += time;
  }
  std::sort(milliseconds.begin(), milliseconds.end());
  const double operations = 2.0 * chains * rounds * threads * blocks;
  std::printf(
      "{\"card\": \"%s\", \"capability\": \"%d.%d\", \"multiprocessors\": %d, \"driver\": \"%d.%d\", "
      "\"cuda\": "
      "\"%d.%d\", \"teraflops\": %.2f}\n",
      card.name, card.major, card.minor, card.multiProcessorCount, driver / 1000, driver % 1000 / 10,
      runtime / 1000, runtime % 1000 / 10, operations / (milliseconds[milliseconds.size() / 2] * 1e9));
  CHECK(cudaFree(out));
  return 0;
}
