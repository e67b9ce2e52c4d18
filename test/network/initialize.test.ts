import { describe, expect, it } from 'vitest';
import { initialValues } from '../../src/network/initialize.js';
import { dense, type Initializer, type Layer, spectral } from '../../src/network/layers.js';
import { networkSpec } from '../../src/network/spec.js';

const stream = { seed: 3, trial: 1, purpose: 'studentParameters' } as const;
const valuesOf = (layers: Layer[], inputs: number, from: Parameters<typeof initialValues>[1] = stream) =>
  initialValues(networkSpec({ inputs, layers }), from);

/** Weights [60][40] from an initializer. */
function matrix(weights: Initializer): Float64Array {
  return valuesOf([dense(60, { initialize: { weights } })], 40).get('layers.0.weights') as Float64Array;
}
const mean = (values: Float64Array) => values.reduce((sum, x) => sum + x, 0) / values.length;
const deviation = (values: Float64Array) => Math.sqrt(mean(values.map((x) => (x - mean(values)) ** 2)));

describe('initialValues', () => {
  it('gives spectral and dense layers of a seed the same matrix, in every layer', () => {
    const spectralValues = valuesOf([spectral(6), spectral(4)], 3);
    const denseValues = valuesOf([dense(6), dense(4)], 3);
    for (const layer of [0, 1]) {
      expect(denseValues.get(`layers.${layer}.weights`)).toEqual(
        spectralValues.get(`layers.${layer}.eigenvectors`),
      );
    }
  });

  it('depends on seed, trial, purpose and layer, and on nothing else', () => {
    const first = valuesOf([dense(6), dense(6)], 6);
    const weights = first.get('layers.0.weights');
    expect(valuesOf([dense(6, { bias: true, activation: 'relu' })], 6).get('layers.0.weights')).toEqual(
      weights,
    );
    expect(first.get('layers.1.weights')).not.toEqual(weights);
    for (const other of [{ seed: 4 }, { trial: 2 }, { purpose: 'teacherParameters' }] as const)
      expect(valuesOf([dense(6)], 6, { ...stream, ...other }).get('layers.0.weights')).not.toEqual(weights);
  });

  it('draws other numbers for every tensor of a layer', () => {
    const initialize = {
      eigenvectors: 'heNormal',
      eigenvaluesIn: 'heNormal',
      eigenvaluesOut: 'heNormal',
      bias: 'heNormal',
    } as const;
    const values = valuesOf([spectral(1, { bias: true, initialize })], 1);
    const drawn = [...values.values()].map((tensor) => tensor[0]);
    expect(new Set(drawn).size).toBe(4);
  });

  it('keeps constants and copies arrays', () => {
    const given = Float32Array.of(0.5, -2);
    const values = valuesOf([spectral(2, { initialize: { eigenvaluesOut: given, eigenvaluesIn: -3 } })], 4);
    expect(values.get('layers.0.eigenvaluesOut')).toEqual(Float64Array.of(0.5, -2));
    expect(values.get('layers.0.eigenvaluesIn')).toEqual(new Float64Array(4).fill(-3));
  });
});

/** 2400 numbers: the standard error of a deviation is 1.4 %, of a mean deviation / 49. Four of them are allowed. */
describe('named initializers, [60][40]', () => {
  it.each<[Initializer, number]>([
    ['glorotUniform', Math.sqrt(6 / 100)],
    ['heUniform', Math.sqrt(6 / 40)],
  ])('%s is uniform up to its limit', (name, limit) => {
    const values = matrix(name);
    const largest = values.reduce((max, x) => Math.max(max, Math.abs(x)), 0);
    expect(largest).toBeLessThan(limit);
    expect(largest).toBeGreaterThan(0.995 * limit);
    expect(Math.abs(mean(values))).toBeLessThan((4 * limit) / Math.sqrt(3) / 49);
    expect(deviation(values) / (limit / Math.sqrt(3))).toBeCloseTo(1, 1);
  });

  it.each<[Initializer, number]>([
    ['glorotNormal', Math.sqrt(2 / 100)],
    ['heNormal', Math.sqrt(2 / 40)],
  ])('%s is normal with its deviation', (name, expected) => {
    const values = matrix(name);
    expect(Math.abs(mean(values))).toBeLessThan((4 * expected) / 49);
    expect(Math.abs(deviation(values) / expected - 1)).toBeLessThan(4 * 0.0144);
    const outside = values.filter((x) => Math.abs(x) > 2 * expected).length / values.length;
    expect(Math.abs(outside - 0.0455)).toBeLessThan(4 * 0.0043); // beyond two deviations, binomial error
  });

  it('orthonormalRows are orthonormal, even as many as there are columns', () => {
    const initialize = { weights: 'orthonormalRows' } as const;
    const rows = valuesOf([dense(40, { initialize })], 40).get('layers.0.weights') as Float64Array;
    for (let i = 0; i < 40; ++i) {
      for (let k = 0; k <= i; ++k) {
        let dot = 0;
        for (let j = 0; j < 40; ++j) dot += (rows[40 * i + j] as number) * (rows[40 * k + j] as number);
        expect(Math.abs(dot - (i === k ? 1 : 0)), `rows ${i} and ${k}`).toBeLessThan(1e-14);
      }
    }
  });
});
