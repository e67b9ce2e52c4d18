import { describe, expect, it } from 'vitest';
import { fitNormalization, normalizeInputs, normalizeSplits } from '../../src/data/normalization.js';
import { Dataset } from '../../src/network/dataset.js';
import { failureOf } from '../failure.js';

const column = (values: Float32Array | Float64Array) => Dataset.create({ inputs: values, inputCount: 1 });

it('a column of one value has scale 1 and becomes 0, whatever the value and the number of samples', () => {
  for (let value = 1; value <= 255; value += 36)
    for (const samples of [1, 2, 48_000, 100_000]) {
      const data = column(new Float64Array(samples).fill(value / 10));
      for (const kind of ['standard', 'unit'] as const) {
        const { shift, scale } = fitNormalization(data, kind);
        expect([shift[0], scale[0]]).toEqual([value / 10, 1]);
      }
    }
});

it('a column that is constant while training keeps its unit in validation and test', () => {
  const of = (...values: number[]) => column(Float64Array.from(values));
  const { train, validation, test } = normalizeSplits(
    { train: of(37.5, 37.5, 37.5), validation: of(36), test: of(40) },
    'standard',
  );
  expect([...train.inputs, ...validation.inputs, ...test.inputs]).toEqual([0, 0, 0, -1.5, 2.5]);
});

it('one value that differs in the last place is rounding and no spread, as it is to StandardScaler', () => {
  const values = new Float64Array(100_000).fill(37.5);
  values[500] = 37.5 + 2 ** -47;
  expect(fitNormalization(column(values), 'standard').scale[0]).toBe(1);
  // a spread that is small and real is kept: 1e-6 of 37.5
  values[500] = 37.6;
  expect(fitNormalization(column(values), 'standard').scale[0]).toBeCloseTo(0.1 / Math.sqrt(1e5), 8);
});

it.each([Float64Array, Float32Array])('an offset of 1e8 leaves the spread as it is, in %o', (Numbers) => {
  const samples = 200_000;
  // 64 is a multiple of the distance of neighbouring float32 numbers at 1e8, so that both kinds hold it exactly
  const values = new Numbers(samples).map((_, i) => 1e8 + (i % 2 ? 64 : -64));
  const { shift, scale } = fitNormalization(column(values), 'standard');
  expect([shift[0], scale[0]]).toEqual([1e8, 64]);
});

it('refuses unit scaling of a range that a float64 cannot hold', () => {
  const data = column(Float64Array.of(-1.7e308, 1.7e308));
  expect(failureOf(() => fitNormalization(data, 'unit'))).toBe(
    'invalid_data: expected inputs whose range is a float64, received -1.7e+308 to 1.7e+308 for input 0. Divide them by a constant',
  );
});

it('normalizeSplits refuses arguments that are not splits, and parts that are not data sets', () => {
  expect(failureOf(() => normalizeSplits(undefined as never, 'none'))).toBe(
    'invalid_argument: expected an object { train, validation, test } for splits of normalizeSplits, received undefined',
  );
  const train = column(Float64Array.of(1, 2));
  expect(failureOf(() => normalizeSplits({ train, validation: train, test: null as never }, 'none'))).toBe(
    'invalid_argument: expected a Dataset (see Dataset.create) for test of normalizeSplits, received null',
  );
});

describe('by channel', () => {
  const images = (inputs: ArrayLike<number>) =>
    Dataset.create({ inputs: Float64Array.from(inputs), inputShape: [2, 1, 2] });

  it('has a mean and a deviation per channel, over samples and pixels', () => {
    const data = images([1, 3, 10, 10, 5, 7, 10, 30]);
    const fitted = fitNormalization(data, 'standardPerChannel');
    expect([...fitted.shift]).toEqual([4, 15]);
    expect([...fitted.scale]).toEqual([Math.sqrt(5), Math.sqrt(75)]);
    const normal = normalizeInputs(data, fitted);
    expect(normal.inputShape).toEqual([2, 1, 2]);
    const expected = [-3, -1, -5, -5, 1, 3, -5, 15].map((x, i) => x / Math.sqrt(i % 4 < 2 ? 5 : 75));
    expect([...normal.inputs]).toEqual(expected);
  });

  it('applies numbers that were kept as JSON to other data', () => {
    const { shift, scale } = fitNormalization(images([1, 3, 10, 10, 5, 7, 10, 30]), 'standardPerChannel');
    const kept = JSON.parse(JSON.stringify({ shift: [...shift], scale: [...scale] }));
    const test = images([4, 4, 15, 15]);
    expect([...normalizeInputs(test, kept).inputs]).toEqual([0, 0, 0, 0]);
  });

  it('gives a channel of one value the scale 1', () => {
    const { shift, scale } = fitNormalization(images([0.1, 0.1, 1, 2, 0.1, 0.1, 3, 4]), 'standardPerChannel');
    expect([shift[0], scale[0]]).toEqual([0.1, 1]);
  });

  it('normalises all parts by the training part', () => {
    const train = images([1, 3, 10, 10, 5, 7, 10, 30]);
    const test = images([4, 4, 15, 15]);
    const splits = normalizeSplits({ train, validation: test, test }, 'standardPerChannel');
    expect([...splits.test.inputs]).toEqual([0, 0, 0, 0]);
  });

  it('refuses data that are no images, and numbers for another count', () => {
    const features = Dataset.create({ inputs: Float64Array.of(1, 2, 3, 4), inputCount: 4 });
    expect(failureOf(() => fitNormalization(features, 'standardPerChannel'))).toBe(
      "invalid_data: expected images for normalisation 'standardPerChannel', received samples of 4 features. Give them their shape " +
        "with withShape(data, [channels, height, width]), or use 'standard'",
    );
    const three = { shift: [1, 2, 3], scale: [1, 2, 3] };
    expect(failureOf(() => normalizeInputs(images([1, 2, 3, 4]), three))).toBe(
      'invalid_argument: expected one of 4 inputs or 2 channels, as the data have for the normalisation, received Float64Array(3)',
    );
    expect(failureOf(() => normalizeInputs(features, { shift: [1, 2], scale: [1, 2] }))).toBe(
      'invalid_argument: expected one of 4 inputs, as the data have for the normalisation, received Float64Array(2)',
    );
  });
});

it('normalizeSplits applies given numbers, by channel, to all parts', () => {
  const part = (pixels: number[]) =>
    Dataset.create({ inputs: Float64Array.from(pixels), inputShape: [2, 1, 2] });
  const splits = {
    train: part([1, 2, 30, 40]),
    validation: part([3, 4, 50, 60]),
    test: part([5, 6, 70, 80]),
  };
  const { train, validation, test } = normalizeSplits(splits, { shift: [1, 10], scale: [2, 10] });
  expect([train, validation, test].map(({ inputs }) => [...inputs])).toEqual([
    [0, 0.5, 2, 3],
    [1, 1.5, 4, 5],
    [2, 2.5, 6, 7],
  ]);
  expect(failureOf(() => normalizeSplits(splits, { shift: [0], scale: [1] }))).toContain('2 channels');
});
