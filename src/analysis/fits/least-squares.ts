import { levenbergMarquardt } from 'ml-levenberg-marquardt';
import { Matrix, SingularValueDecomposition } from 'ml-matrix';
import { reasonOf } from '../../errors.js';

/** A curve with p parameters; x and y of order 1, for the damping of the iteration knows no units. */
export interface Model {
  value(parameters: readonly number[], x: number): number;
  /** [p]; d value / d parameter */
  partials(parameters: readonly number[], x: number): number[];
}

export interface WeightedPoints {
  /** each [n] */
  readonly x: Float64Array;
  readonly y: Float64Array;
  /** Mean 1. */
  readonly weights: Float64Array;
}

export interface Bounds {
  /** each [p] */
  readonly minimum: readonly number[];
  readonly maximum: readonly number[];
}

export interface Optimum {
  /** [p] */
  readonly parameters: readonly number[];
  /** [p x p], (J^T W J)^-1: the covariance in units of the residual variance */
  readonly covariance: Matrix;
  /** sum of weight * residual^2 */
  readonly residual: number;
  /** [p]; norms of the columns of the weighted Jacobian */
  readonly lengths: readonly number[];
  /** Whether `parameters` is a minimum, by the relative offset below. */
  readonly settled: boolean;
}

/** Bates and Watts use 0.001; R's nls 1e-5. The optimum is then off by 1e-5 of its own standard error. */
const offsetTolerance = 1e-5;
/** Below this mean squared residual (y is of order 1) the fit is exact and the offset is one of rounding; arbitrary. */
const exact = 1e-20;
/** The library counts iterations, not convergence: it is asked for a few and looked after in between. Arbitrary. */
const iterations = 20;
const rounds = 10;
/**
 * The library keeps its damping, which it adds to the squares of these lengths, between 1e-7 and 1e7: 1000 makes that 1e-13
 * to 10 of a square, from none to short steps. The first, 1e-8 of a square, leaves columns that are nearly parallel (a rate
 * near 0) their full step. Measured on 2000 random noisy exponentials: 11 do not settle, 15 with lengths as they come. Those
 * 11 have minima that Gauss-Newton steps lead away from; standard errors from the Jacobian would mean nothing there.
 */
const columnLength = 1e3;
const firstDamping = 1e-2;
/** From hardly any damping to the most in `rounds`. */
const dampingGrowth = 10;

/**
 * The minimum of sum w (y - model)^2 nearest to `start`, by Levenberg and Marquardt, with the covariance from the
 * Jacobian. Settled by the relative offset criterion (Bates and Watts, Nonlinear Regression Analysis, 1988, section
 * 2.2.3): the part of the residual that lies in the tangent plane is negligible against the part outside of it.
 */
export function leastSquares(
  model: Model,
  points: WeightedPoints,
  start: readonly number[],
  bounds: Bounds,
): Optimum {
  let optimum = describe(model, points, start);
  for (let round = 0; round < rounds && !optimum.settled; ++round) {
    const { lengths, parameters } = optimum;
    // Within the library a parameter p_k is q_k = p_k / unit_k, in which its column of the Jacobian is `columnLength` long.
    const units = lengths.map((length) => columnLength / length);
    const inQ = (values: readonly number[]) => values.map((value, k) => value / (units[k] as number));
    const inP = (values: readonly number[]) => values.map((value, k) => value * (units[k] as number));
    const { data, value, partials } = whiten(model, points);
    const parameterValues = orSingular(
      () =>
        levenbergMarquardt(data, (q) => value(inP(q)), {
          initialValues: inQ(parameters),
          jacobianFunction: (q) => {
            const at = partials(inP(q));
            return (i) => inP(at(i));
          },
          minValues: inQ(bounds.minimum),
          maxValues: inQ(bounds.maximum),
          // The library does not take a bad step back: the next round starts from the best point with shorter steps.
          damping: firstDamping * dampingGrowth ** round,
          maxIterations: iterations,
          errorTolerance: 0,
        }).parameterValues,
    );
    if (parameterValues !== undefined) optimum = describe(model, points, inP(parameterValues));
  }
  return optimum;
}

/**
 * undefined where the library (5.1.0) throws because a bad step led where the columns of the Jacobian are parallel: as it does
 * for weights over 10 decades. The next round starts again, with shorter steps.
 */
function orSingular<Result>(solve: () => Result): Result | undefined {
  try {
    return solve();
  } catch (error) {
    if (reasonOf(error) === 'LU matrix is singular') return undefined;
    throw error;
  }
}

/**
 * The same sum of squares without weights, over the index of a point in place of x: the library (5.1.0) divides the
 * residuals by the weights that it multiplies the Hessian with, and so does not arrive where they differ.
 */
function whiten(model: Model, { x, y, weights }: WeightedPoints) {
  const root = weights.map(Math.sqrt);
  const at = (i: number) => x[i] as number;
  return {
    data: { x: x.map((_, i) => i), y: y.map((value, i) => (root[i] as number) * value) },
    value: (p: readonly number[]) => (i: number) => (root[i] as number) * model.value(p, at(i)),
    partials: (p: readonly number[]) => (i: number) =>
      model.partials(p, at(i)).map((partial) => (root[i] as number) * partial),
  };
}

function describe(model: Model, points: WeightedPoints, parameters: readonly number[]): Optimum {
  const { data, value, partials } = whiten(model, points);
  const [n, p] = [data.x.length, parameters.length];
  const jacobian = new Matrix(Array.from(data.x, partials(parameters)));
  const fitted = value(parameters);
  const residuals = Matrix.columnVector(data.y.map((y, i) => y - fitted(i)));
  const { leftSingularVectors, rightSingularVectors, diagonal } = new SingularValueDecomposition(jacobian);
  const residual = residuals.norm() ** 2;
  const inPlane = leftSingularVectors.transpose().mmul(residuals).norm() ** 2;
  const outside = Math.max(residual - inPlane, 0);
  const offset = Math.sqrt(inPlane / p / (outside / (n - p)));
  const scaled = rightSingularVectors.mulRowVector(diagonal.map((value) => 1 / value));
  return {
    parameters,
    covariance: scaled.mmul(scaled.transpose()),
    residual,
    lengths: Array.from({ length: p }, (_, k) => jacobian.getColumnVector(k).norm()),
    settled: residual <= exact * n || offset < offsetTolerance,
  };
}
