import { finiteNumber } from '../arguments.js';
import { finiteNumbers } from './numbers.js';

/**
 * The p-th percentile, p in [0, 100], of `values` [n]: the sorted values are placed at 0, 100/(n-1), ..., 100 and p is
 * read off by linear interpolation between its neighbours (NumPy's default, R's type 7). p = 0 is the minimum, p = 50
 * the median, p = 100 the maximum.
 */
export function percentile(values: ArrayLike<number>, p: number): number {
  const sorted = finiteNumbers('values', values).sort();
  return quantileOfSorted(sorted, finiteNumber('percentile', p, 0, 100), 100);
}

/** The same at p / whole, of values that are sorted. sorted: [n], ascending, n >= 1 */
export function quantileOfSorted(sorted: Float64Array, p: number, whole: number): number {
  // Multiplied first: p / whole would round positions that are whole.
  const position = (p * (sorted.length - 1)) / whole;
  const below = sorted[Math.floor(position)] as number;
  const above = sorted[Math.ceil(position)] as number;
  // Equal neighbours give exactly their value: a threshold from them must not round above or below them.
  return below + (above - below) * (position - Math.floor(position));
}
