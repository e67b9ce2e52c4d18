import { describe, expect, it } from 'vitest';
import { kolmogorovSmirnov } from '../../src/analysis/kolmogorov-smirnov.js';
import { failureOf } from '../failure.js';
import { uniformNumbers } from './seeded-numbers.js';

const take = (seed: number, count: number, law = (u: number) => u) =>
  Array.from({ length: count }, uniformNumbers(seed)).map(law);

/** Distance of every split of `pool` into n and the rest. */
function distancesOfSplits(pool: number[], n: number): number[] {
  const distances: number[] = [];
  for (let bits = 0; bits < 2 ** pool.length; ++bits) {
    const x = pool.filter((_, k) => (bits >> k) & 1);
    if (x.length !== n) continue;
    const y = pool.filter((_, k) => !((bits >> k) & 1));
    const below = (sample: number[], t: number) =>
      sample.filter((value) => value <= t).length / sample.length;
    distances.push(Math.max(...pool.map((t) => Math.abs(below(x, t) - below(y, t)))));
  }
  return distances;
}

describe('kolmogorovSmirnov', () => {
  /**
   * scipy.stats.ks_2samp(x, y, method='exact') of SciPy 1.17 on the numbers of uniformNumbers; where there are too many,
   * the statistic, and scipy.stats.kstwobign.sf(sqrt(n m / (n + m)) * D).
   */
  it.each([
    ['few', [1, 2, 3], [2.5, 3.5, 4.5, 5.5], 0.75, 0.22857142857142862, 'exact'],
    ['unequal numbers', take(1, 40), take(2, 60, (u) => u ** 1.5), 0.2, 0.2679772141826917, 'exact'],
    [
      'equal values',
      take(3, 30, (u) => Math.round(5 * u)),
      take(4, 25, (u) => Math.round(5 * u)),
      0.20666666666666667,
      0.5350685709311747,
      'exact',
    ],
    ['far apart', take(5, 100), take(6, 100, (u) => u / 2), 0.46, 6.422179651064002e-10, 'exact'],
    ['very far apart', take(5, 1000), take(6, 1000, (u) => u / 2), 0.495, 1.2921449704726963e-111, 'exact'],
    [
      'many',
      take(1, 2000),
      take(2, 3000, (u) => u ** 1.05),
      0.0276666666666666,
      0.31728066668168414,
      'asymptotic',
    ],
  ])('is what SciPy gives for %s', (_, x, y, distance, pValue, method) => {
    const found = kolmogorovSmirnov(x, y);
    expect(found.distance).toBeCloseTo(distance, 12);
    expect(found.pValue / pValue).toBeCloseTo(1, 8);
    expect(found.method).toBe(method);
  });

  it('has the p-value of counting all splits', () => {
    const pool = take(9, 11);
    const distances = distancesOfSplits(pool, 4);
    for (const count of [0, 100, 200, 329]) {
      const observed = distances[count] as number;
      const share = distances.filter((distance) => distance >= observed - 1e-12).length / distances.length;
      // a split with this distance
      let seen = -1;
      for (let bits = 0; bits < 2 ** 11; ++bits) {
        const x = pool.filter((_, k) => (bits >> k) & 1);
        if (x.length !== 4 || ++seen !== count) continue;
        const found = kolmogorovSmirnov(
          x,
          pool.filter((_, k) => !((bits >> k) & 1)),
        );
        expect(found.distance).toBeCloseTo(observed, 12);
        expect(found.pValue).toBeCloseTo(share, 12);
      }
      expect(seen).toBe(distances.length - 1);
    }
  });

  it('is 0 and certain for equal samples, 1 for separate ones, and symmetric', () => {
    expect(kolmogorovSmirnov([3, 1, 2], [2, 3, 1])).toEqual({ distance: 0, pValue: 1, method: 'exact' });
    expect(kolmogorovSmirnov([1], [1])).toEqual({ distance: 0, pValue: 1, method: 'exact' });
    // all below: 2 of the C(5, 2) = 10 orders
    expect(kolmogorovSmirnov([1, 2], [3, 4, 5])).toEqual({
      distance: 1,
      pValue: expect.closeTo(0.2, 14),
      method: 'exact',
    });
    const [x, y] = [take(1, 7), take(2, 12)];
    expect(kolmogorovSmirnov(y, x).distance).toBe(kolmogorovSmirnov(x, y).distance);
    expect(kolmogorovSmirnov(y, x).pValue).toBeCloseTo(kolmogorovSmirnov(x, y).pValue, 13);
    const many = take(1, 2000);
    expect(kolmogorovSmirnov(many, many)).toEqual({ distance: 0, pValue: 1, method: 'asymptotic' });
  });

  it('refuses empty samples, and values that are not numbers', () => {
    expect(failureOf(() => kolmogorovSmirnov([], [1]))).toBe(
      'invalid_argument: expected an array of at least one number for x, received an array of length 0',
    );
    expect(failureOf(() => kolmogorovSmirnov([1], [Number.NaN]))).toBe(
      'invalid_argument: expected a finite number for y[0], received NaN',
    );
  });
});
