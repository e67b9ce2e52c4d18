import { finiteNumbers, largest } from './numbers.js';
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
  const mean = numbers.reduce((total, value) => total + value, 0) / count;
  // Two passes: sum(x^2) - n mean^2 cancels when the spread is small against the mean.
  const squares = numbers.reduce((total, value) => total + (value - mean) ** 2, 0);
  return {
    mean,
    sd: count > 1 ? Math.sqrt(squares / (count - 1)) : Number.NaN,
    count,
    minimum: -largest(numbers.map((value) => -value)),
    maximum: largest(numbers),
    median: percentile(numbers, 50),
  };
}
