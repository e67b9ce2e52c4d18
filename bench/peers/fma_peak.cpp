// Float32 multiply-adds a core can do in a second: the ceiling that `fractionOfPeak` is a fraction of.
// Compile it for the machine it runs on, with fused multiply-adds: -O3 -march=native -ffp-contract=fast.
// Prints GFLOP/s, the best of several short runs: interruptions only ever make a run slower.
#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdio>

#if defined(__AVX512F__)
constexpr std::size_t vector_bytes = 64;
#elif defined(__AVX__)
constexpr std::size_t vector_bytes = 32;
#else
constexpr std::size_t vector_bytes = 16;
#endif
typedef float Vector __attribute__((vector_size(vector_bytes)));

// Two pipes with a latency of 4 or 5 cycles need 8 to 10 independent chains; 12 still fit 16 registers.
constexpr double chains = 12;
constexpr long rounds = 2'000'000;

/// 2 operations x lanes x chains x rounds. The factor keeps every chain finite: a <- 0.999 a + 0.001 tends
/// to 1. Twelve names and not an array: the compiler keeps an array in memory here, which halves the rate.
static float multiply_add() {
  const Vector f = Vector{} + 0.999f, t = Vector{} + 0.001f;
  Vector a = t, b = f, c = a + t, d = b + t, e = c + t, g = d + t;
  Vector h = e + t, i = g + t, j = h + t, k = i + t, l = j + t, m = k + t;
  for (long round = 0; round < rounds; ++round) {
    a = a * f + t, b = b * f + t, c = c * f + t, d = d * f + t, e = e * f + t, g = g * f + t;
    h = h * f + t, i = i * f + t, j = j * f + t, k = k * f + t, l = l * f + t, m = m * f + t;
  }
  return (a + b + c + d + e + g + h + i + j + k + l + m)[0];
}

int main() {
  constexpr double operations = 2.0 * (vector_bytes / sizeof(float)) * chains * rounds;
  double best = 0;
  volatile float sink = 0;
  for (int repeat = 0; repeat < 12; ++repeat) {
    const auto start = std::chrono::steady_clock::now();
    sink = sink + multiply_add();
    const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - start;
    best = std::max(best, operations / elapsed.count());
  }
  std::printf("%.2f\n", best * 1e-9);
}
