/** Networks that are no chains, and data for them. */
import {
  activation,
  add,
  batchNorm,
  concat,
  Dataset,
  dense,
  type Layer,
  type Loss,
  Network,
  type NetworkOptions,
  spectral,
} from '../../src/index.js';
import { normals } from '../../src/network/random.js';

export const inputs = 3;

/** A trunk that two branches read; their sum; the sum beside the trunk; an output. */
export function branched(): Layer[] {
  return [
    spectral(4, {
      activation: 'tanh',
      bias: true,
      trainable: ['eigenvectors', 'eigenvaluesIn', 'eigenvaluesOut', 'bias'],
      name: 'trunk',
    }),
    dense(5, { activation: 'softplus', name: 'left' }),
    spectral(5, { activation: 'erf', name: 'right', inputs: ['trunk'] }),
    add(['left', 'right'], { name: 'sum' }),
    batchNorm({ name: 'norm' }),
    activation('gelu', { name: 'f' }),
    concat(['f', 'trunk', 'input'], { name: 'beside' }),
    dense(2, { bias: true, name: 'output' }),
  ];
}

/** Two residual blocks: what a block adds, it has read. */
export function residual(): Layer[] {
  return [
    dense(6, { name: 'stem' }),
    batchNorm({ name: 'a' }),
    activation('relu', { name: 'b' }),
    spectral(6, { name: 'c', bias: true }),
    add(['b', 'c'], { name: 'first' }),
    batchNorm({ name: 'd' }),
    activation('tanh', { name: 'e' }),
    dense(6, { name: 'f' }),
    add(['first', 'f'], { name: 'second' }),
    dense(2, { bias: true }),
  ];
}

/** Dense and spectral layers with batch norm between them, `depth` times. */
export function normalised(depth: number, width = 6): Layer[] {
  const blocks = Array.from({ length: depth }, (_, k): Layer[] => [
    k % 2 === 0
      ? spectral(width + k, { l2: { eigenvectors: 0.01 } })
      : dense(width + k, { groupLasso: { weights: 0.01 } }),
    batchNorm({ momentum: 0.3, l2: { scale: 0.02 } }),
    activation('relu'),
  ]);
  return [...blocks.flat(), dense(2, { bias: true })];
}

/** Two losses: one of the output, one of the sum before batch norm. */
export const twoTerms: Loss = {
  terms: [
    { loss: 'mse' },
    { loss: 'meanAbsoluteError', layer: 'left', target: 'hint', weight: 0.25 },
    { loss: 'factorDistance', layer: 'left', target: 'hint', weight: 0.5 },
  ],
};

const draw = (part: number, count: number) =>
  normals({ seed: 5, trial: 0, purpose: 'freeUse', part }, count, 1);

export function data(samples = 11, part = 0): Dataset {
  return Dataset.create({
    inputs: draw(900 + part, samples * inputs),
    inputCount: inputs,
    targets: draw(901 + part, samples * 2),
    named: { hint: draw(902 + part, samples * 5) },
  });
}

/** With buffers and parameters that are not those of the start. */
export function network(layers: readonly Layer[], loss: NetworkOptions['loss'] = 'mse'): Network {
  const created = Network.create({ inputs, layers, loss }, { seed: 3, dtype: 'float64' });
  const noise = draw(950, created.parameters.length);
  for (let i = 0; i < noise.length; ++i)
    created.parameters[i] = (created.parameters[i] as number) + 0.1 * (noise[i] as number);
  for (let i = 0; i < created.buffers.length; ++i)
    created.buffers[i] = (created.buffers[i] as number) + 0.05 * (i % 7);
  return created;
}
