/** An adaptive solver for ordinary differential equations that are not stiff. */
import { EigenstudentError } from '../../errors.js';

/** out = dy/dt at y. The equations do not depend on t. */
export type Derivative = (y: Float64Array, out: Float64Array) => void;

export interface SolverStep {
  readonly from: number;
  readonly to: number;
  /** y in the step at time t, by a cubic with the derivatives at both ends. */
  at(t: number): Float64Array;
  /** y at the end; a copy. */
  readonly end: Float64Array;
}

/** Dormand & Prince, J. Comp. Appl. Math. 6 (1980): order 5 with an error estimate of order 4. */
const stages: readonly (readonly number[])[] = [
  [1 / 5],
  [3 / 40, 9 / 40],
  [44 / 45, -56 / 15, 32 / 9],
  [19372 / 6561, -25360 / 2187, 64448 / 6561, -212 / 729],
  [9017 / 3168, -355 / 33, 46732 / 5247, 49 / 176, -5103 / 18656],
  [35 / 384, 0, 500 / 1113, 125 / 192, -2187 / 6784, 11 / 84],
];
const errorWeights = [71 / 57600, 0, -71 / 16695, 71 / 1920, -17253 / 339200, 22 / 525, -1 / 40];
/** Arbitrary: far above what the equations of this folder take to any end. */
const mostSteps = 1_000_000;

/**
 * Steps from time 0 to `until`, of which none passes over one of `stops` (ascending).
 * @throws diverged, when y leaves the finite numbers or the step becomes too short
 */
export function* solve(
  derivative: Derivative,
  start: Float64Array,
  until: number,
  stops: readonly number[],
  tolerance: { readonly relative: number; readonly absolute: number },
): Generator<SolverStep> {
  const size = start.length;
  const k = Array.from({ length: 7 }, () => new Float64Array(size));
  let y: Float64Array = Float64Array.from(start);
  derivative(y, k[0] as Float64Array);
  let t = 0;
  let proposed = firstStep(y, k[0] as Float64Array, until, tolerance);
  for (let count = 0, next = 0; t < until; ++count) {
    while ((stops[next] ?? Infinity) <= t) next += 1;
    const limit = Math.min(until, stops[next] ?? Infinity);
    const h = Math.min(proposed, limit - t);
    if (count === mostSteps || !(h > 1e-14 * t)) throw tooShort(t);
    const end = advance(derivative, y, k, h);
    const error = errorNorm(y, end, k, h, tolerance);
    // the usual bounds and safety factor of a step's change (Hairer, Norsett & Wanner, Solving ODEs I, II.4)
    const factor = Number.isFinite(error) ? Math.min(5, Math.max(0.2, 0.9 * error ** -0.2)) : 0.2;
    if (error <= 1) {
      const to = h === limit - t ? limit : t + h;
      yield interpolated(t, to, y, end, k);
      t = to;
      y = end;
      (k[0] as Float64Array).set(k[6] as Float64Array);
      if (h === proposed || factor < 1) proposed = h * factor; // else it was cut at a stop
    } else proposed = h * Math.min(1, factor);
  }
}

function tooShort(t: number): EigenstudentError {
  return new EigenstudentError(
    'diverged',
    `the solution of the differential equation leaves the finite numbers, or becomes too stiff, at time ${t}`,
  );
}

function firstStep(
  y: Float64Array,
  slope: Float64Array,
  until: number,
  { relative, absolute }: { readonly relative: number; readonly absolute: number },
): number {
  let steepest = 0;
  for (const [i, value] of y.entries())
    steepest = Math.max(steepest, Math.abs(slope[i] as number) / (absolute + relative * Math.abs(value)));
  return Math.min(until, steepest > 0 ? 1 / steepest ** 0.2 / (1 + Math.max(...slope.map(Math.abs))) : until);
}

function advance(derivative: Derivative, y: Float64Array, k: Float64Array[], h: number): Float64Array {
  let end = y;
  for (const [stage, weights] of stages.entries()) {
    end = Float64Array.from(y, (value, i) => {
      let sum = 0;
      for (const [j, weight] of weights.entries()) sum += weight * ((k[j] as Float64Array)[i] as number);
      return value + h * sum;
    });
    derivative(end, k[stage + 1] as Float64Array);
  }
  return end;
}

function errorNorm(
  y: Float64Array,
  end: Float64Array,
  k: readonly Float64Array[],
  h: number,
  { relative, absolute }: { readonly relative: number; readonly absolute: number },
): number {
  let sum = 0;
  for (const [i, value] of y.entries()) {
    let error = 0;
    for (const [j, weight] of errorWeights.entries()) error += weight * ((k[j] as Float64Array)[i] as number);
    const scale = absolute + relative * Math.max(Math.abs(value), Math.abs(end[i] as number));
    sum += ((h * error) / scale) ** 2;
  }
  return Math.sqrt(sum / y.length);
}

function interpolated(
  from: number,
  to: number,
  y: Float64Array,
  end: Float64Array,
  k: readonly Float64Array[],
): SolverStep {
  const slopes = [k[0], k[6]].map((slope) => Float64Array.from(slope as Float64Array));
  const h = to - from;
  const at = (t: number) => {
    const s = (t - from) / h;
    const [a, b] = [(1 + 2 * s) * (1 - s) ** 2, s ** 2 * (3 - 2 * s)];
    const [c, d] = [h * s * (1 - s) ** 2, h * s ** 2 * (s - 1)];
    const [first, last] = slopes as [Float64Array, Float64Array];
    return y.map(
      (value, i) => a * value + b * (end[i] as number) + c * (first[i] as number) + d * (last[i] as number),
    );
  };
  return { from, to, at, end: Float64Array.from(end) };
}
