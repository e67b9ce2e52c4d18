import { describe, expect, it } from 'vitest';
import { batchNorm } from '../../src/network/graph-layers.js';
import { dense, spectral, sum } from '../../src/network/layers.js';
import { parameterCount, tensorLayout, tensorViews } from '../../src/network/layout.js';
import { toNativeNetwork } from '../../src/network/native-spec.js';
import { checkLayerIndex, networkSpec } from '../../src/network/spec.js';
import { specFromJson, specToJson } from '../../src/network/spec-json.js';
import { failureOf } from '../failure.js';

const paper = () => [spectral(6, { activation: 'relu', bias: true }), dense(4, { bias: true }), sum()];

/** A dense layer of 2 units whose weights are described by hand. */
function withWeights(options: object) {
  const layer = dense(2);
  return { ...layer, tensors: { weights: { ...layer.tensors.weights, ...options } } } as typeof layer;
}

describe('networkSpec', () => {
  it('writes out its defaults', () => {
    expect(networkSpec({ inputs: 3, layers: paper() })).toEqual({ inputs: 3, layers: paper(), loss: 'mse' });
  });

  it.each<[string, () => unknown, string]>([
    [
      'no layers',
      () => networkSpec({ inputs: 3, layers: [] }),
      'invalid_network: expected at least one layer, received an empty array',
    ],
    [
      'layers that are no array',
      () => networkSpec({ inputs: 3, layers: dense(2) as never }),
      'invalid_argument: expected an array of layers for layers of network, received an object (Object)',
    ],
    [
      '0 inputs',
      () => networkSpec({ inputs: 0, layers: paper() }),
      'invalid_argument: expected a positive integer for inputs of network, received 0',
    ],
    [
      'an unknown loss',
      () => networkSpec({ inputs: 3, layers: paper(), loss: 'mes' as 'mse' }),
      'invalid_argument: expected one of mse, crossEntropy for loss of network, received "mes". Did you mean "mse"?',
    ],
    [
      'a cross-entropy over one class',
      () => networkSpec({ inputs: 3, layers: paper(), loss: 'crossEntropy' }),
      "invalid_network: expected a last layer of at least 2 units for loss 'crossEntropy', received width 1, whose loss is always 0",
    ],
    [
      'a misspelt option',
      () => networkSpec({ input: 3, layers: paper() } as never),
      'invalid_argument: unknown option "input" in network; known: inputs, inputShape, layers, loss. Did you mean "inputs"?',
    ],
    [
      'a layer that is none',
      () => networkSpec({ inputs: 3, layers: [dense(2), 5 as never] }),
      'invalid_argument: expected a layer made by spectral(), dense(), conv2d(), batchNorm() or another function that makes layers for layer 1, received 5',
    ],
    [
      'a hand-written layer that lacks a tensor',
      () => networkSpec({ inputs: 3, layers: [{ ...spectral(2), tensors: {} }] }),
      'invalid_argument: expected a layer made by spectral(), dense(), conv2d(), batchNorm() or another function that makes layers for layer 0, received an object (Object)',
    ],
    [
      'a hand-written layer of an unknown kind',
      () => networkSpec({ inputs: 3, layers: [{ ...dense(2), kind: 'dens' as 'dense' }] }),
      'invalid_argument: expected one of spectral, dense, batchNorm, activation, add, concat, conv2d, spectralConv2d, convTranspose2d, maxPool2d, averagePool2d, globalAveragePool, flatten for kind of layer 0, received "dens". Did you mean "dense"?',
    ],
    [
      'a hand-written layer of width 0',
      () => networkSpec({ inputs: 3, layers: [dense(2), { ...dense(2), width: 0 }] }),
      'invalid_argument: layer 1: expected a positive integer for width of dense layer, received 0',
    ],
    [
      'a penalty beside the tensors of a hand-written layer',
      () => networkSpec({ inputs: 3, layers: [{ ...dense(2), l2: { weights: 0.1 } } as never] }),
      'invalid_argument: unknown option "l2" in layer 0; known: kind, width, activation, slope, tensors, name, inputs',
    ],
    [
      'an unknown tensor of a hand-written layer',
      () =>
        networkSpec({
          inputs: 3,
          layers: [{ ...dense(2), tensors: { ...dense(2).tensors, gate: {} } as never }],
        }),
      'invalid_argument: unknown option "gate" in tensors of layer 0; known: weights, bias',
    ],
    [
      'a hand-written tensor that is nothing',
      () => networkSpec({ inputs: 3, layers: [{ ...dense(2), tensors: { weights: null as never } }] }),
      'invalid_argument: expected an object of options for weights of layer 0, received null',
    ],
    [
      'a hand-written tensor that trains in words',
      () => networkSpec({ inputs: 3, layers: [withWeights({ trainable: 'no' })] }),
      'invalid_argument: expected true or false for trainable of weights of layer 0, received "no"',
    ],
    [
      'a misspelt penalty of a hand-written tensor',
      () => networkSpec({ inputs: 3, layers: [withWeights({ L2: 0.1 })] }),
      'invalid_argument: unknown option "L2" in weights of layer 0; known: trainable, l1, l2, groupLasso, initialize. ' +
        'Did you mean "l2"?',
    ],
    [
      'initial numbers of another count',
      () => networkSpec({ inputs: 3, layers: [dense(2), dense(2, { initialize: { weights: [1, 2, 3] } })] }),
      'invalid_argument: expected 4 numbers (2 x 2) for initialize.weights of layer 1, received an array of length 3',
    ],
    [
      'more orthonormal rows than columns',
      () => networkSpec({ inputs: 3, layers: [dense(4, { initialize: { weights: 'orthonormalRows' } })] }),
      'invalid_argument: expected a matrix with N_out <= N_in for orthonormalRows for initialize.weights of layer 0, ' +
        'received an array of length 2. There are no more orthonormal rows than columns',
    ],
    [
      'a matrix that cannot be addressed',
      () => networkSpec({ inputs: 100_000, layers: [dense(100_000)] }),
      'invalid_network: expected at most 4294967295 numbers in weights of layer 0, received a width that needs 100000 x 100000',
    ],
    [
      'sizes whose product overflows',
      () => networkSpec({ inputs: 2 ** 52, layers: [dense(2 ** 52)] }),
      'invalid_network: layer 0: an output of 4503599627370496 with its tensors is more numbers than can be counted',
    ],
  ])('refuses %s', (_, make, message) => {
    expect(failureOf(make)).toBe(message);
  });

  it('refuses a sum of tensors that cannot be addressed', () => {
    expect(failureOf(() => networkSpec({ inputs: 50_000, layers: [dense(50_000), dense(50_000)] }))).toBe(
      'invalid_network: expected at most 4294967295 parameters, received a network of 5000000000',
    );
  });
});

describe('tensorLayout', () => {
  const spec = networkSpec({ inputs: 3, layers: paper() });

  it('puts tensors one after the other, as native code does', () => {
    expect(tensorLayout(spec).map(({ name, offset, shape }) => [name, offset, shape])).toEqual([
      ['layers.0.eigenvectors', 0, [6, 3]],
      ['layers.0.eigenvaluesIn', 18, [3]],
      ['layers.0.eigenvaluesOut', 21, [6]],
      ['layers.0.bias', 27, [6]],
      ['layers.1.weights', 33, [4, 6]],
      ['layers.1.bias', 57, [4]],
      ['layers.2.weights', 61, [1, 4]],
    ]);
    expect(parameterCount(spec)).toBe(65);
  });

  it('gives views into the block', () => {
    const block = new Float32Array(65);
    const views = tensorViews(tensorLayout(spec), block);
    views.get('layers.1.bias')?.fill(7);
    expect([...block.subarray(56, 62)]).toEqual([0, 7, 7, 7, 7, 0]);
  });
});

describe('toNativeNetwork', () => {
  it('chains widths and keeps what is trained and penalised', () => {
    const layers = [spectral(6, { activation: 'erf', l1: { eigenvaluesOut: 2 } }), dense(4, { bias: true })];
    const trained = (name: string) => ({ name, trainable: true, l1: 0, l2: 0, groupLasso: 0 });
    expect(toNativeNetwork(networkSpec({ inputs: 3, layers, loss: 'crossEntropy' }))).toEqual({
      input: [3],
      layers: [
        {
          options: { type: 'spectral', width: 6, activation: 'erf', slope: 0.01 },
          reads: [0],
          tensors: [
            trained('eigenvectors'),
            { ...trained('eigenvaluesIn'), trainable: false },
            { ...trained('eigenvaluesOut'), l1: 2 },
          ],
        },
        {
          options: { type: 'dense', width: 4, activation: 'linear', slope: 0.01 },
          reads: [1],
          tensors: [trained('weights'), trained('bias')],
        },
      ],
    });
  });
});

describe('a spec as JSON', () => {
  it('comes back as it was', () => {
    const spec = networkSpec({ inputs: 3, layers: paper() });
    expect(specFromJson(specToJson(spec))).toEqual(spec);
  });

  it('has a group lasso only where there is one, so that older versions wrote what this one writes', () => {
    const of = (groupLasso: number) =>
      networkSpec({ inputs: 3, layers: [spectral(2, { groupLasso: { eigenvectors: groupLasso } }), sum()] });
    expect(specToJson(of(0))).not.toContain('groupLasso');
    expect(specFromJson(specToJson(of(0.5)))).toEqual(of(0.5));
    expect(toNativeNetwork(of(0.5)).layers[0]?.tensors[0]?.groupLasso).toBe(0.5);
  });

  it('writes its format where older versions cannot read it, and refuses a newer one', () => {
    const plain = networkSpec({ inputs: 3, layers: paper() });
    expect(specToJson(plain)).not.toContain('format');
    const joined = networkSpec({
      inputs: [1, 3],
      layers: [batchNorm({ name: 'norm', inputs: ['input'] })],
      loss: { terms: [{ loss: 'mse', weight: 2 }] },
    });
    expect(JSON.parse(specToJson(joined))).toMatchObject({ format: 2, inputs: 3, inputShape: [1, 3] });
    expect(specFromJson(specToJson(joined))).toEqual(joined);
    const newer = specToJson(joined).replace('"format":2', '"format":3');
    expect(failureOf(() => specFromJson(newer))).toBe(
      'invalid_network: expected a network of format 2 or older, received format 3, which a newer version wrote',
    );
    const unknown = specToJson(plain).replace('"kind":"dense"', '"kind":"attention"');
    expect(failureOf(() => specFromJson(unknown))).toMatch(
      /expected one of spectral, dense, .* received "attention"/,
    );
  });

  it('leaves out initial numbers', () => {
    const layers = [dense(1, { initialize: { weights: Float64Array.of(1, 2, 3) } })];
    const spec = networkSpec({ inputs: 3, layers });
    expect(specToJson(spec)).not.toContain('initialize');
    expect(specFromJson(specToJson(spec)).layers).toEqual([dense(1)]);
  });
});

describe('checkLayerIndex', () => {
  it.each([-1, 3, 0.5, '1'])('refuses %s', (layer) => {
    expect(failureOf(() => checkLayerIndex(networkSpec({ inputs: 3, layers: paper() }), layer))).toBe(
      `invalid_argument: expected a layer index from 0 to 2 for layer, received ${JSON.stringify(layer)}`,
    );
  });
});
