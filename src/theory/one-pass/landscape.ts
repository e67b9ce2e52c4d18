import { EigenvalueDecomposition, Matrix } from 'ml-matrix';
import { invalid, positiveInteger } from '../../arguments.js';
import { amongst, type OptionsOf, optionsCheck, required, unchecked } from '../../options.js';
import { networkOptions, reduction } from './normalisation.js';
import {
  checkRows,
  type Flat,
  lossOf,
  overlapsOf,
  type Rows,
  rowProduct,
  toRows,
  trace,
} from './overlaps.js';

/** @internal */
const checkOptions = optionsCheck({
  ...networkOptions,
  /** Inputs; at least p + p*. */
  N: required(positiveInteger),
  /**
   * 'plateau': rows orthogonal to the teacher, U U^T = a I. 'manifold': zero loss, U = O V with O^T O = I (p >= p*). 'origin': U = 0.
   */
  point: required(amongst(['plateau', 'manifold', 'origin'])),
});
export interface LandscapeOptions extends OptionsOf<typeof checkOptions> {}

export interface Landscape {
  /** E (f - y)^2 / 2. */
  readonly loss: number;
  /** Eigenvalues of the Hessian in U (p N x p N), ascending; those that occur. */
  readonly spectrum: readonly { readonly eigenvalue: number; readonly multiplicity: number }[];
  /** Multiplicity of 0. */
  readonly zeroModes: number;
  /** Dimension of the set of points of this kind and loss that rotations of the student's units reach: directions of no change. */
  readonly symmetryModes: number;
}

/**
 * The Hessian of the loss of a quadratic student at its three kinds of symmetric points, in closed form, for an orthonormal teacher.
 * On the manifold there are (p - p*) (N - p*) zero modes more than symmetries: directions in which the loss grows with the fourth power,
 * which is why overparametrised students approach it algebraically.
 * @throws invalid_argument
 */
export function landscape(options: LandscapeOptions): Landscape {
  const { p, pStar, N, point, normalisation } = checkOptions('landscape', options);
  if (N < p + pStar) throw invalid('N of landscape', `at least p + pStar = ${p + pStar}`, N);
  if (point === 'manifold' && p < pStar)
    throw invalid('p of landscape', `at least pStar = ${pStar} for a point of zero loss`, p);
  const factors = reduction(p, pStar, normalisation);
  const { loss, values, symmetryModes } = points[point](p, pStar, N);
  const merged = new Map<number, number>();
  for (const [value, count] of values)
    if (count > 0) merged.set(value * factors.rate, (merged.get(value * factors.rate) ?? 0) + count);
  const spectrum = [...merged]
    .map(([eigenvalue, multiplicity]) => ({ eigenvalue, multiplicity }))
    .sort((a, b) => a.eigenvalue - b.eigenvalue);
  return { loss: loss * factors.loss, spectrum, zeroModes: merged.get(0) ?? 0, symmetryModes };
}

type Spectrum = readonly (readonly [value: number, multiplicity: number])[];
interface Point {
  readonly loss: number;
  readonly values: Spectrum;
  readonly symmetryModes: number;
}

const points: Record<'plateau' | 'manifold' | 'origin', (p: number, pStar: number, N: number) => Point> = {
  plateau: (p, pStar, N) => {
    const a = pStar / (p + 2);
    const values: Spectrum = [
      [-4, p * pStar],
      [0, p * (N - p - pStar) + (p * (p - 1)) / 2],
      [8 * a, (p * (p + 1)) / 2 - 1],
      [4 * pStar, 1],
    ];
    return { loss: pStar ** 2 / (p + 2) + pStar, values, symmetryModes: (p * (p - 1)) / 2 };
  },
  manifold: (p, pStar, N) => {
    const values: Spectrum = [
      [0, (p - pStar) * N + (pStar * (pStar - 1)) / 2],
      [4, pStar * (N - pStar)],
      [8, (pStar * (pStar + 1)) / 2 - 1],
      [4 * (pStar + 2), 1],
    ];
    return { loss: 0, values, symmetryModes: p * pStar - (pStar * (pStar + 1)) / 2 };
  },
  origin: (p, pStar, N) => {
    const values: Spectrum = [
      [-2 * pStar - 4, p * pStar],
      [-2 * pStar, p * (N - pStar)],
    ];
    return { loss: pStar ** 2 / 2 + pStar, values, symmetryModes: 0 };
  },
};

/** @internal */
const checkWeights = optionsCheck({
  /** Rows of the student, p x N. */
  U: required<Rows>(unchecked),
  /** Rows of the teacher, p* x N. */
  V: required<Rows>(unchecked),
});
export interface LandscapeAtOptions extends OptionsOf<typeof checkWeights> {}

export interface LandscapeAt {
  /** E (f - y)^2 / 2, for sums. */
  readonly loss: number;
  /** d loss / dU, p x N. */
  readonly gradient: number[][];
  /** Of the Hessian in U, ascending: p N values. */
  readonly hessianEigenvalues: number[];
}

/**
 * Loss, gradient and the spectrum of the Hessian of a quadratic student at any weights, for sums over units and any teacher. Takes
 * (p N)^3 operations.
 * @throws invalid_argument
 */
export function landscapeAt(options: LandscapeAtOptions): LandscapeAt {
  const given = checkWeights('landscapeAt', options);
  const U = checkRows('U of landscapeAt', given.U);
  const V = checkRows('V of landscapeAt', given.V, U.columns);
  const overlaps = overlapsOf(U, V);
  const tau = trace(overlaps.Q, U.rows) - trace(overlaps.T, V.rows);
  const excess = excessOf(U, V);
  const hessian = hessianOf(U, overlaps.Q, tau, excess);
  const eigenvalues = new EigenvalueDecomposition(hessian, { assumeSymmetric: true }).realEigenvalues;
  return {
    loss: lossOf(overlaps),
    gradient: toRows(gradientOf(U, tau, excess), U.columns),
    hessianEigenvalues: Array.from(eigenvalues).sort((a, b) => a - b),
  };
}

/** U^T U - V^T V, N x N. */
function excessOf(U: Flat, V: Flat): Float64Array {
  const N = U.columns;
  const out = new Float64Array(N * N);
  for (const [{ rows, values }, sign] of [[U, 1] as const, [V, -1] as const])
    for (let i = 0; i < rows; ++i)
      for (let a = 0; a < N; ++a)
        for (let b = 0; b < N; ++b)
          out[a * N + b] =
            (out[a * N + b] as number) + sign * (values[i * N + a] as number) * (values[i * N + b] as number);
  return out;
}

/** 2 (tau U + 2 U excess); excess is symmetric. */
function gradientOf({ columns: N, values }: Flat, tau: number, excess: Float64Array): Float64Array {
  return values.map(
    (value, at) => 2 * (tau * value + 2 * rowProduct(values, Math.floor(at / N), excess, at % N, N)),
  );
}

/** Entry (ia, jb): 4 (U_ia U_jb + U_ib U_ja + Q_ij d_ab) + d_ij (2 tau d_ab + 4 excess_ab). */
function hessianOf(
  { rows: p, columns: N, values }: Flat,
  Q: Float64Array,
  tau: number,
  excess: Float64Array,
): Matrix {
  const u = (i: number, a: number) => values[i * N + a] as number;
  const hessian = new Matrix(p * N, p * N);
  for (let i = 0; i < p; ++i)
    for (let a = 0; a < N; ++a)
      for (let j = 0; j < p; ++j)
        for (let b = 0; b < N; ++b) {
          const same = a === b ? (Q[i * p + j] as number) : 0;
          const own = i === j ? (a === b ? 2 * tau : 0) + 4 * (excess[a * N + b] as number) : 0;
          hessian.set(i * N + a, j * N + b, 4 * (u(i, a) * u(j, b) + u(i, b) * u(j, a) + same) + own);
        }
  return hessian;
}
