import { describe, expect, it } from 'vitest';
import { percentile } from '../../src/analysis/percentile.js';
import { summarize } from '../../src/analysis/summary.js';

describe('summarize', () => {
  it('gives mean, sample sd, extremes and median', () => {
    // numpy: np.std([2, 4, 4, 4, 5, 5, 7, 9], ddof=1) = 2.138089935299395
    expect(summarize([9, 2, 4, 4, 5, 4, 5, 7])).toEqual({
      mean: 5,
      sd: expect.closeTo(2.138089935299395, 14),
      count: 8,
      minimum: 2,
      maximum: 9,
      median: 4.5,
    });
  });

  it('has no spread for one value: NaN, which JSON writes as null', () => {
    const summary = summarize(Float32Array.of(3));
    expect(summary).toEqual({ mean: 3, sd: Number.NaN, count: 1, minimum: 3, maximum: 3, median: 3 });
    expect(JSON.parse(JSON.stringify(summary)).sd).toBeNull();
  });

  it('keeps a spread that is small against the mean', () => {
    expect(summarize([1e9 + 1, 1e9 + 2, 1e9 + 3]).sd).toBeCloseTo(1, 12);
  });

  it('refuses a diverged trial by its index', () => {
    expect(() => summarize([1, Number.NaN])).toThrow(
      expect.objectContaining({
        code: 'invalid_argument',
        message: 'expected a finite number for values[1], received NaN',
      }),
    );
    expect(() => summarize([])).toThrow(
      'expected an array of at least one number for values, received an array of length 0',
    );
  });
});

describe('percentile', () => {
  it('interpolates linearly between the sorted values', () => {
    // numpy: np.percentile([15, 20, 35, 40, 50], [0, 40, 50, 99, 100]) = [15, 29, 35, 49.6, 50]
    const values = [40, 15, 50, 35, 20];
    const found = [0, 40, 50, 99, 100].map((p) => percentile(values, p));
    for (const [i, expected] of [15, 29, 35, 49.6, 50].entries()) expect(found[i]).toBeCloseTo(expected, 12);
    expect(values).toEqual([40, 15, 50, 35, 20]);
  });

  it('of 0 ... 100 is p itself, although p / 100 * 100 is not', () => {
    const values = Array.from({ length: 101 }, (_, i) => i);
    expect(values.map((p) => percentile(values, p))).toEqual(values);
  });

  it('of equal values is that value to the last bit', () => {
    for (const p of [1, 33, 50, 66.6]) expect(percentile([0.1, 0.1, 0.1, 0.1], p)).toBe(0.1);
  });

  it('refuses a number that is not a percentage', () => {
    expect(() => percentile([1, 2], 101)).toThrow(
      'expected a finite number between 0 and 100 for percentile, received 101',
    );
    expect(() => percentile(new DataView(new ArrayBuffer(8)) as never, 5)).toThrow(
      'expected an array of at least one number for values, received DataView(8)',
    );
  });
});
