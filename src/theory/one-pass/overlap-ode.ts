import { finiteNumber, flag, invalid } from '../../arguments.js';
import { isList } from '../../kinds.js';
import { amongst, type OptionsOf, optional, optionsCheck, required, unchecked } from '../../options.js';
import { solve } from './dormand-prince.js';
import { type Normalisation, rate, reduction } from './normalisation.js';
import { type EquationOptions, overlapDerivative, packed, unpacked } from './overlap-equations.js';
import { type CheckedOverlaps, checkOverlaps, lossOf, type Rows, toRows } from './overlaps.js';

/** @internal */
const checkOptions = optionsCheck({
  /** Q at alpha = 0, p x p: products of the student's rows. */
  Q: required<Rows>(unchecked),
  /** R at alpha = 0, p x p*: products of the student's rows with the teacher's. */
  R: required<Rows>(unchecked),
  /** Products of the teacher's rows, p* x p*. Default: the identity. */
  T: optional<Rows>(unchecked),
  /** eta. */
  learningRate: required(rate),
  /** Ascending alpha = steps / N at which overlaps are wanted. */
  alphas: required<readonly number[]>(checkAlphas),
  /** Whether the terms of eta^2 are there. Without them this is gradient flow at the time eta alpha. Default true. */
  noise: optional(flag, true),
  /** Whether each row is brought back to its norm after each step. Default false. */
  spherical: optional(flag, false),
  /** Whether the outputs are sums or means over units. Default 'sum'. */
  normalisation: optional<Normalisation>(amongst(['sum', 'mean']), 'sum'),
});
export interface OverlapOdeOptions extends OptionsOf<typeof checkOptions> {}

export interface OverlapPoint {
  readonly alpha: number;
  /** p x p. */
  readonly Q: number[][];
  /** p x p*. */
  readonly R: number[][];
  /** E (f - y)^2 / 2. */
  readonly loss: number;
}

/** Of the solver: conserved quantities, which divide by small numbers, are then constant to 4e-11 until t = 1. */
const tolerance = { relative: 1e-13, absolute: 1e-16 };

/**
 * Overlaps of one-pass SGD on quadratic networks in the limit of many inputs, N -> infinity.
 * @returns one point per alpha
 * @throws invalid_argument; diverged, with the alpha at which the overlaps leave the finite numbers
 */
export function overlapOde(options: OverlapOdeOptions): OverlapPoint[] {
  const checked = checkOptions('overlapOde', options);
  const overlaps = checkOverlaps('overlapOde', checked);
  const { normalisation, learningRate, noise, spherical, alphas } = checked;
  const factors = reduction(overlaps.p, overlaps.pStar, normalisation);
  const root = Math.sqrt(factors.norm);
  const problem = {
    ...overlaps,
    Q: overlaps.Q.map((value) => value * factors.norm),
    R: overlaps.R.map((value) => value * root),
  };
  const equations = { learningRate: learningRate * factors.rate, noise, spherical };
  return overlapStates(problem, equations, alphas).map((state, i) => ({
    alpha: alphas[i] as number,
    Q: toRows(
      state.Q.map((value) => value / factors.norm),
      overlaps.p,
    ),
    R: toRows(
      state.R.map((value) => value / root),
      overlaps.pStar,
    ),
    loss: factors.loss * lossOf(state),
  }));
}

/** Of a reduced problem. */
function overlapStates(
  problem: CheckedOverlaps,
  equations: EquationOptions,
  alphas: readonly number[],
): CheckedOverlaps[] {
  const states = new Map<number, CheckedOverlaps>([[0, problem]]);
  const derivative = overlapDerivative(problem, equations);
  for (const { to, end } of solve(derivative, packed(problem), alphas.at(-1) ?? 0, alphas, tolerance))
    states.set(to, unpacked(end, problem));
  return alphas.map((alpha) => states.get(alpha) as CheckedOverlaps);
}

export function checkAlphas(where: string, value: unknown): readonly number[] {
  if (!isList(value) || value.length === 0) throw invalid(where, 'an array of at least one alpha', value);
  const alphas = Array.from(value, (alpha, i) => finiteNumber(`${where}[${i}]`, alpha, 0));
  for (const [i, alpha] of alphas.entries())
    if (i > 0 && !(alpha > (alphas[i - 1] as number)))
      throw invalid(`${where}[${i}]`, `a number above ${alphas[i - 1]} (they ascend)`, alpha);
  return alphas;
}
