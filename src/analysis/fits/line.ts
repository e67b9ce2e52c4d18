/** Weighted least squares for a straight line, kept around its centre of mass, where nothing cancels. */
export interface Line {
  /** Weighted means of x and y: the line runs through them. */
  readonly centre: readonly [number, number];
  readonly slope: number;
  /** sum of weight * (y - line)^2 */
  readonly residual: number;
  /** sum of weights, and sum of weight * (x - centre)^2 */
  readonly weight: number;
  readonly spread: number;
}

/**
 * x, y, weights: [n], n >= 1, at least one weight above 0. A level line where all x are equal. Unchecked: the callers'
 * numbers are.
 */
export function fitLine(
  x: ArrayLike<number>,
  y: ArrayLike<number>,
  weights: ArrayLike<number> = new Float64Array(x.length).fill(1),
): Line {
  const sum = (term: (x: number, y: number) => number) => {
    let total = 0;
    for (let i = 0; i < x.length; ++i) total += (weights[i] as number) * term(x[i] as number, y[i] as number);
    return total;
  };
  const weight = sum(() => 1);
  const centre = [sum((xi) => xi) / weight, sum((_, yi) => yi) / weight] as const;
  const spread = sum((xi) => (xi - centre[0]) ** 2);
  const slope = spread === 0 ? 0 : sum((xi, yi) => (xi - centre[0]) * (yi - centre[1])) / spread;
  const residual = sum((xi, yi) => (yi - centre[1] - slope * (xi - centre[0])) ** 2);
  return { centre, slope, residual, weight, spread };
}

export function lineAt({ centre, slope }: Line, x: number): number {
  return centre[1] + slope * (x - centre[0]);
}

/** Variance of lineAt where the weights are 1 / dy^2. Infinite away from the only x. */
export function lineVarianceAt({ centre, weight, spread }: Line, x: number): number {
  const away = (x - centre[0]) ** 2;
  return 1 / weight + (away === 0 ? 0 : away / spread);
}
