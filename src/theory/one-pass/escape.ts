import { invalid, positiveInteger } from '../../arguments.js';
import { EigenstudentError } from '../../errors.js';
import { checkSeed, normals } from '../../network/random.js';
import { amongst, numberFrom, type OptionsOf, optional, optionsCheck, required } from '../../options.js';
import { solve } from './dormand-prince.js';
import { digamma, trigamma } from './gamma.js';
import { growth, type Isotropic, isotropicLoss, noiseOf, normChange } from './isotropic.js';
import { reduction } from './normalisation.js';
import { overlapDerivative, packed, unpacked } from './overlap-equations.js';
import { identity, lossOf, sumOfSquares } from './overlaps.js';
import { plateauOptions, restingNorms } from './plateau.js';

/** @internal */
const checkOptions = optionsCheck({
  ...plateauOptions,
  /** Inputs; at least p + p*. */
  N: required(positiveInteger),
  /** The run has escaped when the loss is first below 1 - theta of the plateau's. Default 0.5. */
  theta: optional(numberFrom(Number.MIN_VALUE, 1), 0.5),
  /**
   * 'ode': the equations of the overlaps from random starts. 'linear': the growth of overlaps on the plateau in closed form, which is
   * good while theta is small. Default 'ode'.
   */
  method: optional(amongst(['ode', 'linear']), 'ode'),
  /** Random starts of 'ode'. Default 20. */
  starts: optional(positiveInteger, 20),
  /** Of the starts. Default 0. */
  seed: optional(checkSeed, 0),
});
export interface EscapeTimeOptions extends OptionsOf<typeof checkOptions> {}

export interface EscapeTime {
  /** Mean over random starts of alpha = steps / N at the escape. */
  readonly alpha: number;
  /** Standard deviation over random starts. */
  readonly deviation: number;
  /** kappa on the plateau: the mean grows by 1 / (2 kappa) per factor e of N. */
  readonly growth: number;
  /** b: the noise of the steps counts like initial overlaps whose squares are 1 + b times those of the start. */
  readonly boost: number;
}

/**
 * When one-pass SGD of quadratic networks leaves the plateau, from rows of normal entries of variance startNorm / N.
 * @throws invalid_argument, also where there is no plateau or no escape from it
 */
export function escapeTime(options: EscapeTimeOptions): EscapeTime {
  const { normalisation, learningRate, startNorm, N, theta, method, starts, seed, ...checked } = checkOptions(
    'escapeTime',
    options,
  );
  const { p, pStar } = checked;
  if (N < p + pStar) throw invalid('N of escapeTime', `at least p + pStar = ${p + pStar}`, N);
  const factors = reduction(p, pStar, normalisation);
  const problem = { ...checked, eta: learningRate * factors.rate };
  const start = startNorm * factors.norm;
  const [norm, largest] = restingNorms(problem, start, 'escapeTime', factors.rate);
  const kappa = growth(problem, norm);
  if (!(kappa > 0) || start >= largest) throw noEscape(kappa, startNorm, largest / factors.norm);
  const { boost, amplitude } = noiseBoost(problem, start, norm);
  const scale = { N, theta, norm, kappa, boost, amplitude };
  const { alpha, deviation } =
    method === 'linear'
      ? linearEscape(problem, scale)
      : odeEscape(problem, start, { ...scale, starts, seed });
  return { alpha, deviation, growth: kappa, boost };
}

function noEscape(kappa: number, startNorm: number, largest: number): EigenstudentError {
  const reason =
    kappa > 0
      ? `a startNorm below ${largest}, above which norms diverge, received ${startNorm}`
      : `a learningRate at which overlaps with the teacher grow on the plateau; their rate is ${kappa} here`;
  return new EigenstudentError('invalid_argument', `expected for escapeTime ${reason}`);
}

/** Of the solver: escape times to 6 digits, far below their spread. */
const tolerance = { relative: 1e-8, absolute: 1e-12 };

/** e-foldings of overlaps after which the noise of a step no longer counts: exp(-2 x 18) is below rounding. */
const foldings = 18;

/**
 * On R = 0, Q = q I: N E R^2 = exp(2 K) (q0 + int D exp(-2 K)), K = int kappa. The boost is the integral over q0; the amplitude is
 * q0 exp(2 K - 2 kappa alpha) for large alpha, with kappa of the plateau.
 */
function noiseBoost(problem: Isotropic, start: number, norm: number): { boost: number; amplitude: number } {
  const kappa = growth(problem, norm);
  if (problem.spherical)
    return { boost: problem.noise ? noiseOf(problem, norm) / (2 * kappa * start) : 0, amplitude: start };
  const until = (foldings + Math.abs(Math.log(start / norm))) / kappa;
  let end: Float64Array = Float64Array.of(start, 0, 0, 0);
  // y = q, K - kappa alpha, the integral, alpha
  const derivative = ([q = 0, excess = 0, , alpha = 0]: Float64Array, out: Float64Array) => {
    out[0] = normChange(problem, q);
    out[1] = growth(problem, q) - kappa;
    out[2] = problem.noise ? noiseOf(problem, q) * Math.exp(-2 * (excess + kappa * alpha)) : 0;
    out[3] = 1;
  };
  for (const step of solve(derivative, end, until, [], tolerance)) end = step.end;
  const [, excess = 0, integral = 0] = end;
  return { boost: integral / start, amplitude: start * Math.exp(2 * excess) };
}

interface Scale {
  readonly N: number;
  readonly theta: number;
  readonly norm: number;
  readonly kappa: number;
  readonly boost: number;
  readonly amplitude: number;
}

/** N tr R R^T = (1 + b) amplitude exp(2 kappa alpha) chi2(p p*), and the loss falls by `fall` tr R R^T. */
function linearEscape(problem: Isotropic, { N, theta, norm, kappa, boost, amplitude }: Scale) {
  const { p, pStar } = problem;
  const level = (theta * isotropicLoss(p, pStar, norm)) / lossFall(problem, norm, kappa);
  const alpha =
    (Math.log(N) + Math.log(level / (amplitude * (1 + boost))) - meanLogChi2(p * pStar)) / (2 * kappa);
  return { alpha, deviation: Math.sqrt(trigamma((p * pStar) / 2)) / (2 * kappa) };
}

/**
 * By how much the loss falls per tr R R^T: 2 at fixed Q, and what the response x of tr Q adds. With r = tr R R^T growing at 2 kappa,
 * x' = lambda x + s r gives x = s r / (2 kappa - lambda), lambda = d(dq)/dq. For gradient flow, where d loss / dq = 0, it is 2.
 */
function lossFall(problem: Isotropic, q: number, kappa: number): number {
  const { p, pStar, eta, noise, spherical } = problem;
  if (spherical) return 2;
  const tau = p * q - pStar;
  const second = noise ? 4 * eta ** 2 * (-4 * p * q - 4 * tau - 8 * q - 8 * (q - 1)) : 0;
  const s = 8 * eta + second;
  const h = 1e-6 * q; // of a central difference of a cubic polynomial
  const lambda = (normChange(problem, q + h) - normChange(problem, q - h)) / (2 * h);
  return 2 - ((tau + 2 * q) * s) / (2 * kappa - lambda);
}

/**
 * Mean over random starts. While overlaps are small a start's size shifts its escape by -ln(tr R R^T) / (2 kappa), whose mean is
 * known: only what differs from that is averaged over the starts drawn (a control variate).
 */
function odeEscape(
  problem: Isotropic,
  start: number,
  scale: Scale & { readonly starts: number; readonly seed: number },
) {
  const { starts, seed, N, boost, kappa } = scale;
  const entries = problem.p * problem.pStar;
  const deviation = Math.sqrt((start * (1 + boost)) / N);
  const times: number[] = [];
  let shifts = 0;
  for (let trial = 0; trial < starts; ++trial) {
    const R = normals({ seed, trial, purpose: 'onePassStart', part: 0 }, entries, deviation);
    times.push(escapeOf(problem, start, R, scale));
    shifts -= Math.log(sumOfSquares(R) / deviation ** 2) / (2 * kappa);
  }
  const mean = times.reduce((sum, time) => sum + time, 0) / starts;
  const squares = times.reduce((sum, time) => sum + (time - mean) ** 2, 0);
  const expectedShift = -meanLogChi2(entries) / (2 * kappa);
  return {
    alpha: mean - shifts / starts + expectedShift,
    deviation: starts > 1 ? Math.sqrt(squares / (starts - 1)) : 0,
  };
}

/** Mean of the logarithm of a chi-square variable. */
function meanLogChi2(freedom: number): number {
  return Math.log(2) + digamma(freedom / 2);
}

function escapeOf(
  { p, pStar, eta, noise, spherical }: Isotropic,
  start: number,
  R: Float64Array,
  { N, theta, norm, kappa }: Scale,
): number {
  const problem = { p, pStar, Q: identity(p).map((value) => value * start), R, T: identity(pStar) };
  const level = (1 - theta) * isotropicLoss(p, pStar, norm);
  const loss = (y: Float64Array) => lossOf(unpacked(y, problem));
  // far longer than any escape: squares of overlaps would have grown by a factor N e^60
  const until = (Math.log(N) + 60) / kappa;
  const derivative = overlapDerivative(problem, { learningRate: eta, noise, spherical });
  for (const step of solve(derivative, packed(problem), until, [], tolerance)) {
    if (loss(step.end) >= level) continue;
    let [low, high] = [step.from, step.to];
    for (let i = 0; i < 50; ++i) {
      const middle = (low + high) / 2;
      if (loss(step.at(middle)) < level) high = middle;
      else low = middle;
    }
    return high;
  }
  throw new EigenstudentError(
    'invalid_argument',
    `expected a theta of escapeTime that the loss reaches, received ${theta}: it stays above ${level} until alpha = ${until}`,
  );
}
