/** Residual blocks: the layers that they stand for, their names, and what they refuse. */
import { describe, expect, it } from 'vitest';
import {
  activation,
  add,
  batchNorm,
  conv2d,
  dense,
  type LayerOrBlock,
  Network,
  residual,
  spectral,
} from '../../src/index.js';
import { specFromJson, specToJson } from '../../src/network/spec-json.js';
import { failureOf } from '../failure.js';

const specOf = (layers: readonly LayerOrBlock[], inputs: number | readonly number[] = 3) =>
  Network.create({ inputs, layers }, { seed: 1 }).spec;
const placesOf = (layers: readonly LayerOrBlock[], inputs?: number) =>
  specOf(layers, inputs).layers.map(({ kind, name, inputs: read }) =>
    [kind, ...(name ? [name] : []), ...(read ? [`of ${read.join(', ')}`] : [])].join(' '),
  );

describe('a residual block', () => {
  it('adds what it reads to the output of its layers', () => {
    expect(specOf([dense(4, { name: 'stem' }), residual([dense(5), batchNorm(), dense(4)])]).layers).toEqual([
      dense(4, { name: 'stem' }),
      dense(5),
      batchNorm(),
      dense(4, { name: 'residual0.body' }),
      add(['residual0.body', 'stem'], { name: 'residual0' }),
    ]);
  });

  it('puts the layers of a shortcut on what it reads, and the activation on the sum', () => {
    const block = residual([dense(4)], {
      shortcut: [spectral(4), batchNorm()],
      activation: 'leakyRelu',
      slope: 0.1,
      name: 'wide',
    });
    expect(specOf([dense(2), block]).layers).toEqual([
      dense(2, { name: 'wide.input' }),
      dense(4, { name: 'wide.body' }),
      spectral(4, { inputs: ['wide.input'] }),
      batchNorm({ name: 'wide.shortcut' }),
      add(['wide.body', 'wide.shortcut'], { name: 'wide.sum' }),
      activation('leakyRelu', { slope: 0.1, name: 'wide' }),
    ]);
  });

  it('reads the network when it is the first', () => {
    expect(placesOf([residual([dense(3)]), dense(2)])).toEqual([
      'dense residual0.body',
      'add residual0 of residual0.body, input',
      'dense',
    ]);
  });

  it('has names of its own, however often it is used, beside names that are taken', () => {
    const block = residual([dense(3)], { activation: 'relu' });
    const taken = dense(3, { name: 'residual0' });
    expect(placesOf([taken, block, block, dense(2, { inputs: ['residual1'] })])).toEqual([
      'dense residual0',
      'dense residual1.body',
      'add residual1.sum of residual1.body, residual0',
      'activation residual1',
      'dense residual2.body',
      'add residual2.sum of residual2.body, residual1',
      'activation residual2',
      'dense of residual1',
    ]);
  });

  it('may hold another', () => {
    expect(placesOf([dense(3), residual([residual([dense(3)]), activation('tanh')])])).toEqual([
      'dense residual0.input',
      'dense residual1.body',
      'add residual1 of residual1.body, residual0.input',
      'activation residual0.body',
      'add residual0 of residual0.body, residual0.input',
    ]);
  });

  it('is in files as its layers', () => {
    const spec = specOf([dense(3), residual([dense(3)], { activation: 'relu' })]);
    expect(specFromJson(specToJson(spec))).toEqual(spec);
    expect(specToJson(spec)).not.toContain('"residual"');
  });

  it('computes f(x) + x', async () => {
    const layers = [residual([dense(3, { name: 'f' })])];
    const network = Network.create({ inputs: 3, layers }, { seed: 1, dtype: 'float64' });
    const x = Float64Array.of(0.5, -1, 2);
    const weights = network.effectiveWeights(0);
    const y = await network.predict(x);
    for (const [i, value] of y.entries()) {
      const sum = x.reduce((total, xj, j) => total + (weights[3 * i + j] as number) * xj, x[i] as number);
      expect(value).toBeCloseTo(sum, 14);
    }
  });
});

describe('what a residual block cannot be', () => {
  const image = [4, 6, 6];
  it.each<[string, () => unknown, string]>([
    [
      'of nothing',
      () => residual([]),
      'invalid_argument: expected at least one layer for layers of residual block, received an array of length 0',
    ],
    [
      'of a layer that is in no list',
      () => residual(dense(3) as never),
      'invalid_argument: expected an array of layers for layers of residual block, received an object (Object)',
    ],
    [
      'of an empty shortcut',
      () => residual([dense(3)], { shortcut: [] }),
      'invalid_argument: expected at least one layer for shortcut of residual block, received an array of length 0. Leave ' +
        'shortcut out for the identity',
    ],
    [
      'of a block as its shortcut',
      () => residual([dense(3)], { shortcut: [residual([dense(3)]) as never] }),
      'invalid_argument: expected a layer that is no residual block for shortcut of residual block[0], received an object ' +
        '(Object)',
    ],
    [
      'of a slope alone',
      () => residual([dense(3)], { slope: 0.1 }),
      "invalid_argument: expected none without activation 'leakyRelu' for slope of residual block, received 0.1",
    ],
    [
      'of an unknown activation',
      () => residual([dense(3)], { activation: 'rely' as never }),
      'invalid_argument: expected one of linear, relu, leakyRelu, elu, tanh, sigmoid, softplus, gelu, erf, quadratic, scaledErf for ' +
        'activation of residual block, received "rely". Did you mean "relu"?',
    ],
    [
      'of a misspelt option',
      () => residual([dense(3)], { shortcuts: [] } as never),
      'invalid_argument: unknown option "shortcuts" in residual block; known: shortcut, activation, slope, name. Did you mean ' +
        '"shortcut"?',
    ],
    [
      'written by hand without layers',
      () => specOf([{ kind: 'residual' } as never]),
      'invalid_argument: expected an array of layers for layers of residual block, received undefined',
    ],
    [
      'of nothing that is a layer',
      () => residual([dense(3), null as never]),
      'invalid_argument: expected a layer made by spectral(), dense(), conv2d(), batchNorm() or another function that makes ' +
        'layers for layers[1] of residual block, received null',
    ],
    [
      'whose shortcut is no layer',
      () => residual([dense(3)], { shortcut: [7 as never] }),
      'invalid_argument: expected a layer made by spectral(), dense(), conv2d(), batchNorm() or another function that makes ' +
        'layers for shortcut of residual block[0], received 7',
    ],
    [
      'of a name that another has',
      () => specOf([dense(3, { name: 'a' }), residual([dense(3)], { name: 'a' })]),
      "invalid_network: expected each name of a layer once, received 'a' for layers 0 and 2",
    ],
    [
      'of two shapes',
      () => specOf([dense(3, { name: 'stem' }), residual([dense(5), dense(4)])]),
      "invalid_network: expected one shape of both summands of residual block 'residual0', received 4 from its last layer " +
        "(layer 2, dense 'residual0.body') and 3 from its identity shortcut (layer 0, dense 'stem'). Give it a shortcut " +
        'that ends in 4, as conv2d(width, 1, { stride }) does for images and dense(width) for features',
    ],
    [
      'of images of two sizes',
      () =>
        specOf(
          [
            residual([conv2d(8, 3, { stride: 2, padding: 1 })], {
              name: 'down',
              shortcut: [conv2d(8, 1, { name: 'narrow' })],
            }),
          ],
          image,
        ),
      "invalid_network: expected one shape of both summands of residual block 'down', received 8 x 3 x 3 from its last layer " +
        "(layer 0, conv2d 'down.body') and 8 x 6 x 6 from its shortcut (layer 1, conv2d 'narrow'). Give it a shortcut that " +
        'ends in 8 x 3 x 3, as conv2d(width, 1, { stride }) does for images and dense(width) for features',
    ],
    [
      'of another shape than the network',
      () => specOf([residual([conv2d(8, 1)])], image),
      "invalid_network: expected one shape of both summands of residual block 'residual0', received 8 x 6 x 6 from its last " +
        "layer (layer 0, conv2d 'residual0.body') and 4 x 6 x 6 from its identity shortcut (the network's input). Give it a " +
        'shortcut that ends in 8 x 6 x 6, as conv2d(width, 1, { stride }) does for images and dense(width) for features',
    ],
    [
      'around a layer that is wrong itself',
      () => specOf([residual([conv2d(4, 7)])], image),
      'invalid_network: layer 0: expected a kernel that covers at most 6 along the height, the image with its padding, got 7 ' +
        'with a dilation of 1',
    ],
  ])('refuses one %s', (_, make, message) => {
    expect(failureOf(make)).toBe(message);
  });
});
