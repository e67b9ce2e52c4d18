/** Estimates the time of steps that were not measured from those that were. */

export interface MeasuredStep {
  /** Useful operations of the step. */
  readonly operations: number;
  readonly seconds: number;
}

export interface StepTimes {
  /** Seconds of a step of that many operations. */
  of(operations: number): number;
  /** Root mean square of the relative residuals; null for fewer than three steps, which determine no residuals. */
  readonly error: number | null;
}

/**
 * A fixed time per step and a time per operation, both at least 0, by least squares of the relative residuals: short
 * steps weigh as much as long ones.
 * @param steps at least one
 */
export function fitStepTimes(steps: readonly MeasuredStep[]): StepTimes {
  const { fixed, perOperation } = nonNegativeFit(steps);
  const of = (operations: number) => fixed + perOperation * operations;
  const squares = steps.map(({ operations, seconds }) => (of(operations) / seconds - 1) ** 2);
  const error =
    steps.length < 3 ? null : Math.sqrt(squares.reduce((sum, square) => sum + square, 0) / steps.length);
  return { of, error };
}

/** Minimises the sum of (fixed u + perOperation v - 1)^2 with u = 1/seconds and v = operations/seconds. */
function nonNegativeFit(steps: readonly MeasuredStep[]): { fixed: number; perOperation: number } {
  let [uu, uv, vv, u1, v1] = [0, 0, 0, 0, 0];
  for (const { operations, seconds } of steps) {
    const [u, v] = [1 / seconds, operations / seconds];
    uu += u * u;
    uv += u * v;
    vv += v * v;
    u1 += u;
    v1 += v;
  }
  const determinant = uu * vv - uv * uv;
  const onlyFixed = { fixed: u1 / uu, perOperation: 0 };
  const onlyOperations = { fixed: 0, perOperation: v1 / vv };
  if (!(determinant > 1e-9 * uu * vv)) return onlyOperations; // All steps have one size.
  const fixed = (u1 * vv - v1 * uv) / determinant;
  const perOperation = (v1 * uu - u1 * uv) / determinant;
  if (fixed < 0) return onlyOperations;
  return perOperation < 0 ? onlyFixed : { fixed, perOperation };
}
