import { expect, it } from 'vitest';
import { fitNormalization, normalizeInputs, normalizeSplits } from '../../src/data/normalization.js';
import { type SplitOptions, type Splits, splitData } from '../../src/data/splits.js';
import { Dataset } from '../../src/network/dataset.js';
import { failureOf } from '../failure.js';

/** Sample i has the inputs i and -i, and class 0 for nine in ten. */
const samples = 200;
const inputs = Float64Array.from({ length: 2 * samples }, (_, k) => (k % 2 ? -(k >> 1) : k >> 1));
const classes = Uint32Array.from({ length: samples }, (_, i) => (i % 10 === 3 ? 1 : 0));
const data = Dataset.create({ inputs, inputCount: 2, classes });
const names = ({ inputs: values }: Dataset) => [...values].filter((_, k) => k % 2 === 0);
const parts = ({ train, validation, test }: Splits) => [train, validation, test].map(names);

it('every sample is in one part, with its inputs and its class', () => {
  const split = splitData(data, { validation: 0.1, test: 50, seed: 3 });
  const [train = [], validation = [], test = []] = parts(split);
  expect([train.length, validation.length, test.length]).toEqual([130, 20, 50]);
  expect([...train, ...validation, ...test].sort((a, b) => a - b)).toEqual(names(data));
  for (const part of [split.train, split.validation, split.test]) {
    expect([...(part.classes ?? [])]).toEqual(names(part).map((i) => classes[i]));
    expect([...part.inputs].filter((_, k) => k % 2)).toEqual(names(part).map((i) => -i));
  }
});

it('splits depend on seed and trial alone', () => {
  const of = (options: Partial<SplitOptions>) =>
    parts(splitData(data, { validation: 0.1, test: 0.2, seed: 3, ...options }));
  expect(of({})).toEqual(of({ trial: 0 }));
  expect(of({})).not.toEqual(of({ trial: 1 }));
  expect(of({})).not.toEqual(of({ seed: 4 }));
});

it('a stratified split gives each part its share of each class, up to one sample', () => {
  for (let seed = 0; seed < 20; ++seed) {
    const { train, validation, test } = splitData(data, { validation: 0.1, test: 0.25, seed });
    const ones = [train, validation, test].map(
      ({ classes: own }) => (own ?? []).filter((c) => c === 1).length,
    );
    const far = [13, 2, 5].map((share, i) => Math.abs((ones[i] as number) - share));
    expect(Math.max(...far)).toBeLessThanOrEqual(1);
  }
  const loose = Array.from({ length: 20 }, (_, seed) => {
    const { test } = splitData(data, { validation: 0.1, test: 0.25, seed, stratified: false });
    return (test.classes ?? []).filter((c) => c === 1).length;
  });
  expect(loose.some((count) => Math.abs(count - 5) > 1)).toBe(true);
});

it('does not change a separate test set', () => {
  const test = Dataset.create({ inputs: new Float64Array(4), inputCount: 2 });
  const split = splitData(data, { validation: 0.5, test, seed: 3 });
  expect(split.test).toBe(test);
  expect([split.train.samples, split.validation.samples]).toEqual([100, 100]);
});

it.each([
  [
    { validation: 0.001, test: 0.1 },
    /^invalid_data: expected at least one sample in each part of 200, received 180 for training, 0 for validation and 20 for test$/,
  ],
  [{ validation: 0.5, test: 0.5 }, /received 0 for training, 100 for validation and 100 for test$/],
  [
    { validation: 1.5, test: 0.5 },
    /^invalid_argument: expected a fraction below 1 or a number of samples for validation of a split, received 1.5$/,
  ],
  [
    { validation: 0.1, test: -1 },
    /^invalid_argument: expected a finite number of at least 0 for test of a split, received -1$/,
  ],
])('%j is refused', (sizes, message) => {
  expect(failureOf(() => splitData(data, { ...sizes, seed: 1 }))).toMatch(message);
});

it('does not stratify data without classes', () => {
  const plain = Dataset.create({ inputs, inputCount: 2 });
  expect(failureOf(() => splitData(plain, { validation: 0.1, test: 0.1, seed: 1, stratified: true }))).toBe(
    'invalid_argument: expected false for data without classes for stratified, received true',
  );
  expect(splitData(plain, { validation: 0.1, test: 0.1, seed: 1 }).train.samples).toBe(160);
});

it('scales inputs by the statistics of the training part alone', () => {
  const of = (...values: number[]) => Dataset.create({ inputs: Float64Array.from(values), inputCount: 2 });
  const splits = { train: of(1, 7, 3, 7, 5, 7), validation: of(9, 8), test: of(-1, 7) };
  const standard = normalizeSplits(splits, 'standard');
  const deviation = Math.sqrt(8 / 3);
  expect([...standard.train.inputs]).toEqual([-2 / deviation, 0, 0, 0, 2 / deviation, 0]);
  expect([...standard.validation.inputs]).toEqual([6 / deviation, 1]);
  const unit = normalizeSplits(splits, 'unit');
  expect([...unit.train.inputs]).toEqual([0, 0, 0.5, 0, 1, 0]);
  expect([...unit.test.inputs]).toEqual([-0.5, 0]);
  expect(normalizeSplits(splits, 'none')).toEqual(splits);
  expect([...splits.train.inputs]).toEqual([1, 7, 3, 7, 5, 7]);
});

it('numbers far from 0 keep their spread, and inputs that are constant up to rounding stay small', () => {
  const far = Dataset.create({ inputs: Float64Array.of(1e8, 1e8 + 1, 1e8 + 2), inputCount: 1 });
  expect(fitNormalization(far, 'standard').scale[0]).toBeCloseTo(Math.sqrt(2 / 3), 10);
  const constant = Dataset.create({ inputs: new Float64Array(7).fill(0.1), inputCount: 1 });
  const { inputs: moved } = normalizeInputs(constant, fitNormalization(constant, 'standard'));
  expect(Math.max(...moved.map(Math.abs))).toBeLessThan(1e-12);
});

it('refuses the normalisation of another number of inputs', () => {
  const one = Dataset.create({ inputs: new Float64Array(3), inputCount: 1 });
  expect(failureOf(() => normalizeInputs(data, fitNormalization(one, 'unit')))).toBe(
    'invalid_argument: expected one of 2 inputs, as the data have for the normalisation, received Float64Array(1)',
  );
});
