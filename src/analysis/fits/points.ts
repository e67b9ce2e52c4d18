import { equalLengths, finiteNumbers, positiveNumbers } from '../numbers.js';

/** What a curve is fitted to; each [n]. */
export interface Points {
  readonly x: Float64Array;
  readonly y: Float64Array;
  /** Standard deviation of each y. */
  readonly dy?: Float64Array;
}

/** Copies, checked: of one length, finite, every dy above 0. */
export function checkedPoints(x: ArrayLike<number>, y: ArrayLike<number>, dy?: ArrayLike<number>): Points {
  const points = { x: finiteNumbers('x', x), y: finiteNumbers('y', y) };
  equalLengths(points);
  if (dy === undefined) return points;
  const deviations = positiveNumbers('dy', dy);
  equalLengths({ x: points.x, dy: deviations });
  return { ...points, dy: deviations };
}

/** How many different numbers there are among `values`. */
export function distinct(values: Float64Array): number {
  return new Set(values).size;
}
