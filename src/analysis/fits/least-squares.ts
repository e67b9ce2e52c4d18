import { Matrix, SingularValueDecomposition } from 'ml-matrix';

/** A curve with p parameters. */
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
  /** Whether `parameters` is a minimum whose width follows from the Jacobian. */
  readonly settled: boolean;
}

/** Bates and Watts use 0.001; R's nls 1e-5. The optimum is then off by 1e-5 of its own standard error. */
const offsetTolerance = 1e-5;
/** Below this mean squared residual (y is of order 1) the fit is exact and the offset is one of rounding; arbitrary. */
const exact = 1e-20;
/** Of a standard error, for knowsCurvature; arbitrary. */
const besidePart = 0.01;
/** Standard errors are then at most twice what they should be. */
const mostUnknown = 3;
/** Steps, those that are not taken included; arbitrary. */
const mostSteps = 1000;
/** Added to squares that are at most p. The first hardly shortens a step; with the last it is one of rounding. */
const [firstDamping, mostDamping] = [1e-8, 1e16];
/** After a step down and after a step up; not inverse to each other, or the damping might go in circles. */
const [lessDamping, moreDamping] = [1 / 9, 11];

/**
 * The minimum of sum w (y - model)^2 nearest to `start`, by Levenberg and Marquardt: steps by Gauss and Newton that are
 * shorter, and turned to the gradient, after each that led upwards. Where a step leaves the bounds, it ends on them.
 */
export function leastSquares(
  model: Model,
  points: WeightedPoints,
  start: readonly number[],
  bounds: Bounds,
): Optimum {
  let best = linearize(model, points, start);
  let damping = firstDamping;
  for (
    let step = 0;
    step < mostSteps && damping < mostDamping && !(isExact(best) || isSettled(best));
    ++step
  ) {
    const tried = linearize(model, points, within(bounds, stepFrom(best, damping)));
    const isLower = tried.residual < best.residual;
    if (isLower) best = tried;
    damping *= isLower ? lessDamping : moreDamping;
  }
  const { parameters, residual } = best;
  const settled = isExact(best) || (isSettled(best) && knowsCurvature(model, points, best));
  return { parameters, residual, covariance: covarianceOf(best), settled };
}

/** The model around its parameters: weighted residuals r [n] and the singular values of the weighted Jacobian. */
interface Linearization {
  readonly parameters: readonly number[];
  /** n - p */
  readonly freedom: number;
  /** sum of r^2 */
  readonly residual: number;
  /**
   * [p]; norms of the Jacobian's columns, by which they are divided: damping is then independent of units
   * (Marquardt 1963)
   */
  readonly lengths: readonly number[];
  /** [p] */
  readonly singularValues: readonly number[];
  /** [p x p] */
  readonly right: Matrix;
  /** [p]; left singular vectors^T r */
  readonly projected: readonly number[];
}

function linearize(
  model: Model,
  { x, y, weights }: WeightedPoints,
  parameters: readonly number[],
): Linearization {
  const roots = weights.map(Math.sqrt);
  const root = (i: number) => roots[i] as number;
  const jacobian = new Matrix(
    Array.from(x, (at, i) => model.partials(parameters, at).map((partial) => root(i) * partial)),
  );
  const residuals = Matrix.columnVector(
    y.map((value, i) => root(i) * (value - model.value(parameters, x[i] as number))),
  );
  // A column of zeros stays one, and makes the covariance infinite.
  const lengths = parameters.map((_, k) => jacobian.getColumnVector(k).norm() || 1);
  const decomposed = new SingularValueDecomposition(jacobian.divRowVector(lengths));
  return {
    parameters,
    freedom: x.length - parameters.length,
    residual: residuals.norm() ** 2,
    lengths,
    singularValues: decomposed.diagonal,
    right: decomposed.rightSingularVectors,
    projected: decomposed.leftSingularVectors.transpose().mmul(residuals).to1DArray(),
  };
}

/** The parameters that minimise |r - J step|^2 + damping |step|^2, with each step in units of 1 / length. */
function stepFrom(
  { parameters, lengths, singularValues, right, projected }: Linearization,
  damping: number,
): number[] {
  const along = singularValues.map((value, k) => (value * (projected[k] as number)) / (value ** 2 + damping));
  const step = right.mmul(Matrix.columnVector(along)).to1DArray();
  return parameters.map((value, k) => value + (step[k] as number) / (lengths[k] as number));
}

function within({ minimum, maximum }: Bounds, parameters: readonly number[]): number[] {
  return parameters.map((value, k) => Math.min(Math.max(value, minimum[k] as number), maximum[k] as number));
}

/**
 * The relative offset criterion (Bates and Watts, Nonlinear Regression Analysis, 1988, section 2.2.3): the part of the residual
 * that lies in the tangent plane is negligible against the part outside of it.
 */
function isSettled({ parameters, freedom, residual, projected }: Linearization): boolean {
  const inPlane = projected.reduce((sum, part) => sum + part ** 2, 0);
  const outside = Math.max(residual - inPlane, 0);
  return Math.sqrt(inPlane / parameters.length / (outside / freedom)) < offsetTolerance;
}

function isExact({ parameters, freedom, residual }: Linearization): boolean {
  return residual <= exact * (freedom + parameters.length);
}

/**
 * Whether a full step from a point near the minimum ends close to it, relative to the distance of that point.
 * The sum of squares is curved by J^T W J, which the step includes, and by the residuals: where these add r
 * times as much, it ends r times as far on the other side, and standard errors from the Jacobian are too
 * large by sqrt(1 + r).
 */
function knowsCurvature(model: Model, points: WeightedPoints, minimum: Linearization): boolean {
  const { parameters, lengths, singularValues, right, freedom, residual } = minimum;
  // Along what the points determine least.
  const last = parameters.length - 1;
  const shift = (besidePart * Math.sqrt(residual / freedom)) / (singularValues[last] as number);
  const beside = parameters.map((value, k) => value + (shift * right.get(k, last)) / (lengths[k] as number));
  const reached = stepFrom(linearize(model, points, beside), 0);
  const away = reached.map((value, k) => (value - (parameters[k] as number)) * (lengths[k] as number));
  return Matrix.columnVector(away).norm() < mostUnknown * shift;
}

function covarianceOf({ lengths, singularValues, right }: Linearization): Matrix {
  const scaled = right
    .clone()
    .divRowVector([...singularValues])
    .divColumnVector([...lengths]);
  return scaled.mmul(scaled.transpose());
}
