import type { Matrix } from 'ml-matrix';
import { largest } from '../numbers.js';
import { type Bounds, leastSquares, type Model, type Optimum, type WeightedPoints } from './least-squares.js';
import { fitLine, type Line, lineAt } from './line.js';
import { distinct, type Points } from './points.js';

/** y = offset + amplitude exp(-rate x): both the exponential and, over x = -ln of its argument, the power law. */
export interface Decay {
  readonly values: { readonly amplitude: number; readonly rate: number; readonly offset: number };
  readonly standardErrors: { readonly amplitude: number; readonly rate: number; readonly offset: number };
  /** sum of (residual / dy)^2, with dy = 1 where there is none */
  readonly chiSquared: number;
  /** The same around the mean instead of the curve. */
  readonly chiSquaredOfMean: number;
  readonly degreesOfFreedom: number;
}

/**
 * x and y in the optimiser's units: u = direction (x - origin) / span in [0, 1], with the curve largest at u = 0
 * (so that nothing overflows), and v = (y - shift) / scale of order 1.
 */
interface Frame {
  readonly origin: number;
  readonly direction: 1 | -1;
  readonly span: number;
  readonly shift: number;
  readonly scale: number;
}

/** Slower than this over the whole range of x, and the curve is a straight line to 1 part in 10^4; arbitrary. */
const slowest = 1e-3;
/**
 * Faster than this times 1 / (first gap), and the second point does not depend on the amplitude: exp(-20) =
 * 2e-9.
 */
const fastestOverGap = 20;
/** A range of y below this times its size is rounding: 45 units in the last place. Arbitrary. */
const rounding = 1e-14;
/** Starting rates that are tried, evenly in their logarithm; arbitrary. */
const startingRates = 60;

const withOffset: Model = {
  value: ([a, b, c], u) => (c as number) + (a as number) * Math.exp(-(b as number) * u),
  partials: ([a, b], u) => {
    const decayed = Math.exp(-(b as number) * u);
    return [decayed, -(a as number) * u * decayed, 1];
  },
};
const withoutOffset: Model = {
  value: ([a, b], u) => withOffset.value([a as number, b as number, 0], u),
  partials: (parameters, u) => withOffset.partials(parameters, u).slice(0, 2),
};

/**
 * Least squares for y = offset + amplitude exp(-rate x), or why there is none. For a given rate the rest is linear, so
 * the start is the best of many rates (variable projection: Golub and Pereyra, SIAM J. Numer. Anal. 10, 413, 1973).
 */
export function fitDecay(points: Points, hasOffset: boolean): Decay | string {
  const unfit = whyUnfit(points, hasOffset);
  if (unfit) return unfit;
  const weights = relativeWeights(points);
  const [falling, rising] = [1, -1].map((direction) =>
    startIn(frameOf(points, direction as 1 | -1, hasOffset), points, weights.relative, hasOffset),
  ) as [Start, Start];
  // Falling and rising curves join at the straight line. Over both the residual has one minimum: the better
  // start leads to it.
  const solution = solve(falling.residual <= rising.residual ? falling : rising, hasOffset);
  return whyUndetermined(solution, hasOffset) ?? inUnits(points, weights, solution);
}

function whyUnfit({ x, y }: Points, hasOffset: boolean): string | undefined {
  const parameters = hasOffset ? 3 : 2;
  if (x.length <= parameters)
    return `too few points: ${x.length} for ${parameters} parameters, at least ${parameters + 1} are needed`;
  if (distinct(x) < parameters) return `too few different x: ${distinct(x)} for ${parameters} parameters`;
  const most = largest(y.map(Math.abs));
  const range = largest(y) + largest(y.map((value) => -value));
  if (hasOffset && range <= rounding * most) return 'y is constant: it fits at every rate';
  return !hasOffset && most === 0 ? 'y is 0: it fits at every rate' : undefined;
}

/** The points in a frame, and the best [amplitude, rate, offset?] among rates from the slowest to the fastest. */
interface Start {
  readonly frame: Frame;
  readonly points: WeightedPoints;
  readonly fastest: number;
  readonly parameters: number[];
  readonly residual: number;
}

function startIn(frame: Frame, points: Points, weights: Float64Array, hasOffset: boolean): Start {
  const { origin, direction, span, shift, scale } = frame;
  const x = points.x.map((value) => (direction * (value - origin)) / span);
  const y = points.y.map((value) => (value - shift) / scale);
  const fastest = fastestOverGap / x.reduce((gap, u) => (u > 0 && u < gap ? u : gap), 1);
  let best = { residual: Infinity, parameters: [] as number[] };
  for (let k = 0; k < startingRates; ++k) {
    const rate = slowest * (fastest / slowest) ** (k / (startingRates - 1));
    const decayed = x.map((u) => Math.exp(-rate * u));
    const tried = hasOffset
      ? lineStart(fitLine(decayed, y, weights), rate)
      : amplitudeStart(decayed, y, weights, rate);
    if (tried.residual < best.residual) best = tried;
  }
  return { frame, points: { x, y, weights }, fastest, ...best };
}

interface Solution {
  readonly frame: Frame;
  readonly fastest: number;
  readonly optimum: Optimum;
}

function solve({ frame, points, fastest, parameters }: Start, hasOffset: boolean): Solution {
  const free = Number.MAX_VALUE;
  const bounds: Bounds = hasOffset
    ? { minimum: [-free, slowest, -free], maximum: [free, fastest, free] }
    : // a constant is a fair curve without offset, so the rate may pass through 0
      { minimum: [-free, -1], maximum: [free, fastest] };
  const model = hasOffset ? withOffset : withoutOffset;
  return { frame, fastest, optimum: leastSquares(model, points, parameters, bounds) };
}

function frameOf({ x, y }: Points, direction: 1 | -1, hasOffset: boolean): Frame {
  const [low, high] = [-largest(x.map((value) => -value)), largest(x)];
  const [least, most] = [-largest(y.map((value) => -value)), largest(y)];
  const origin = direction === 1 ? low : high;
  const scale = hasOffset ? most - least : Math.max(Math.abs(least), Math.abs(most));
  return { origin, direction, span: high - low, shift: hasOffset ? least : 0, scale };
}

function lineStart(line: Line, rate: number) {
  return { residual: line.residual, parameters: [line.slope, rate, lineAt(line, 0)] };
}

function amplitudeStart(decayed: Float64Array, y: Float64Array, weights: Float64Array, rate: number) {
  const sum = (term: (i: number) => number) =>
    weights.reduce((total, weight, i) => total + weight * term(i), 0);
  const at = (i: number) => decayed[i] as number;
  const amplitude = sum((i) => at(i) * (y[i] as number)) / sum((i) => at(i) ** 2);
  return { residual: sum((i) => ((y[i] as number) - amplitude * at(i)) ** 2), parameters: [amplitude, rate] };
}

function whyUndetermined({ optimum, fastest }: Solution, hasOffset: boolean): string | undefined {
  const rate = optimum.parameters[1] as number;
  const edge = 1 + 1e-6;
  if (rate * edge >= fastest)
    return 'the rate runs to infinity: the curve has left its first point before it reaches the second';
  if (hasOffset && rate <= slowest * edge)
    return 'the rate runs to 0: the points lie on a straight line as far as they tell';
  if (!optimum.settled)
    return 'the iteration did not settle on a minimum: the points hardly determine the curve';
  const finite = optimum.covariance.to1DArray().every(Number.isFinite);
  return finite ? undefined : 'the points do not determine all parameters';
}

interface Weights {
  /** [n], of mean 1 */
  readonly relative: Float64Array;
  /** The factor that makes them 1 / dy^2. */
  readonly mean: number;
}

function relativeWeights({ x, dy }: Points): Weights {
  if (dy === undefined) return { relative: new Float64Array(x.length).fill(1), mean: 1 };
  const least = -largest(dy.map((value) => -value));
  const weights = dy.map((value) => (least / value) ** 2);
  const mean = weights.reduce((total, weight) => total + weight, 0) / weights.length;
  return { relative: weights.map((weight) => weight / mean), mean: mean / least ** 2 };
}

/** Back from the frame, with first-order propagation of the covariance, which is exact for a change of units. */
function inUnits(points: Points, weights: Weights, { frame, optimum }: Solution): Decay | string {
  const { origin, direction, span, shift, scale } = frame;
  const [a, b, c = 0] = optimum.parameters as [number, number, number?];
  const rate = (direction * b) / span;
  const lift = Math.exp(rate * origin);
  const values = { amplitude: scale * a * lift, rate, offset: shift + scale * c };
  if (!Number.isFinite(values.amplitude) || (values.amplitude === 0 && a !== 0))
    return 'the amplitude at x = 0 is beyond what a number can hold; shift x';
  const degreesOfFreedom = points.x.length - optimum.parameters.length;
  const chiSquared = weights.mean * scale ** 2 * optimum.residual;
  // Without dy the errors are estimated from the residuals.
  const variance = points.dy ? 1 / (weights.mean * scale ** 2) : optimum.residual / degreesOfFreedom;
  const ofAmplitude = [scale * lift, (values.amplitude * origin * direction) / span];
  const error = (gradient: number[]) => Math.sqrt(variance * quadraticForm(optimum.covariance, gradient));
  return {
    values,
    standardErrors: {
      amplitude: error(ofAmplitude),
      rate: error([0, 1 / span]),
      offset: optimum.parameters.length === 3 ? error([0, 0, scale]) : 0,
    },
    chiSquared,
    chiSquaredOfMean:
      weights.mean * fitLine(new Float64Array(points.x.length), points.y, weights.relative).residual,
    degreesOfFreedom,
  };
}

/** gradient^T covariance gradient; missing entries of the gradient are 0 */
function quadraticForm(covariance: Matrix, gradient: number[]): number {
  let total = 0;
  for (const [i, left] of gradient.entries())
    for (const [j, right] of gradient.entries()) total += left * covariance.get(i, j) * right;
  return Math.max(total, 0);
}
