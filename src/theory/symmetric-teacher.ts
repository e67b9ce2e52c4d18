/** Teachers whose vectors are orthogonal, of one length, with one outgoing weight: what formulas of critical points need. */
import { invalid } from '../arguments.js';
import type { CheckedHiddenLayer } from './hidden-layer.js';

/** Relative: what rounding leaves of an orthogonalisation in float64, with room. */
const tolerance = 1e-12;

export interface SymmetricTeacher {
  /** k */
  readonly neurons: number;
  /** d */
  readonly inputs: number;
  /** |v| */
  readonly norm: number;
  /** b */
  readonly outgoing: number;
  /** v [k][d] */
  readonly weights: Float64Array;
}

/**
 * @param formula what needs it, for the message
 * @throws invalid_argument
 */
export function symmetricTeacher(formula: string, teacher: CheckedHiddenLayer): SymmetricTeacher {
  const { neurons, inputs, weights, outgoing } = teacher;
  if (inputs < neurons)
    throw invalid(
      'teacher',
      `at least ${neurons} inputs for ${formula}, which needs orthogonal vectors`,
      inputs,
    );
  const row = (l: number) => weights.subarray(l * inputs, (l + 1) * inputs);
  const norm = Math.sqrt(inner(row(0), row(0)));
  const first = outgoing[0] as number;
  if (!(norm > 0)) throw invalid('weights[0] of teacher', `a vector of length above 0 for ${formula}`, norm);
  for (let l = 0; l < neurons; ++l) {
    const length = Math.sqrt(inner(row(l), row(l)));
    if (Math.abs(length / norm - 1) > tolerance)
      throw invalid(
        `weights[${l}] of teacher`,
        `a vector of length ${norm}, that of weights[0], for ${formula}`,
        length,
      );
    if (Math.abs((outgoing[l] as number) - first) > tolerance * Math.abs(first))
      throw invalid(
        `outgoing[${l}] of teacher`,
        `${first}, that of the first neuron, for ${formula}`,
        outgoing[l],
      );
    for (let m = 0; m < l; ++m) {
      const cosine = inner(row(l), row(m)) / (norm * norm);
      if (Math.abs(cosine) > tolerance)
        throw invalid(
          `weights[${l}] of teacher`,
          `a vector orthogonal to weights[${m}] for ${formula}`,
          cosine,
          'The number received is their cosine',
        );
    }
  }
  return { neurons, inputs, norm, outgoing: first, weights };
}

/** x . y, of one length. */
export function inner(x: ArrayLike<number>, y: ArrayLike<number>): number {
  let sum = 0;
  for (let p = 0; p < x.length; ++p) sum += (x[p] as number) * (y[p] as number);
  return sum;
}

/** into += factor x */
export function addMultiple(factor: number, x: ArrayLike<number>, into: Float64Array): void {
  for (let p = 0; p < into.length; ++p) into[p] = (into[p] as number) + factor * (x[p] as number);
}
