// Activations, weight forming and the optimiser pass.
#pragma once

#include <cstddef>

#include "core/activations.h"
#include "core/optimizer.h"
#include "core/spectral_math.h"
#include "cpu/isa/vector.h"
#include "cpu/kernels.h"

namespace eigenstudent::cpu::ES_ISA {

/// f applied to an array, with the choice of f outside the loop so that the simple ones vectorise.
template <Activation F, class T>
ES_INLINE void activate_all(double slope, const T* z, T* y, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) y[i] = eigenstudent::activate({F, slope}, z[i]);
}

template <Activation F, class T>
ES_INLINE void differentiate_all(double slope, const T* z, const T* y, T* delta, std::size_t count) {
  // Where f' follows from y, sign(y) = sign(z) wherever f' looks at the sign of z.
  const T* argument = derivative_needs_z(F) ? z : y;
  for (std::size_t i = 0; i < count; ++i) delta[i] *= activation_derivative({F, slope}, argument[i], y[i]);
}

#define ES_EACH_ACTIVATION(CASE) \
  CASE(linear)                   \
  CASE(relu)                     \
  CASE(leaky_relu)               \
  CASE(elu) CASE(tanh) CASE(sigmoid) CASE(softplus) CASE(gelu) CASE(erf) CASE(quadratic) CASE(scaled_erf)

template <class T>
static void activate(ActivationFunction f, const T* z, T* y, std::size_t count) {
  switch (f.kind) {
#define ES_CASE(name)    \
  case Activation::name: \
    return activate_all<Activation::name>(f.slope, z, y, count);
    ES_EACH_ACTIVATION(ES_CASE)
#undef ES_CASE
  }
}

template <class T>
static void activation_backward(ActivationFunction f, const T* z, const T* y, T* delta, std::size_t count) {
  switch (f.kind) {
#define ES_CASE(name)    \
  case Activation::name: \
    return differentiate_all<Activation::name>(f.slope, z, y, delta, count);
    ES_EACH_ACTIVATION(ES_CASE)
#undef ES_CASE
  }
}

/// The optimiser on one vector of parameters: core/optimizer.h lane by lane. `real` has all bits set in the
/// lanes that hold parameters; padding lanes keep their zeros even where 0/0 arises (epsilon = 0).
template <class V, class M, class T>
ES_INLINE void update_lanes(const OptimizerStep<T>& step, T l1, T l2, V gradient, T* p, T* m, T* v, M real) {
  const V zero{};
  const V parameter = load<V>(p);
  gradient += (T(2) * l2) * parameter;
  if (l1 != T(0)) {
    const V up = broadcast<V>(l1), down = -up;
    gradient += parameter > zero ? up : (parameter < zero ? down : zero);
  }
  V updated, first, second = zero;
  if (step.kind == OptimizerKind::sgd) {
    first = step.momentum * load<V>(m) + gradient;
    updated = parameter - step.learning_rate * (step.nesterov ? gradient + step.momentum * first : first);
  } else {
    first = step.beta1 * load<V>(m) + step.one_minus_beta1 * gradient;
    second = step.beta2 * load<V>(v) + step.one_minus_beta2 * gradient * gradient;
    updated = parameter * step.decay -
              step.correction1 * first / (square_root(second) * step.correction2 + step.epsilon);
    store<V>(v, real ? second : zero);
  }
  store<V>(m, real ? first : zero);
  store<V>(p, real ? updated : zero);
}

/// Lanes [0, count) set.
template <class V, class T>
ES_INLINE auto lanes_below(std::size_t count) {
  V index;
  for (int i = 0; i < lanes_of<V, T>; ++i) index[i] = static_cast<T>(i);
  return index < broadcast<V>(static_cast<T>(count));
}

/// Rows first .. first + count of one vector of lanes; terms[i] += G phi of row first + i where wanted. HasLasso: a type of
/// its own for the group lasso, so that a step without it does nothing for it.
template <bool HasLasso, class V, class M, class T>
ES_INLINE void update_rows(const MatrixUpdate<T>& u, std::size_t lane, std::size_t first, std::size_t count,
                           M real, V* terms) {
  const bool spectral = u.row_eigenvalues != nullptr;
  const V column_eigenvalue = spectral ? u.sign * load<V>(u.column_eigenvalues + lane) : V{};
  // Without sums of rows a call may be one of several stretches of the rows: the sums go on from where they were.
  V lasso_factor{}, column_sum{};
  if (u.column_sums && !terms) column_sum = load<V>(u.column_sums + lane);
  if (HasLasso && u.column_lasso_factor) lasso_factor = load<V>(u.column_lasso_factor + lane);
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t r = first + i, at = r * u.width + lane;
    const V G = load<V>(u.G + at);
    V gradient = G;
    if (spectral) {
      const V term = real ? eigenvalue_gradient_term(G, load<V>(u.phi + at)) : V{};
      column_sum += term;
      if (terms) terms[i] += term;
      gradient = eigenvector_gradient(G, u.sign * broadcast<V>(u.row_eigenvalues[r]), column_eigenvalue);
    }
    if constexpr (HasLasso) {
      if (u.row_lasso_factor) lasso_factor = broadcast<V>(u.row_lasso_factor[r]);
      gradient += lasso_factor * load<V>(u.phi + at);
    }
    if (u.train) update_lanes(u.step, u.l1, u.l2, gradient, u.phi + at, u.m + at, u.v + (u.v ? at : 0), real);
  }
  if (u.column_sums)
    store<V>(u.column_sums + lane, terms ? load<V>(u.column_sums + lane) + column_sum : column_sum);
}

/// With sums along the rows, as many rows at a time as a vector has lanes: their sums end in one vector.
template <bool HasLasso, class T>
static void update_panel(const MatrixUpdate<T>& u) {
  using V = Vector<T>;
  constexpr std::size_t L = lanes_of<V, T>;
  const std::size_t together = u.row_sums ? L : u.rows;
  for (std::size_t first = 0; first < u.rows; first += together) {
    const std::size_t count = u.rows - first < together ? u.rows - first : together;
    V terms[L] = {};
    for (std::size_t lane = 0; lane < u.width; lane += L) {
      const std::size_t left = u.columns > lane ? u.columns - lane : 0;
      const auto real = lanes_below<V, T>(left < L ? left : L);
      update_rows<HasLasso>(u, lane, first, count, real, u.row_sums ? terms : nullptr);
    }
    if (!u.row_sums) continue;
    const V sums = sums_of_each(terms);
    for (std::size_t i = 0; i < count; ++i) u.row_sums[first + i] += sums[i];
  }
}

template <class T>
static void update_matrix(const MatrixUpdate<T>& u) {
  if (u.row_lasso_factor || u.column_lasso_factor)
    update_panel<true>(u);
  else
    update_panel<false>(u);
}

template <class T>
static void sum_squares(const SumSquares<T>& s) {
  using V = Vector<T>;
  constexpr std::size_t L = lanes_of<V, T>;
  for (std::size_t lane = 0; s.of_columns && lane < s.width; lane += L) {
    V sum{};
    for (std::size_t r = 0; r < s.rows; ++r) {
      const V value = load<V>(s.values + r * s.width + lane);
      sum += value * value;
    }
    store<V>(s.of_columns + lane, sum);
  }
  for (std::size_t r = 0; s.of_rows && r < s.rows; ++r) {
    V sum{};
    for (std::size_t lane = 0; lane < s.width; lane += L) {
      const V value = load<V>(s.values + r * s.width + lane);
      sum += value * value;
    }
    s.of_rows[r] = horizontal_sum<T, V>(sum);
  }
}

template <class T>
static void update_vector(const VectorUpdate<T>& u) {
  using V = Vector<T>;
  constexpr std::size_t L = lanes_of<V, T>;
  const auto all = lanes_below<V, T>(L);
  std::size_t i = 0;
  for (; i + L <= u.count; i += L)
    update_lanes(u.step, u.l1, u.l2, load<V>(u.gradient + i), u.p + i, u.m + i, u.v + (u.v ? i : 0), all);
  for (; i < u.count; ++i) {
    const T gradient = u.gradient[i] + penalty_gradient(u.l1, u.l2, u.p[i]);
    if (u.step.kind == OptimizerKind::sgd)
      sgd_update(u.step, gradient, u.p[i], u.m[i]);
    else
      adam_update(u.step, gradient, u.p[i], u.m[i], u.v[i]);
  }
}

/// Panels of NV vectors, row after row: memory is read in its order.
template <int NV, class T>
ES_INLINE void form_rows(const FormWeights<T>& f) {
  using V = Vector<T>;
  constexpr std::size_t L = lanes_of<V, T>;
  V column[NV];
#pragma GCC unroll 3
  for (std::size_t j = 0; j < NV; ++j) column[j] = f.sign * load<V>(f.column_eigenvalues + j * L);
  for (std::size_t r = 0; r < f.rows; ++r) {
    const V row = f.sign * broadcast<V>(f.row_eigenvalues[r]);
#pragma GCC unroll 3
    for (std::size_t j = 0; j < NV; ++j) {
      const std::size_t at = (r * NV + j) * L;
      store<V>(f.w + at, spectral_weight(load<V>(f.phi + at), row, column[j]));
    }
  }
}

template <class T>
static void form_weights(const FormWeights<T>& f) {
  switch (f.width / lanes_of<Vector<T>, T>) {
    case 1:
      return form_rows<1>(f);
    case 2:
      return form_rows<2>(f);
    default:
      return form_rows<3>(f);
  }
}

template <class T>
static double squared_error(const T* a, const T* b, std::size_t count, T scale, T* delta) {
  using Wide = Vector<double>;  // and as many lanes of T
  using V = typename VectorOf<T, static_cast<int>(ES_VECTOR_BYTES * sizeof(T) / sizeof(double))>::type;
  constexpr std::size_t L = lanes_of<Wide, double>;
  Wide sums{};
  std::size_t i = 0;
  for (; i + L <= count; i += L) {
    const V difference = load<V>(a + i) - load<V>(b + i);
    if (delta) store<V>(delta + i, T(2) * difference * scale);
    const Wide error = __builtin_convertvector(difference, Wide);
    sums += error * error;
  }
  double sum = horizontal_sum<double, Wide>(sums);
  for (; i < count; ++i) {
    const T difference = a[i] - b[i];
    if (delta) delta[i] = T(2) * difference * scale;
    const auto error = static_cast<double>(difference);
    sum += error * error;
  }
  return sum;
}

/// Row r of the gathered samples.
template <class T>
ES_INLINE const T* gathered_row(const GatherTransposed<T>& g, std::size_t r) {
  return g.values + (g.order ? g.order[g.first + r] : g.first + r) * g.count;
}

/// Rows from r on, as many at a time as V has lanes: square blocks of 16-byte pieces are transposed in registers. The last
/// block of a row overlaps the one before. Returns the first row that is left.
template <class V, class T>
ES_INLINE std::size_t gather_blocks(const GatherTransposed<T>& g, std::size_t r) {
  constexpr std::size_t rows = lanes_of<V, T>, side = 16 / sizeof(T), pieces = rows / side;
  if (g.count < side) return r;
  for (; r + rows <= g.rows; r += rows) {
    const T* from[rows];
#pragma GCC unroll 16
    for (std::size_t i = 0; i < rows; ++i) from[i] = gathered_row(g, r + i);
    for (std::size_t j = 0; j < g.count; j += side) {
      const std::size_t at = j + side <= g.count ? j : g.count - side;
      V block[side];
#pragma GCC unroll 4
      for (std::size_t i = 0; i < side; ++i) {
        const T* piece[pieces];
#pragma GCC unroll 4
        for (std::size_t p = 0; p < pieces; ++p) piece[p] = from[p * side + i] + at;
        block[i] = load_pieces(piece);
      }
      transpose_blocks(block);
#pragma GCC unroll 4
      for (std::size_t i = 0; i < side; ++i) store<V>(g.to + (at + i) * g.lanes + r, block[i]);
    }
  }
  return r;
}

template <class T>
static void gather_transposed(const GatherTransposed<T>& g) {
  std::size_t r = gather_blocks<Vector<T>>(g, 0);
  r = gather_blocks<typename VectorOf<T, 16>::type>(g, r);
  for (; r < g.rows; ++r)
    for (std::size_t j = 0; j < g.count; ++j) g.to[j * g.lanes + r] = gathered_row(g, r)[j];
  for (; r < g.lanes; ++r)
    for (std::size_t j = 0; j < g.count; ++j) g.to[j * g.lanes + r] = T(0);
}

/// Rows of N pieces V; the last one may overlap the one before.
template <int N, class V, class T>
ES_INLINE void copy_pieces(const CopyRows<T>& c) {
  constexpr std::size_t L = lanes_of<V, T>;
  const std::size_t last = c.count - L;
  T* to = c.to;
  for (std::size_t r = 0; r < c.rows; ++r, to += c.to_row) {
    const T* from = c.from + (c.order ? c.order[r] : r) * c.from_row;
#pragma GCC unroll 4
    for (int v = 0; v + 1 < N; ++v) store<V>(to + v * L, load<V>(from + v * L));
    store<V>(to + last, load<V>(from + last));
  }
}

/// Rows of one to two pieces of V or, where that is longer than a row, of half its size.
template <class V, class T>
ES_INLINE void copy_short_rows(const CopyRows<T>& c) {
  constexpr std::size_t L = lanes_of<V, T>;
  if constexpr (L == 1) {
    copy_pieces<1, V>(c);
  } else {
    if (c.count < L) return copy_short_rows<typename VectorOf<T, sizeof(V) / 2>::type>(c);
    c.count == L ? copy_pieces<1, V>(c) : copy_pieces<2, V>(c);
  }
}

template <class T>
static void copy_rows(const CopyRows<T>& c) {
  static_assert(max_panel_vectors == 3);  // the longest row
  using V = Vector<T>;
  if (c.count > 2 * lanes_of<V, T>) return copy_pieces<3, V>(c);
  copy_short_rows<V>(c);
}

template <class T>
static void column_sums(const T* a, std::size_t rows, std::size_t width, T* sums) {
  using V = Vector<T>;
  constexpr std::size_t L = lanes_of<V, T>;
  for (std::size_t lane = 0; lane < width; lane += L) {
    V sum = load<V>(sums + lane);
    for (std::size_t r = 0; r < rows; ++r) sum += load<V>(a + r * width + lane);
    store<V>(sums + lane, sum);
  }
}

}  // namespace eigenstudent::cpu::ES_ISA
