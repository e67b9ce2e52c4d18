import { flag, invalid, knownKeys } from '../../arguments.js';
import { type Decay, fitDecay } from './decay.js';
import { checkedPoints, type Points } from './points.js';

export interface Estimate {
  readonly value: number;
  /**
   * From the curvature at the optimum. With dy it is absolute; without, it is scaled by the residuals
   * (SciPy: absolute_sigma true and false).
   */
  readonly standardError: number;
}

export interface FitOptions {
  /** Standard deviation of each y, [n], above 0; without it all points weigh the same. */
  readonly dy?: ArrayLike<number>;
  /** Whether the offset c is fitted, or 0. */
  readonly offset?: boolean;
}

export interface ConvergedFit<Form extends string, Names extends string> {
  readonly converged: true;
  readonly form: Form;
  /** The offset is absent where it was not fitted. */
  readonly parameters: Readonly<Record<Names, Estimate>> & { readonly offset?: Estimate };
  /** 1 - (weighted) squares around the curve / squares around the mean; below 0 if the mean is better; NaN for constant y. */
  readonly rSquared: number;
  /** Sum of (residual / dy)^2 / degreesOfFreedom, about 1 for a true curve and honest dy. Without dy: variance of the residuals. */
  readonly reducedChiSquared: number;
  /** Points - parameters. */
  readonly degreesOfFreedom: number;
}

/** No curve, and why. */
export interface FailedFit<Form extends string> {
  readonly converged: false;
  readonly form: Form;
  readonly reason: string;
}

export type ExponentialFit = ConvergedFit<'exponential', 'amplitude' | 'rate'> | FailedFit<'exponential'>;
export type PowerLawFit = ConvergedFit<'powerLaw', 'amplitude' | 'exponent'> | FailedFit<'powerLaw'>;

/**
 * y = offset + amplitude exp(-rate x) to x, y [n] by non-linear least squares (Bates and Watts, Nonlinear Regression
 * Analysis, 1988; the fits of the rising branch in arXiv 2310.12612). A negative rate grows. Points that do not determine
 * a curve (too few, constant, on a straight line) give `converged: false` with the reason.
 * @param options offset: default true
 * @throws invalid_argument unless x, y, dy are finite and of one length, and dy above 0
 */
export function fitExponential(
  x: ArrayLike<number>,
  y: ArrayLike<number>,
  options: FitOptions = {},
): ExponentialFit {
  const { points, offset } = checked('fitExponential', x, y, options, true);
  const decay = fitDecay(points, offset);
  if (typeof decay === 'string') return { converged: false, form: 'exponential', reason: decay };
  const { amplitude, rate, offset: constant } = estimates(decay);
  const parameters = { amplitude, rate, ...(offset ? { offset: constant } : {}) };
  return { converged: true, form: 'exponential', parameters, ...goodness(decay) };
}

/**
 * y = offset + amplitude x^exponent to x, y [n], x above 0, by non-linear least squares on y itself, not on its
 * logarithm, which would weigh small y most (Clauset, Shalizi and Newman, SIAM Rev. 51, 661, 2009, on what that does).
 * Points that do not determine a curve give `converged: false` with the reason.
 * @param options offset: default false
 * @throws invalid_argument unless x, y, dy are finite and of one length, and x and dy above 0
 */
export function fitPowerLaw(
  x: ArrayLike<number>,
  y: ArrayLike<number>,
  options: FitOptions = {},
): PowerLawFit {
  const { points, offset } = checked('fitPowerLaw', x, y, options, false);
  const wrong = points.x.findIndex((value) => value <= 0);
  if (wrong >= 0) {
    throw invalid(`x[${wrong}]`, 'a number above 0', points.x[wrong], 'Fit the points on one side of 0');
  }
  // x^exponent = exp(-exponent u) for u = -ln x
  const decay = fitDecay({ ...points, x: points.x.map((value) => -Math.log(value)) }, offset);
  if (typeof decay === 'string') return { converged: false, form: 'powerLaw', reason: decay };
  const { amplitude, rate: exponent, offset: constant } = estimates(decay);
  const parameters = { amplitude, exponent, ...(offset ? { offset: constant } : {}) };
  return { converged: true, form: 'powerLaw', parameters, ...goodness(decay) };
}

/**
 * The fitted curve at x.
 * @throws invalid_argument for a fit that did not converge: there is no curve; for an argument that is not a
 *   fit, or not a number
 */
export function evaluateFit(fit: ExponentialFit | PowerLawFit, x: number): number {
  if (!isFit(fit)) throw invalid('fit', 'what fitExponential or fitPowerLaw gave', fit);
  if (typeof x !== 'number') throw invalid('x', 'a number', x);
  if (!fit.converged) {
    throw invalid('evaluateFit', `a fit that converged (this one did not: ${fit.reason})`, fit);
  }
  const offset = fit.parameters.offset?.value ?? 0;
  const amplitude = fit.parameters.amplitude.value;
  return fit.form === 'exponential'
    ? offset + amplitude * Math.exp(-fit.parameters.rate.value * x)
    : offset + amplitude * x ** fit.parameters.exponent.value;
}

function isFit(value: unknown): value is ExponentialFit | PowerLawFit {
  if (typeof value !== 'object' || value === null || !('form' in value) || !('converged' in value))
    return false;
  if (value.form !== 'exponential' && value.form !== 'powerLaw') return false;
  if (typeof value.converged !== 'boolean') return false;
  if (!value.converged) return true;
  const { parameters } = value as Partial<Record<'parameters', unknown>>;
  if (typeof parameters !== 'object' || parameters === null) return false;
  const { amplitude, rate, exponent, offset } = parameters as Record<string, unknown>;
  const isEstimate = (one: unknown) => typeof (one as Estimate | null | undefined)?.value === 'number';
  const second = value.form === 'exponential' ? rate : exponent;
  return isEstimate(amplitude) && isEstimate(second) && (offset === undefined || isEstimate(offset));
}

function checked(
  where: string,
  x: ArrayLike<number>,
  y: ArrayLike<number>,
  options: FitOptions,
  offsetByDefault: boolean,
): { points: Points; offset: boolean } {
  knownKeys(where, options, ['dy', 'offset']);
  const offset = flag('offset', options.offset ?? offsetByDefault);
  return { points: checkedPoints(x, y, options.dy), offset };
}

function estimates({ values, standardErrors }: Decay) {
  const of = (name: keyof Decay['values']): Estimate => ({
    value: values[name],
    standardError: standardErrors[name],
  });
  return { amplitude: of('amplitude'), rate: of('rate'), offset: of('offset') };
}

function goodness({ chiSquared, chiSquaredOfMean, degreesOfFreedom }: Decay) {
  return {
    rSquared: chiSquaredOfMean === 0 ? Number.NaN : 1 - chiSquared / chiSquaredOfMean,
    reducedChiSquared: chiSquared / degreesOfFreedom,
    degreesOfFreedom,
  };
}
