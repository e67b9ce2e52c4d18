import { flag } from '../../arguments.js';
import { EigenstudentError } from '../../errors.js';
import { numberFrom, type OptionsOf, optional, optionsCheck, required } from '../../options.js';
import { growth, type Isotropic, isotropicLoss, plateauRoots, rateLimits } from './isotropic.js';
import { networkOptions, rate, reduction } from './normalisation.js';

/** Options of a plateau, also of what starts from one. */
export const plateauOptions = {
  ...networkOptions,
  /** eta. */
  learningRate: required(rate),
  /** Whether the terms of eta^2 are there; without them it is that of gradient flow. Default true. */
  noise: optional(flag, true),
  /** Whether each row is brought back to its norm after each step. Default false. */
  spherical: optional(flag, false),
  /** |u_i|^2 of the rows at the start, which spherical rows keep. Default 1. */
  startNorm: optional(numberFrom(Number.MIN_VALUE), 1),
};
/** @internal */
const checkOptions = optionsCheck(plateauOptions);
export interface PlateauOptions extends OptionsOf<typeof checkOptions> {}

export interface Plateau {
  /** |u_i|^2; rows are orthogonal to each other and to the teacher. */
  readonly norm: number;
  /** E (f - y)^2 / 2. */
  readonly loss: number;
  /** kappa: overlaps with the teacher grow as exp(kappa alpha); 4 eta for gradient flow, whatever p is. */
  readonly growth: number;
  /** Free rows of a larger |u_i|^2 than this diverge; Infinity without terms of eta^2. */
  readonly largestNorm: number;
}

/**
 * The plateau on which one-pass SGD of quadratic networks rests before it finds the teacher: R = 0 and Q = a I, in the limit of many
 * inputs.
 * @throws invalid_argument, also where the learning rate is too large for a plateau
 */
export function plateau(options: PlateauOptions): Plateau {
  const { normalisation, learningRate, startNorm, ...checked } = checkOptions('plateau', options);
  const factors = reduction(checked.p, checked.pStar, normalisation);
  const problem = { ...checked, eta: learningRate * factors.rate };
  const [norm, largest] = restingNorms(problem, startNorm * factors.norm, 'plateau', factors.rate);
  return {
    norm: norm / factors.norm,
    loss: factors.loss * isotropicLoss(checked.p, checked.pStar, norm),
    growth: growth(problem, norm),
    largestNorm: largest / factors.norm,
  };
}

/**
 * The norm on the plateau and the largest one that does not diverge, of a reduced problem.
 * @throws invalid_argument
 */
export function restingNorms(
  problem: Isotropic,
  startNorm: number,
  where: string,
  rateFactor: number,
): readonly [number, number] {
  if (problem.spherical) return [startNorm, Infinity];
  const roots = plateauRoots(problem);
  if (roots) return roots;
  const limit = rateLimits(problem.p, problem.pStar).plateau / rateFactor;
  throw new EigenstudentError(
    'invalid_argument',
    `expected a learningRate of ${where} at which there is a plateau, at most ${Number(limit.toPrecision(6))} for ${problem.p} and ` +
      `${problem.pStar} units, received ${Number((problem.eta / rateFactor).toPrecision(6))}. Above it norms grow without bound`,
  );
}

/** @internal */
const checkLimits = optionsCheck(networkOptions);
export interface LearningRateLimitsOptions extends OptionsOf<typeof checkLimits> {}

export interface LearningRateLimits {
  /** The solution is stable below: 1 / (2 (p* + 2)) for sums. Meaningful for p >= p*. */
  readonly solution: number;
  /** The plateau exists below. */
  readonly plateau: number;
}

/**
 * Learning rates that one-pass SGD of quadratic networks bears, for an orthonormal teacher and N -> infinity.
 * @throws invalid_argument
 */
export function learningRateLimits(options: LearningRateLimitsOptions): LearningRateLimits {
  const { p, pStar, normalisation } = checkLimits('learningRateLimits', options);
  const { rate } = reduction(p, pStar, normalisation);
  const { solution, plateau } = rateLimits(p, pStar);
  return { solution: solution / rate, plateau: plateau / rate };
}
