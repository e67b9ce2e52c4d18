import { describe, expect, it } from 'vitest';
import { toSpectral } from '../../src/exchange/index.js';
import { batchNorm } from '../../src/network/graph-layers.js';
import { conv2d, globalAveragePool } from '../../src/network/image-layers.js';
import { dense, spectral } from '../../src/network/layers.js';
import { Network } from '../../src/network/network.js';
import { seededRandom } from '../../src/network/random.js';
import { relevance } from '../../src/pruning/relevance.js';
import { failureOf } from '../failure.js';
import { relativeDifference } from './fixtures.js';

const random = seededRandom(11);

function network(dtype: 'float32' | 'float64', width = 33): Network {
  const layers = [
    dense(width, { activation: 'relu', bias: true, initialize: { bias: 0.1 } }),
    dense(7, { activation: 'tanh', trainable: ['weights'], bias: true }),
    dense(2),
  ];
  return Network.create({ inputs: 5, layers }, { seed: 1, dtype });
}
const inputs = Float64Array.from({ length: 100 * 5 }, () => 4 * random() - 2);

describe.each(['float32', 'float64'] as const)('toSpectral of %s', (dtype) => {
  it('applies the same matrices and gives the same outputs, to the last bit', async () => {
    const before = network(dtype);
    const after = toSpectral(before);
    expect(after.dtype).toBe(dtype);
    expect(after.spec.layers.map(({ kind }) => kind)).toEqual(['spectral', 'spectral', 'dense']);
    for (const layer of [0, 1, 2])
      expect(after.effectiveWeights(layer)).toEqual(before.effectiveWeights(layer));
    const data = dtype === 'float32' ? Float32Array.from(inputs) : inputs;
    expect(await after.predict(data)).toEqual(await before.predict(data));
  });

  it('with row norms has unit eigenvectors, and weights that differ by at most 2 units in the last place', async () => {
    const before = network(dtype);
    const after = toSpectral(before, { eigenvaluesOut: 'rowNorm' });
    const epsilon = dtype === 'float32' ? 2 ** -23 : 2 ** -52;
    for (const layer of [0, 1]) {
      const wanted = before.effectiveWeights(layer);
      after.effectiveWeights(layer).forEach((w: number, ij: number) => {
        expect(Math.abs(w - (wanted[ij] as number))).toBeLessThanOrEqual(
          2 * epsilon * Math.abs(wanted[ij] as number),
        );
      });
      // |lambda_out| is the norm that ranks nodes of a dense layer
      const norms = relevance(before, layer, 'weightNorm');
      expect(relativeDifference(relevance(after, layer, 'eigenvalue'), norms)).toBeLessThan(2 * epsilon);
      expect(relativeDifference(relevance(after, layer, 'L'), relevance(before, layer, 'M'))).toBeLessThan(
        8 * epsilon,
      );
    }
    const difference = relativeDifference(await after.predict(inputs), await before.predict(inputs));
    expect(difference).toBeLessThan(100 * epsilon); // sums of 33 products
  });
});

describe('toSpectral', () => {
  it('trains what was trainable, with the given penalties', () => {
    const l2 = { eigenvectors: 0.01, eigenvaluesOut: 5e-4 };
    const { layers } = toSpectral(network('float32'), { layers: [1], l2 }).spec;
    expect(layers.map(({ kind }) => kind)).toEqual(['dense', 'spectral', 'dense']);
    expect(layers[1]).toMatchObject({
      activation: 'tanh',
      tensors: {
        eigenvectors: { trainable: true, l2: 0.01 },
        eigenvaluesOut: { trainable: true, l2: 5e-4 },
        eigenvaluesIn: { trainable: false, l2: 0 },
        bias: { trainable: false, l2: 0 },
      },
    });
  });

  it('does not change its argument, nor spectral layers', () => {
    const mixed = Network.create({ inputs: 3, layers: [spectral(4), dense(4), dense(1)] }, { seed: 2 });
    const copy = mixed.parameters.slice();
    const after = toSpectral(mixed);
    expect(after.spec.layers[0]).toEqual(mixed.spec.layers[0]);
    after.parameters.fill(0);
    expect(mixed.parameters).toEqual(copy);
  });

  it('refuses rows of zeros where it would divide by their norm, and keeps them else', () => {
    const dead = network('float32');
    dead.tensor('layers.1.weights').fill(0, 2 * 33, 3 * 33);
    expect(failureOf(() => toSpectral(dead, { eigenvaluesOut: 'rowNorm' }))).toBe(
      "invalid_argument: expected rows with a norm to divide by in layer 1 for eigenvaluesOut 'rowNorm', received row 2, which is " +
        'all zeros. Prune that node first (keep or maxDegradation), or use eigenvaluesOut 1',
    );
    const after = toSpectral(dead);
    expect(after.effectiveWeights(1)).toEqual(dead.effectiveWeights(1));
    expect(relevance(after, 1)[2]).toBe(0);
  });

  it.each([
    [{ layers: [3] }, 'expected a layer index from 0 to 2 for layer, received 3'],
    [{ layers: 0 as never }, 'expected an array of layer indices for layers of toSpectral, received 0'],
    [{ eigenvaluesOut: 2 as never }, 'expected one of rowNorm for eigenvaluesOut of toSpectral, received 2'],
    [
      { l2: { eigenvectors: -1 } },
      'expected a finite number of at least 0 for l2.eigenvectors of toSpectral, received -1',
    ],
    [
      { l2: { bias: 1 } as never },
      'unknown option "bias" in l2 of toSpectral; known: eigenvectors, eigenvaluesOut',
    ],
  ])('refuses %j', (options, message) => {
    expect(failureOf(() => toSpectral(network('float32'), options))).toBe(`invalid_argument: ${message}`);
  });

  it('converts convolutions: the same kernels and outputs to the last bit, batch norm and places as they were', async () => {
    const layers = [
      conv2d(6, [3, 2], {
        stride: [2, 1],
        padding: 1,
        bias: true,
        activation: 'leakyRelu',
        slope: 0.3,
        name: 'stem',
      }),
      batchNorm(),
      conv2d(6, 3, { groups: 6, padding: 1 }),
      conv2d(4, 3, { dilation: 2, padding: 2, trainable: ['weights'], bias: true }),
      globalAveragePool(),
      dense(2),
    ];
    const images = Network.create({ inputs: [2, 8, 7], layers, loss: 'crossEntropy' }, { seed: 3 });
    images.buffers.fill(0.7);
    const after = toSpectral(images, { l2: { eigenvectors: 0.1 } });
    expect(after.spec.layers.map(({ kind }) => kind)).toEqual([
      ...['spectralConv2d', 'batchNorm', 'conv2d', 'spectralConv2d', 'globalAveragePool', 'dense'],
    ]);
    expect(after.spec.layers[0]).toMatchObject({ name: 'stem', activation: 'leakyRelu', slope: 0.3 });
    expect(after.spec.layers[3]).toMatchObject({
      dilation: { height: 2, width: 2 },
      tensors: { eigenvectors: { trainable: true, l2: 0.1 }, bias: { trainable: false } },
    });
    expect(after.buffers).toEqual(images.buffers);
    for (const layer of [0, 2, 3, 5])
      expect(after.effectiveWeights(layer)).toEqual(images.effectiveWeights(layer));
    const pixels = Float32Array.from({ length: 5 * 2 * 8 * 7 }, () => random() - 0.5);
    expect(await after.predict(pixels)).toEqual(await images.predict(pixels));
    const grouped = toSpectral(images, { layers: [2], eigenvaluesOut: 'rowNorm' });
    expect(relativeDifference(await grouped.predict(pixels), await images.predict(pixels))).toBeLessThan(
      1e-5,
    ); // float32
    expect(failureOf(() => toSpectral(images, { layers: [1] }))).toBe(
      'invalid_argument: expected dense layers and convolutions for layers of toSpectral, received 1. Layer 1 is batchNorm',
    );
  });

  it('refuses layers that are already spectral, and arguments that are not networks', () => {
    const mixed = Network.create({ inputs: 3, layers: [spectral(4), dense(1)] }, { seed: 2 });
    expect(failureOf(() => toSpectral(mixed, { layers: [0] }))).toBe(
      'invalid_argument: expected dense layers and convolutions for layers of toSpectral, received 0. Layer 0 is spectral already',
    );
    expect(failureOf(() => toSpectral({} as never))).toBe(
      'invalid_argument: expected a Network for the first argument of toSpectral, received an object (Object)',
    );
  });
});
