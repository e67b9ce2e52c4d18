// The vector types of one instruction set. Included by kernel_source.h only, inside a namespace of its own
// for each instruction set; compiler vector extensions, so that one source serves all of them.
//
// The including file defines:
//   ES_VECTOR_BYTES   a vector
//   ES_REGISTERS      vector registers, 16 or 32

#pragma once

#include <cstddef>

#if defined(__x86_64__) || defined(_M_X64)
#include <immintrin.h>
#elif defined(__aarch64__)
#include <arm_neon.h>
#endif

#pragma GCC diagnostic ignored "-Wpsabi"  // no vector crosses a function boundary that is not inlined
// GCC's own AVX-512 intrinsics start from an undefined value.
#pragma GCC diagnostic ignored "-Wuninitialized"
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"

namespace eigenstudent::cpu::ES_ISA {

template <class T, int Bytes>
struct VectorOf {
  typedef T type __attribute__((vector_size(Bytes)));
};
template <class T>
using Vector = typename VectorOf<T, ES_VECTOR_BYTES>::type;

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

// max(x, 0), and NaN for NaN: of two operands one of which is NaN the instruction returns the second.
#if defined(__AVX512F__)
ES_INLINE VectorOf<float, 64>::type positive_part(VectorOf<float, 64>::type x) {
  return (VectorOf<float, 64>::type)_mm512_max_ps(_mm512_setzero_ps(), (__m512)x);
}
ES_INLINE VectorOf<double, 64>::type positive_part(VectorOf<double, 64>::type x) {
  return (VectorOf<double, 64>::type)_mm512_max_pd(_mm512_setzero_pd(), (__m512d)x);
}
#endif
#if defined(__AVX__)
ES_INLINE VectorOf<float, 32>::type positive_part(VectorOf<float, 32>::type x) {
  return (VectorOf<float, 32>::type)_mm256_max_ps(_mm256_setzero_ps(), (__m256)x);
}
ES_INLINE VectorOf<double, 32>::type positive_part(VectorOf<double, 32>::type x) {
  return (VectorOf<double, 32>::type)_mm256_max_pd(_mm256_setzero_pd(), (__m256d)x);
}
#else
template <class V>
ES_INLINE V positive_part(V x) {
  const V zero{};
  return x < zero ? zero : x;
}
#endif

// Sums of many vectors at once: vectors are folded in pairs, each fold adding two shuffles of both, until one is left whose
// lane i is the sum of vector i. First within blocks of 16 bytes, then across them: patterns that are one instruction.
template <int... I>
struct Indices {};
#if defined(__clang__)
#define ES_SHUFFLE(a, b, ...) __builtin_shufflevector(a, b, __VA_ARGS__)
template <class, int... I>
struct IndicesOf {
  using type = Indices<I...>;
};
template <int N>
using IndicesBelow = typename __make_integer_seq<IndicesOf, int, N>::type;
#else
#define ES_SHUFFLE(a, b, ...) __builtin_shuffle(a, b, decltype(a < b){__VA_ARGS__})
template <int N>
using IndicesBelow = Indices<__integer_pack(N)...>;
#endif

/// Where lane i of a fold comes from: a's lanes count from 0, b's from `lanes`. `part` 0 or 1: the two that are added.
constexpr int fold_source(int i, int lanes, int block, int run, int part) {
  if (run < block) {  // within blocks: runs of a and of b in turn
    const int r = i % block, from_b = r / run % 2;
    return i - r + r / (2 * run) * run + r % run + part * block / 2 + from_b * lanes;
  }
  const int half = lanes / block / 2, out = i / block;  // across: even and odd blocks of a, then of b
  return (2 * (out % half) + part) * block + i % block + out / half * lanes;
}

template <int Run, class V, int... I>
ES_INLINE V fold_pair(V a, V b, Indices<I...>) {
  constexpr int lanes = sizeof...(I), block = 16 / static_cast<int>(sizeof(a[0]));
  return ES_SHUFFLE(a, b, fold_source(I, lanes, block, Run, 0)...) +
         ES_SHUFFLE(a, b, fold_source(I, lanes, block, Run, 1)...);
}

/// Lane i = the sum of the lanes of v[i], for as many vectors as one has lanes.
template <int Run = 1, class V>
ES_INLINE V sums_of_each(const V* v) {
  constexpr int lanes = sizeof(V) / sizeof((*v)[0]);
  if constexpr (Run == lanes) {
    return v[0];
  } else {
    V folded[lanes / Run / 2];
#pragma GCC unroll 16
    for (int i = 0; i < lanes / Run / 2; ++i)
      folded[i] = fold_pair<Run>(v[2 * i], v[2 * i + 1], IndicesBelow<lanes>{});
    return sums_of_each<2 * Run>(folded);
  }
}

// One vector from pieces of 16 bytes, from as many places.
template <class T>
ES_INLINE typename VectorOf<T, 16>::type load_pieces(const T* const (&from)[1]) {
  return load<typename VectorOf<T, 16>::type>(from[0]);
}
#if defined(__AVX__)
template <class T>
ES_INLINE __m128 load_piece(const T* from) {
  return _mm_loadu_ps(reinterpret_cast<const float*>(from));
}
template <class T>
ES_INLINE typename VectorOf<T, 32>::type load_pieces(const T* const (&from)[2]) {
  const __m256 low = _mm256_castps128_ps256(load_piece(from[0]));
  return (typename VectorOf<T, 32>::type)_mm256_insertf128_ps(low, load_piece(from[1]), 1);
}
#endif
#if defined(__AVX512F__)
template <class T>
ES_INLINE typename VectorOf<T, 64>::type load_pieces(const T* const (&from)[4]) {
  __m512 all = _mm512_castps128_ps512(load_piece(from[0]));
  all = _mm512_insertf32x4(all, load_piece(from[1]), 1);
  all = _mm512_insertf32x4(all, load_piece(from[2]), 2);
  return (typename VectorOf<T, 64>::type)_mm512_insertf32x4(all, load_piece(from[3]), 3);
}
#endif

/// Where lane i of a shuffle comes from that does the same to every 16 bytes: `pattern` counts a's lanes, then b's.
template <int N>
constexpr int source_in_block(int i, int lanes, const int (&pattern)[N]) {
  const int from = pattern[i % N];
  return i / N * N + from % N + (from < N ? 0 : lanes);
}
template <int P0, int P1, int P2, int P3, class V, int... I>
ES_INLINE V shuffle_blocks(V a, V b, Indices<I...>) {
  constexpr int pattern[] = {P0, P1, P2, P3};
  return ES_SHUFFLE(a, b, source_in_block(I, sizeof...(I), pattern)...);
}
template <int P0, int P1, class V, int... I>
ES_INLINE V shuffle_blocks(V a, V b, Indices<I...>) {
  constexpr int pattern[] = {P0, P1};
  return ES_SHUFFLE(a, b, source_in_block(I, sizeof...(I), pattern)...);
}

/// Square blocks of 16-byte pieces, transposed in place: piece p of v[j] holds what stood in lane j of piece p of all v.
template <class V>
ES_INLINE void transpose_blocks(V (&v)[4]) {
  const IndicesBelow<lanes_of<V, float>> all;
  const V a = shuffle_blocks<0, 4, 1, 5>(v[0], v[1], all), b = shuffle_blocks<0, 4, 1, 5>(v[2], v[3], all);
  const V c = shuffle_blocks<2, 6, 3, 7>(v[0], v[1], all), d = shuffle_blocks<2, 6, 3, 7>(v[2], v[3], all);
  v[0] = shuffle_blocks<0, 1, 4, 5>(a, b, all);
  v[1] = shuffle_blocks<2, 3, 6, 7>(a, b, all);
  v[2] = shuffle_blocks<0, 1, 4, 5>(c, d, all);
  v[3] = shuffle_blocks<2, 3, 6, 7>(c, d, all);
}
template <class V>
ES_INLINE void transpose_blocks(V (&v)[2]) {
  const IndicesBelow<lanes_of<V, double>> all;
  const V a = v[0], b = v[1];
  v[0] = shuffle_blocks<0, 2>(a, b, all);
  v[1] = shuffle_blocks<1, 3>(a, b, all);
}

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
