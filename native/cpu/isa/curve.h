// The pruning curve's inner loop (see kernels.h, CurveSweep).
#pragma once

#include "cpu/isa/vector.h"
#include "cpu/kernels.h"

namespace eigenstudent::cpu::ES_ISA {

/// R rows of z in registers, over all nodes: z += w y, out += next f(z). The first rows start out from the bias.
template <bool Relu, int R, class T>
__attribute__((noinline)) static void sweep_rows(const CurveSweep<T>& s, std::size_t row0) {
  using V = Vector<T>;  // three of them are a usual panel
  constexpr int L = lanes_of<V, T>, NV = 3;
  constexpr std::size_t lanes = NV * L;
  V z[R][NV];
#pragma GCC unroll 8
  for (int i = 0; i < R; ++i)
#pragma GCC unroll 3
    for (int j = 0; j < NV; ++j) z[i][j] = load<V>(s.z + (row0 + i) * lanes + j * L);
  for (std::size_t k = 0; k < s.nodes; ++k) {
    const T* w = s.weights + k * s.rows + row0;
    T* out = s.out + k * lanes;
    V y[NV], sum[NV];
#pragma GCC unroll 3
    for (int j = 0; j < NV; ++j) {
      y[j] = load<V>(s.y[k] + j * L);
      sum[j] = row0 == 0 ? broadcast<V>(s.bias) : load<V>(out + j * L);
    }
#pragma GCC unroll 8
    for (int i = 0; i < R; ++i) {
      const V weight = broadcast<V>(w[i]), next = broadcast<V>(s.next[row0 + i]);
#pragma GCC unroll 3
      for (int j = 0; j < NV; ++j) {
        z[i][j] += weight * y[j];
        sum[j] += next * (Relu ? positive_part(z[i][j]) : z[i][j]);
      }
    }
#pragma GCC unroll 3
    for (int j = 0; j < NV; ++j) store<V>(out + j * L, sum[j]);
  }
#pragma GCC unroll 8
  for (int i = 0; i < R; ++i)
#pragma GCC unroll 3
    for (int j = 0; j < NV; ++j) store<V>(s.z + (row0 + i) * lanes + j * L, z[i][j]);
}

template <bool Relu, int R, class T>
ES_INLINE void sweep_rows_of(const CurveSweep<T>& s, std::size_t row0, std::size_t rows) {
  if constexpr (R > 1) {
    if (rows < R) return sweep_rows_of<Relu, R - 1>(s, row0, rows);
  }
  sweep_rows<Relu, R>(s, row0);
}

template <class T>
static void curve_sweep(const CurveSweep<T>& s) {
  constexpr std::size_t most = ES_REGISTERS == 32 ? 7 : 3;
  const std::size_t passes = (s.rows + most - 1) / most;
  for (std::size_t pass = 0, row0 = 0; pass < passes; ++pass) {
    const std::size_t rows = (s.rows - row0 + passes - pass - 1) / (passes - pass);
    if (s.relu)
      sweep_rows_of<true, most>(s, row0, rows);
    else
      sweep_rows_of<false, most>(s, row0, rows);
    row0 += rows;
  }
}

}  // namespace eigenstudent::cpu::ES_ISA
