import { Matrix, solve } from 'ml-matrix';
import { fitLine, lineAt } from '../fits/line.js';

export interface BrokenLine {
  /** Where the two lines meet. */
  readonly x: number;
  readonly y: number;
  readonly slopeBelow: number;
  readonly slopeAbove: number;
  /** sum of weight * (y - broken line)^2 */
  readonly residual: number;
}

/**
 * The continuous line of two straight pieces with the least squares, over every place of the joint that leaves two
 * points on either side. Exact, after Hudson (J. Am. Stat. Assoc. 61, 1097, 1966): the joint is either where the free
 * lines through the points left and right of a gap meet, if that is in the gap, or at a point.
 * @param x [n], strictly ascending, n >= 4
 * @param y [n]
 * @param weights [n], above 0
 */
export function fitBrokenLine(
  x: readonly number[],
  y: readonly number[],
  weights: readonly number[],
): BrokenLine {
  const last = x.length - 1;
  const candidates: BrokenLine[] = [];
  for (let k = 1; k < last; ++k) {
    candidates.push(jointAt(x, y, weights, x[k] as number));
    const free = k + 1 < last ? jointInGap(x, y, weights, k) : undefined;
    if (free) candidates.push(free);
  }
  return candidates.reduce((best, next) => (next.residual < best.residual ? next : best));
}

/** Free lines through points 0..k and k+1..n-1, if they meet between points k and k + 1. */
function jointInGap(
  x: readonly number[],
  y: readonly number[],
  weights: readonly number[],
  k: number,
): BrokenLine | undefined {
  const part = (from: number, to?: number) =>
    fitLine(x.slice(from, to), y.slice(from, to), weights.slice(from, to));
  const below = part(0, k + 1);
  const above = part(k + 1);
  const start = x[k] as number;
  const joint = start + (lineAt(above, start) - lineAt(below, start)) / (below.slope - above.slope);
  // Parallel lines meet nowhere: the quotient is then not finite.
  if (!(joint >= start && joint <= (x[k + 1] as number))) return undefined;
  return {
    x: joint,
    y: lineAt(below, joint),
    slopeBelow: below.slope,
    slopeAbove: above.slope,
    residual: below.residual + above.residual,
  };
}

/** Least squares for y0 + slopeBelow min(x - joint, 0) + slopeAbove max(x - joint, 0). */
function jointAt(
  x: readonly number[],
  y: readonly number[],
  weights: readonly number[],
  joint: number,
): BrokenLine {
  const roots = weights.map(Math.sqrt);
  const rows = x.map((value) => [1, Math.min(value - joint, 0), Math.max(value - joint, 0)]);
  const design = new Matrix(rows.map((row, i) => row.map((entry) => entry * (roots[i] as number))));
  const target = Matrix.columnVector(y.map((value, i) => value * (roots[i] as number)));
  const solution = solve(design, target);
  const [height, slopeBelow, slopeAbove] = solution.to1DArray() as [number, number, number];
  const residual = Matrix.sub(target, design.mmul(solution)).norm() ** 2;
  return { x: joint, y: height, slopeBelow, slopeAbove, residual };
}
