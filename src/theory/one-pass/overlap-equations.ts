/**
 * The equations of the overlaps in the limit N -> infinity (Saad & Solla, PRE 52, 1995, for soft committee machines; here for quadratic
 * units, whose moments follow from Isserlis' theorem):
 *
 *   dR = -2 eta [tau R + 2 C],   C = Q R - R T,   tau = tr Q - tr T
 *   dQ = -4 eta [tau Q + 2 B] + 4 eta^2 [(tau^2 + 2 s2) Q + 4 tau B + 8 (B Q - C R^T)],   B = Q^2 - R R^T
 *   s2 = tr Q^2 - 2 tr R R^T + tr T^2
 */
import type { Derivative } from './dormand-prince.js';
import { type CheckedOverlaps, sumOfSquares, trace } from './overlaps.js';

export interface EquationOptions {
  readonly learningRate: number;
  /** Whether the terms of eta^2 are there. */
  readonly noise: boolean;
  /** Whether rows are brought back to their norms. */
  readonly spherical: boolean;
}

/** y = Q, then R. */
export function packed({ Q, R }: CheckedOverlaps): Float64Array {
  return Float64Array.from([...Q, ...R]);
}

export function unpacked(y: Float64Array, { p, pStar, T }: CheckedOverlaps): CheckedOverlaps {
  return { p, pStar, T, Q: y.subarray(0, p * p), R: y.subarray(p * p) };
}

export function overlapDerivative(problem: CheckedOverlaps, options: EquationOptions): Derivative {
  const { p, pStar, T } = problem;
  const { learningRate: eta, noise, spherical } = options;
  const [traceT, squaresT] = [trace(T, pStar), sumOfSquares(T)];
  const B = new Float64Array(p * p);
  const C = new Float64Array(p * pStar);
  return (y, out) => {
    const { Q, R } = unpacked(y, problem);
    const tau = trace(Q, p) - traceT;
    products(problem, Q, R, B, C);
    const s2 = sumOfSquares(Q) - 2 * sumOfSquares(R) + squaresT;
    for (let i = 0; i < p; ++i) {
      for (let j = 0; j < p; ++j) {
        const [q, b] = [at(Q, i, j, p), at(B, i, j, p)];
        let change = -4 * eta * (tau * q + 2 * b);
        if (noise) {
          let third = 0;
          for (let k = 0; k < p; ++k) third += at(B, i, k, p) * at(Q, k, j, p);
          for (let m = 0; m < pStar; ++m) third -= at(C, i, m, pStar) * at(R, j, m, pStar);
          change += 4 * eta ** 2 * ((tau ** 2 + 2 * s2) * q + 4 * tau * b + 8 * third);
        }
        out[i * p + j] = change;
      }
      for (let m = 0; m < pStar; ++m)
        out[p * p + i * pStar + m] = -2 * eta * (tau * at(R, i, m, pStar) + 2 * at(C, i, m, pStar));
    }
    if (spherical) keepNorms(problem, Q, R, out);
  };
}

function at(values: Float64Array, i: number, j: number, columns: number): number {
  return values[i * columns + j] as number;
}

function products(
  { p, pStar, T }: CheckedOverlaps,
  Q: Float64Array,
  R: Float64Array,
  B: Float64Array,
  C: Float64Array,
): void {
  for (let i = 0; i < p; ++i) {
    for (let j = 0; j < p; ++j) {
      let sum = 0;
      for (let k = 0; k < p; ++k) sum += at(Q, i, k, p) * at(Q, k, j, p);
      for (let m = 0; m < pStar; ++m) sum -= at(R, i, m, pStar) * at(R, j, m, pStar);
      B[i * p + j] = sum;
    }
    for (let m = 0; m < pStar; ++m) {
      let sum = 0;
      for (let k = 0; k < p; ++k) sum += at(Q, i, k, p) * at(R, k, m, pStar);
      for (let n = 0; n < pStar; ++n) sum -= at(R, i, n, pStar) * at(T, n, m, pStar);
      C[i * pStar + m] = sum;
    }
  }
}

/** dR_im - h_i R_im, dQ_ij - (h_i + h_j) Q_ij with h_i = dQ_ii / (2 Q_ii). */
function keepNorms({ p, pStar }: CheckedOverlaps, Q: Float64Array, R: Float64Array, out: Float64Array): void {
  const h = Float64Array.from({ length: p }, (_, i) => at(out, i, i, p) / (2 * at(Q, i, i, p)));
  for (let i = 0; i < p; ++i) {
    for (let j = 0; j < p; ++j)
      (out as Float64Array)[i * p + j] =
        at(out, i, j, p) - ((h[i] as number) + (h[j] as number)) * at(Q, i, j, p);
    for (let m = 0; m < pStar; ++m) {
      const place = p * p + i * pStar + m;
      out[place] = (out[place] as number) - (h[i] as number) * at(R, i, m, pStar);
    }
  }
}
