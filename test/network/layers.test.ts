import { describe, expect, it } from 'vitest';
import { activation } from '../../src/network/graph-layers.js';
import { conv2d } from '../../src/network/image-layers.js';
import { dense, spectral, sum } from '../../src/network/layers.js';
import { failureOf } from '../failure.js';

describe('spectral', () => {
  it("has the paper's defaults", () => {
    expect(spectral(20)).toEqual({
      kind: 'spectral',
      width: 20,
      activation: 'linear',
      tensors: {
        eigenvectors: { trainable: true, l1: 0, l2: 0, initialize: 'glorotUniform' },
        eigenvaluesIn: { trainable: false, l1: 0, l2: 0, initialize: 0 },
        eigenvaluesOut: { trainable: true, l1: 0, l2: 0, initialize: 1 },
      },
    });
  });

  it('trains what is named and nothing else', () => {
    const { tensors } = spectral(3, { bias: true, trainable: ['eigenvaluesIn'] });
    const trained = Object.entries(tensors).filter(([, { trainable }]) => trainable);
    expect(trained.map(([name]) => name)).toEqual(['eigenvaluesIn']);
    expect(Object.keys(tensors)).toContain('bias');
  });
});

describe('dense', () => {
  it('trains its weights and its bias', () => {
    expect(dense(4, { bias: true, activation: 'relu', l2: { weights: 0.5 }, l1: { bias: 0.25 } })).toEqual({
      kind: 'dense',
      width: 4,
      activation: 'relu',
      tensors: {
        weights: { trainable: true, l1: 0, l2: 0.5, initialize: 'glorotUniform' },
        bias: { trainable: true, l1: 0.25, l2: 0, initialize: 0 },
      },
    });
  });
});

describe('groupLasso', () => {
  it('applies to the matrix alone, and is in a spec only where it is not 0', () => {
    expect(dense(2, { groupLasso: { weights: 0.5 } }).tensors.weights).toEqual({
      trainable: true,
      l1: 0,
      l2: 0,
      groupLasso: 0.5,
      initialize: 'glorotUniform',
    });
    expect(spectral(2, { groupLasso: { eigenvectors: 0 } })).toEqual(spectral(2));
  });
});

describe('sum', () => {
  it('is one linear unit of frozen ones', () => {
    expect(sum()).toEqual({
      kind: 'dense',
      width: 1,
      activation: 'linear',
      tensors: { weights: { trainable: false, l1: 0, l2: 0, initialize: 1 } },
    });
  });
});

describe('what a layer cannot be', () => {
  it.each<[string, () => unknown, string]>([
    ['of width 0', () => spectral(0), 'expected a positive integer for width of spectral layer, received 0'],
    ['of width -1', () => dense(-1), 'expected a positive integer for width of dense layer, received -1'],
    ['of width 1.5', () => dense(1.5), 'expected a positive integer for width of dense layer, received 1.5'],
    [
      'of an unknown activation',
      () => dense(2, { activation: 'relo' as 'relu' }),
      'expected one of linear, relu, leakyRelu, elu, tanh, sigmoid, softplus, gelu, erf, quadratic, scaledErf for activation of ' +
        'dense layer, received "relo". Did you mean "relu"?',
    ],
    [
      'with the slope of another activation',
      () => dense(2, { activation: 'relu', slope: 0.2 }),
      'expected none, as relu has no slope (only leakyRelu has one), for slope of dense layer, received 0.2',
    ],
    [
      'with a slope and no activation',
      () => spectral(2, { slope: 0.2 }),
      'expected none, as linear has no slope (only leakyRelu has one), for slope of spectral layer, received 0.2',
    ],
    [
      'with a negative slope',
      () => activation('leakyRelu', { slope: -0.2 }),
      'expected a finite number of at least 0 for slope of activation layer, received -0.2',
    ],
    [
      'with a slope that is text',
      () => conv2d(2, 3, { activation: 'leakyRelu', slope: '0.2' as never }),
      'expected a finite number of at least 0 for slope of conv2d layer, received "0.2"',
    ],
    [
      'of a misspelt option',
      () => dense(2, { activations: 'relu' } as object),
      'unknown option "activations" in dense layer; known: activation, slope, bias, trainable, l1, l2, groupLasso, initialize, name, inputs. Did you ' +
        'mean "activation"?',
    ],
    [
      'penalised where it has nothing',
      () => spectral(2, { l2: { weights: 1 } as object }),
      'unknown option "weights" in l2 of spectral layer; known: eigenvectors, eigenvaluesIn, eigenvaluesOut',
    ],
    [
      'whose vectors have rows',
      () => spectral(2, { groupLasso: { eigenvaluesOut: 1 } as object }),
      'unknown option "eigenvaluesOut" in groupLasso of spectral layer; known: eigenvectors',
    ],
    [
      'with a negative row penalty',
      () => dense(2, { groupLasso: { weights: -1 } }),
      'expected a finite number of at least 0 for groupLasso.weights of dense layer, received -1',
    ],
    [
      'trained where it has nothing',
      () => dense(2, { trainable: ['bias'] }),
      'expected one of weights for trainable of dense layer, received "bias"',
    ],
    [
      'penalised by a negative number',
      () => dense(2, { l1: { weights: -1 } }),
      'expected a finite number of at least 0 for l1.weights of dense layer, received -1',
    ],
    [
      'initialised by NaN',
      () => dense(2, { initialize: { weights: [0, Number.NaN] } }),
      'expected a finite number for initialize.weights of dense layer[1], received NaN',
    ],
    [
      'initialised by an unknown name',
      () => dense(2, { initialize: { weights: 'glorotNorma' as 'glorotNormal' } }),
      'expected one of glorotUniform, glorotNormal, heUniform, heNormal, orthonormalRows for initialize.weights of ' +
        'dense layer, received "glorotNorma". Did you mean "glorotNormal"?',
    ],
    [
      'with a bias that is a number',
      () => dense(2, { bias: 1 as never }),
      'expected true or false for bias of dense layer, received 1',
    ],
    [
      'initialised by a function',
      () => dense(2, { initialize: { weights: (() => 1) as never } }),
      'expected a number, an array or the name of an initializer for initialize.weights of dense layer, received a function',
    ],
  ])('refuses a layer %s', (_, make, message) => {
    expect(failureOf(make)).toBe(`invalid_argument: ${message}`);
  });
});
