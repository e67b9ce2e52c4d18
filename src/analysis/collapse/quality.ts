import { arrayOfObjects, invalid } from '../../arguments.js';
import { fitLine, lineAt, lineVarianceAt } from '../fits/line.js';
import { checkedPoints } from '../fits/points.js';

/** One curve of a family, such as a teacher size; each [n]. */
export interface Curve {
  readonly x: ArrayLike<number>;
  readonly y: ArrayLike<number>;
  /** Standard error of each y, above 0. */
  readonly dy: ArrayLike<number>;
}

export interface CollapseQuality {
  /**
   * S: mean squared distance of the points from the curve through the others, in units of its variance. About
   * 1 where the curves coincide within their errors, larger otherwise; well below 1 where errors are
   * overstated or correlated. NaN where no point can be compared.
   */
  readonly quality: number;
  /** How many points lie within the range of another curve, and so enter S. */
  readonly compared: number;
  readonly points: number;
}

/**
 * Whether curves that have been rescaled fall on one: S of Houdayer and Hartmann (Phys. Rev. B 70, 014418,
 * 2004). Each point is compared with a straight line, fitted with weights 1 / dy^2 through the two points of
 * each other curve that lie left and right of it. So points must lie close enough together for the curve to
 * be straight between them.
 * @param curves at least two, of any lengths; within a curve no x twice
 * @throws invalid_argument naming the curve
 */
export function collapseQuality(curves: readonly Curve[]): CollapseQuality {
  return qualityOf(checkedCurves(curves));
}

/** Sorted by x, checked. */
export interface SortedCurve {
  readonly x: Float64Array;
  readonly y: Float64Array;
  readonly dy: Float64Array;
}

export function checkedCurves(curves: readonly Curve[]): SortedCurve[] {
  arrayOfObjects('curves', 'an array of at least two curves', 'a curve { x, y, dy }', curves);
  if (curves.length < 2)
    throw invalid('curves', 'an array of at least two curves', curves, 'One curve has nothing to fall on');
  return (curves as readonly Curve[]).map(({ x, y, dy }, i) => {
    const curve = `curves[${i}]`;
    if (dy === undefined)
      throw invalid(
        `${curve}.dy`,
        'standard errors of y',
        dy,
        'They say how near is near; more trials give them',
      );
    const points = checkedPoints(x, y, dy, curve) as SortedCurve;
    const order = Array.from(points.x.keys()).sort(
      (a, b) => (points.x[a] as number) - (points.x[b] as number),
    );
    const sorted = (values: Float64Array) => Float64Array.from(order, (index) => values[index] as number);
    const ascending = { x: sorted(points.x), y: sorted(points.y), dy: sorted(points.dy) };
    const twice = ascending.x.find((value, k) => value === ascending.x[k + 1]);
    if (twice !== undefined)
      throw invalid(`${curve}.x`, 'every x once', twice, 'Average its points into one');
    return ascending;
  });
}

/** curves: at least two, each ascending in x */
export function qualityOf(curves: readonly SortedCurve[]): CollapseQuality {
  let total = 0;
  let compared = 0;
  for (const curve of curves) {
    const others = curves.filter((other) => other !== curve);
    for (const [i, x] of curve.x.entries()) {
      const master = masterAt(others, x);
      if (master === undefined) continue;
      const distance = (curve.y[i] as number) - master.y;
      total += distance ** 2 / ((curve.dy[i] as number) ** 2 + master.variance);
      ++compared;
    }
  }
  const points = curves.reduce((count, { x }) => count + x.length, 0);
  return { quality: compared === 0 ? Number.NaN : total / compared, compared, points };
}

function masterAt(others: readonly SortedCurve[], at: number): { y: number; variance: number } | undefined {
  const [x, y, weights]: [number[], number[], number[]] = [[], [], []];
  for (const other of others) {
    const right = firstNotBelow(other.x, at);
    // For a point at the first x of a curve the neighbours are that one and the next.
    const left = right === 0 && other.x[0] === at ? 0 : right - 1;
    if (left < 0 || left + 1 >= other.x.length) continue;
    for (const k of [left, left + 1]) {
      x.push(other.x[k] as number);
      y.push(other.y[k] as number);
      weights.push((other.dy[k] as number) ** -2);
    }
  }
  if (x.length === 0) return undefined;
  const line = fitLine(x, y, weights);
  return { y: lineAt(line, at), variance: lineVarianceAt(line, at) };
}

/** Index of the first value that is at least `bound`; the length where there is none. values: ascending */
function firstNotBelow(values: Float64Array, bound: number): number {
  let [low, high] = [0, values.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((values[middle] as number) < bound) low = middle + 1;
    else high = middle;
  }
  return low;
}
