// The vector types of one instruction set. Included by kernel_source.h only, inside a namespace of its own
// for each instruction set; compiler vector extensions, so that one source serves all of them.
//
// The including file defines:
//   ES_UNIT_BYTES   narrowest panel, and the vector used by everything but the widest product tiles
//   ES_WIDE_BYTES   the widest vector (equal to ES_UNIT_BYTES, or twice it)
//   ES_REGISTERS    vector registers, 16 or 32

#pragma once

#include <cstddef>

#if defined(__x86_64__) || defined(_M_X64)
#include <immintrin.h>
#elif defined(__aarch64__)
#include <arm_neon.h>
#endif

#pragma GCC diagnostic ignored "-Wpsabi"  // no vector crosses a function boundary that is not inlined

namespace eigenstudent::cpu::ES_ISA {

template <class T, int Bytes>
struct VectorOf {
  typedef T type __attribute__((vector_size(Bytes)));
};
template <class T>
using UnitVector = typename VectorOf<T, ES_UNIT_BYTES>::type;
template <class T>
using WideVector = typename VectorOf<T, ES_WIDE_BYTES>::type;

template <class V, class T>
constexpr int lanes_of = static_cast<int>(sizeof(V) / sizeof(T));

#define ES_INLINE static inline __attribute__((always_inline))

template <class V, class T>
ES_INLINE V load(const T* from) {
  V value;
  __builtin_memcpy(&value, from, sizeof(V));  // compiles to one unaligned load
  return value;
}

template <class V, class T>
ES_INLINE void store(T* to, V value) {
  __builtin_memcpy(to, &value, sizeof(V));
}

template <class V, class T>
ES_INLINE V broadcast(T value) {
  return value - V{};  // x - 0 is x for every x, -0 included, so this folds to one broadcast
}

#if defined(__AVX512F__)
ES_INLINE VectorOf<float, 64>::type square_root(VectorOf<float, 64>::type x) {
  return (VectorOf<float, 64>::type)_mm512_sqrt_ps((__m512)x);
}
ES_INLINE VectorOf<double, 64>::type square_root(VectorOf<double, 64>::type x) {
  return (VectorOf<double, 64>::type)_mm512_sqrt_pd((__m512d)x);
}
#endif
#if defined(__AVX__)
ES_INLINE VectorOf<float, 32>::type square_root(VectorOf<float, 32>::type x) {
  return (VectorOf<float, 32>::type)_mm256_sqrt_ps((__m256)x);
}
ES_INLINE VectorOf<double, 32>::type square_root(VectorOf<double, 32>::type x) {
  return (VectorOf<double, 32>::type)_mm256_sqrt_pd((__m256d)x);
}
#elif defined(__SSE2__)
ES_INLINE VectorOf<float, 16>::type square_root(VectorOf<float, 16>::type x) {
  return (VectorOf<float, 16>::type)_mm_sqrt_ps((__m128)x);
}
ES_INLINE VectorOf<double, 16>::type square_root(VectorOf<double, 16>::type x) {
  return (VectorOf<double, 16>::type)_mm_sqrt_pd((__m128d)x);
}
#elif defined(__ARM_NEON) && defined(__aarch64__)
ES_INLINE VectorOf<float, 16>::type square_root(VectorOf<float, 16>::type x) {
  return (VectorOf<float, 16>::type)vsqrtq_f32((float32x4_t)x);
}
ES_INLINE VectorOf<double, 16>::type square_root(VectorOf<double, 16>::type x) {
  return (VectorOf<double, 16>::type)vsqrtq_f64((float64x2_t)x);
}
#else
template <class V>
ES_INLINE V square_root(V x) {
  for (unsigned i = 0; i < sizeof(V) / sizeof(x[0]); ++i) x[i] = __builtin_sqrt(x[i]);
  return x;
}
#endif

/// Sum of the lanes, always in the same order: halves first.
template <class T, class V>
ES_INLINE T horizontal_sum(V value) {
  T lane[sizeof(V) / sizeof(T)];
  __builtin_memcpy(lane, &value, sizeof(V));
  for (unsigned half = sizeof(V) / sizeof(T) / 2; half > 0; half /= 2)
    for (unsigned i = 0; i < half; ++i) lane[i] += lane[i + half];
  return lane[0];
}

}  // namespace eigenstudent::cpu::ES_ISA
