import { describe, expect, it } from 'vitest';
import { bootstrapGroups, bootstrapInterval } from '../../../src/analysis/transition/bootstrap.js';
import { failureOf } from '../../failure.js';
import { normalNumbers, uniformNumbers } from '../seeded-numbers.js';

const mean = (values: readonly number[]) => values.reduce((total, value) => total + value, 0) / values.length;

describe('bootstrapInterval', () => {
  it('of a mean is that of the central limit theorem', () => {
    const trials = Array.from({ length: 200 }, normalNumbers(3));
    const { estimate, low, high } = bootstrapInterval(trials, mean, {
      random: uniformNumbers(7),
      resamples: 4000,
    });
    const deviation = Math.sqrt(mean(trials.map((value) => (value - mean(trials)) ** 2)) / 200);
    expect(estimate).toBe(mean(trials));
    // a percentile at 2.5 % of 4000 resamples is known to about 0.06 deviations; three of them
    expect(Math.abs((low - estimate) / deviation + 1.96)).toBeLessThan(0.18);
    expect(Math.abs((high - estimate) / deviation - 1.96)).toBeLessThan(0.18);
  });

  it('of two trials has the three possible values', () => {
    // 0, 1/2, 1 with probabilities 1/4, 1/2, 1/4
    const interval = (level: number) =>
      bootstrapInterval([0, 1], mean, { random: uniformNumbers(1), resamples: 2000, level });
    expect(interval(0.95)).toEqual({ estimate: 0.5, low: 0, high: 1, level: 0.95, resamples: 2000 });
    expect(interval(0.4)).toMatchObject({ low: 0.5, high: 0.5 });
  });

  it('repeats from a seed', () => {
    const interval = (seed: number) =>
      bootstrapInterval([1, 5, 2, 8, 3], mean, { random: uniformNumbers(seed), resamples: 100 });
    expect(interval(1)).toEqual(interval(1));
    expect(interval(1)).not.toEqual(interval(2));
  });

  it('resamples each group by itself', () => {
    const groups = [
      [1, 2, 3],
      [10, 20],
    ];
    bootstrapGroups(
      groups,
      (some) => {
        expect(some.map((group) => group.length)).toEqual([3, 2]);
        expect(some.every((group, g) => group.every((value) => groups[g]?.includes(value)))).toBe(true);
        return 0;
      },
      { random: uniformNumbers(1), resamples: 50, level: 0.95 },
    );
    expect.assertions(102);
  });

  it('has no interval for one trial: NaN, which JSON writes as null', () => {
    const interval = bootstrapInterval([4], mean, { random: uniformNumbers(1) });
    expect(interval).toEqual({
      estimate: 4,
      low: Number.NaN,
      high: Number.NaN,
      level: 0.95,
      resamples: 1000,
    });
  });

  it.each([
    [
      [],
      { random: (): number => 0 },
      'expected an array of at least one trial for trials, received an array of length 0',
    ],
    [
      [1, 2],
      {} as never,
      'expected a function that gives numbers in [0, 1) for random, received undefined. seededRandom(seed) makes one that ' +
        'repeats',
    ],
    [
      [1, 2],
      { random: (): number => 1 },
      'expected a number in [0, 1) from each call for random, received 1. seededRandom(seed) makes one that repeats',
    ],
    [
      [1, 2],
      { random: (): number => 0, resamples: 0 },
      'expected a positive integer for resamples, received 0',
    ],
    [
      [1, 2],
      { random: (): number => 0, level: 1 },
      'expected a number between 0 and 1, such as 0.95 for level, received 1',
    ],
    [
      [1, Number.NaN],
      { random: (): number => 0 },
      'expected a finite number for the statistic, received NaN',
    ],
    [
      [1, 2],
      { random: (): number => 0, seed: 1 } as never,
      'unknown option "seed" in bootstrapInterval; known: random, resamples, level',
    ],
  ])('refuses %j, %j', (trials, options, message) => {
    expect(failureOf(() => bootstrapInterval(trials, mean, options))).toBe(`invalid_argument: ${message}`);
  });
});
