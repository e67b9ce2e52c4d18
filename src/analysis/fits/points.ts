import { equalLengths, finiteNumbers, positiveNumbers } from '../numbers.js';

/** What a curve is fitted to; each [n]. */
export interface Points {
  readonly x: Float64Array;
  readonly y: Float64Array;
  /** Standard deviation of each y. */
  readonly dy?: Float64Array;
}

/**
 * Copies, checked: of one length, finite, every dy above 0.
 * @param of where they are from, for errors: "curves[2]" makes it "curves[2].x"
 */
export function checkedPoints(
  x: ArrayLike<number>,
  y: ArrayLike<number>,
  dy?: ArrayLike<number>,
  of = '',
): Points {
  const [atX, atY, atDy] = ['x', 'y', 'dy'].map((name) => (of ? `${of}.${name}` : name)) as [
    string,
    string,
    string,
  ];
  const points = { x: finiteNumbers(atX, x), y: finiteNumbers(atY, y) };
  equalLengths({ [atX]: points.x, [atY]: points.y });
  if (dy === undefined) return points;
  const deviations = positiveNumbers(atDy, dy);
  equalLengths({ [atX]: points.x, [atDy]: deviations });
  return { ...points, dy: deviations };
}

/** How many different numbers there are among `values`. */
export function distinct(values: Float64Array): number {
  return new Set(values).size;
}
