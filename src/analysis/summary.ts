import { columnMoments } from './moments.js';
import { finiteNumbers } from './numbers.js';
import { percentile } from './percentile.js';

export interface Summary {
  readonly mean: number;
  /** Sample standard deviation, n - 1 in the denominator. NaN for a single value, which JSON writes as null. */
  readonly sd: number;
  readonly count: number;
  readonly minimum: number;
  readonly maximum: number;
  readonly median: number;
}

/**
 * Mean and spread of `values` [n], n >= 1: one number per trial, say. Values that are not finite are refused rather
 * than skipped, so a diverged trial must be left out (and counted) by the caller.
 */
export function summarize(values: ArrayLike<number>): Summary {
  const numbers = finiteNumbers('values', values);
  const count = numbers.length;
  const { mean, deviation, minimum, maximum } = columnMoments(numbers, 1);
  return {
    mean: mean[0] as number,
    sd: count > 1 ? (deviation[0] as number) * Math.sqrt(count / (count - 1)) : Number.NaN,
    count,
    minimum: minimum[0] as number,
    maximum: maximum[0] as number,
    median: percentile(numbers, 50),
  };
}
