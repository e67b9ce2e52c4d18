import { describe, expect, it } from 'vitest';
import { type GaussianOptions, gaussianInputs } from '../../src/data/gaussian.js';
import { failureOf } from '../failure.js';

const options: GaussianOptions = { samples: 500, features: 20, seed: 4, purpose: 'train' };

describe('gaussianInputs', () => {
  it('is standard normal', () => {
    const values = gaussianInputs(options); // 10 000 numbers: the mean's standard error is 0.01
    expect(values).toHaveLength(10_000);
    const moment = (power: number) => values.reduce((sum, x) => sum + x ** power, 0) / values.length;
    expect(Math.abs(moment(1))).toBeLessThan(4 * 0.01);
    expect(Math.abs(moment(2) - 1)).toBeLessThan(4 * Math.sqrt(2) * 0.01);
    expect(Math.abs(moment(3))).toBeLessThan(4 * Math.sqrt(15) * 0.01);
    expect(Math.abs(moment(4) - 3)).toBeLessThan(4 * Math.sqrt(96) * 0.01);
  });

  it('is the same for the same name, and its beginning for fewer samples', () => {
    const values = gaussianInputs(options);
    expect(gaussianInputs({ ...options, trial: 0 })).toEqual(values);
    expect(gaussianInputs({ ...options, samples: 100 })).toEqual(values.slice(0, 2000));
  });

  it.each<Partial<GaussianOptions>>([
    { seed: 5 },
    { trial: 1 },
    { purpose: 'validation' },
    { purpose: 'test' },
    { seed: 4 + 2 ** 40 },
  ])('differs for %j', (change) => {
    const [first, other] = [gaussianInputs(options), gaussianInputs({ ...options, ...change })];
    const overlap = first.reduce((sum, x, i) => sum + x * (other[i] as number), 0) / first.length;
    expect(Math.abs(overlap)).toBeLessThan(4 * 0.01);
  });

  it.each<[string, Partial<Record<keyof GaussianOptions | 'sample', unknown>>, string]>([
    ['0 samples', { samples: 0 }, 'expected a positive integer for samples, received 0'],
    ['half a feature', { features: 0.5 }, 'expected a positive integer for features, received 0.5'],
    [
      'too many numbers',
      { samples: 2 ** 20, features: 2 ** 20 },
      'expected at most 4294967295 elements, received samples 1048576 x features 1048576 = 1099511627776',
    ],
    ['a seed of -1', { seed: -1 }, 'expected a non-negative integer for seed of gaussianInputs, received -1'],
    [
      'a trial of 2^32',
      { trial: 2 ** 32 },
      'expected an integer from 0 to 2^32 - 1 for trial of gaussianInputs, received 4294967296',
    ],
    [
      'an unknown purpose',
      { purpose: 'trian' },
      'expected one of train, validation, test for purpose of gaussianInputs, received "trian". Did you mean "train"?',
    ],
    [
      'a misspelt option',
      { sample: 5 },
      'unknown option "sample" in gaussianInputs; known: samples, features, seed, trial, purpose. Did you mean "samples"?',
    ],
  ])('refuses %s', (_, change, message) => {
    expect(failureOf(() => gaussianInputs({ ...options, ...change } as GaussianOptions))).toBe(
      `invalid_argument: ${message}`,
    );
  });
});
