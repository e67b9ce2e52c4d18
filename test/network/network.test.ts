import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readSafetensors, writeSafetensors } from '../../src/files/safetensors.js';
import { Dataset } from '../../src/network/dataset.js';
import { dense, spectral } from '../../src/network/layers.js';
import { Network } from '../../src/network/network.js';
import { failureOf, rejectionOf } from '../failure.js';
import { scattered, smallLayers } from './small-students.js';

const small = (dtype: 'float32' | 'float64' = 'float64') =>
  Network.create({ inputs: 3, layers: smallLayers() }, { seed: 1, dtype });

/** W = (lambdaIn - lambdaOut) phi = [[(2-5)1, (3-5)10], [(2-7)100, (3-7)1000]] */
function byHand(): Network {
  const initialize = {
    eigenvectors: [1, 10, 100, 1000],
    eigenvaluesIn: [2, 3],
    eigenvaluesOut: [5, 7],
    bias: [0.5, -0.5],
  };
  const layers = [spectral(2, { bias: true, initialize }), dense(1, { initialize: { weights: [1, -1] } })];
  return Network.create({ inputs: 2, layers }, { seed: 0, dtype: 'float64' });
}

describe('Network', () => {
  it('has named tensors that are views into one block', () => {
    const network = small();
    expect([...network.tensors().keys()]).toEqual([
      'layers.0.eigenvectors',
      'layers.0.eigenvaluesIn',
      'layers.0.eigenvaluesOut',
      'layers.0.bias',
      'layers.1.weights',
      'layers.1.bias',
      'layers.2.weights',
    ]);
    expect(network.shape('layers.1.weights')).toEqual([5, 7]);
    network.tensor('layers.2.weights').fill(9);
    expect(network.parameters.slice(-10)).toEqual(new Float64Array(10).fill(9));
    expect(network.tensors().get('layers.2.weights')).toEqual(new Float64Array(10).fill(9));
  });

  it('starts from the same numbers in either dtype', () => {
    expect(small('float32').parameters).toEqual(Float32Array.from(small('float64').parameters));
    expect(small('float32').dtype).toBe('float32');
  });

  it('forms effective weights', () => {
    expect(byHand().effectiveWeights(0)).toEqual(Float64Array.of(-3, -20, -500, -4000));
    const weights = byHand().effectiveWeights(1);
    weights.fill(0);
    expect(byHand().tensor('layers.1.weights')).toEqual(Float64Array.of(1, -1));
  });

  it.each(['cpu', 'reference'] as const)('predicts and evaluates on %s', async (device) => {
    const network = byHand();
    const inputs = Float64Array.of(1, 0, 0, 1, 1, 1);
    const answers = Float64Array.of(-3 + 0.5 + 500 + 0.5, -20 + 0.5 + 4000 + 0.5, -23 + 0.5 + 4500 + 0.5);
    expect(await network.predict(inputs, { device })).toEqual(answers);
    const data = Dataset.create({ inputs, inputCount: 2, targets: answers.map((y, i) => y - i) });
    expect(await network.predict(data, { device })).toEqual(answers);
    const { loss, accuracy } = await network.evaluate(data, { device });
    expect(loss).toBeCloseTo((0 + 1 + 4) / 3, 12);
    expect(accuracy).toBeNaN();
  });

  it('measures accuracy where there are classes', async () => {
    const layers = [dense(2, { initialize: { weights: [1, 0, 0, 1] } })];
    const network = Network.create(
      { inputs: 2, layers, loss: 'crossEntropy' },
      { seed: 0, dtype: 'float64' },
    );
    const data = Dataset.create({
      inputs: Float64Array.of(2, 1, 3, 1, 0, 5, 4, 0),
      inputCount: 2,
      classes: [0, 0, 1, 1],
    });
    const { loss, accuracy } = await network.evaluate(data);
    expect(accuracy).toBe(0.75);
    const softplus = (x: number) => Math.log1p(Math.exp(x));
    expect(loss).toBeCloseTo((softplus(-1) + softplus(-2) + softplus(-5) + softplus(4)) / 4, 12);
  });

  it('returns the loss for every number of removed nodes', async () => {
    const network = byHand();
    const data = Dataset.create({
      inputs: Float64Array.of(1, 0),
      inputCount: 2,
      targets: Float64Array.of(0),
    });
    const losses = await network.pruningLosses(0, Uint32Array.of(1, 0), data);
    // none kept: 0; the last of the order (node 0) kept: its bias counts, the other's does not; both kept
    expect([...losses]).toEqual([0, 2.5 ** 2, (-2.5 + 500.5) ** 2]);
  });

  it('sees what is written into its parameters', async () => {
    const network = byHand();
    network.tensor('layers.1.weights').fill(0);
    expect(await network.predict(Float64Array.of(1, 1))).toEqual(Float64Array.of(0));
  });

  it('is copied by clone, and rounded by clone to float32', () => {
    const network = small();
    const copy = network.clone();
    copy.parameters.fill(0);
    expect(network.parameters.some((value) => value !== 0)).toBe(true);
    expect(network.clone('float32').parameters).toEqual(Float32Array.from(network.parameters));
  });

  it('can be made of given numbers', () => {
    const { spec, parameters } = small();
    expect(Network.from(spec, parameters).parameters).toBe(parameters);
  });

  it.each<[string, (network: Network) => unknown, string]>([
    [
      'an unknown tensor',
      (network) => network.tensor('layers.0.weights'),
      'expected one of layers.0.eigenvectors, layers.0.eigenvaluesIn, layers.0.eigenvaluesOut, layers.0.bias, layers.1.weights, layers.1.bias, layers.2.weights for the name of a tensor, received "layers.0.weights"',
    ],
    [
      'an unknown layer',
      (network) => network.effectiveWeights(3),
      'expected a layer index from 0 to 2 for layer, received 3',
    ],
    [
      'too few numbers',
      ({ spec }) => Network.from(spec, new Float32Array(5)),
      'expected length 88 (the parameters of the network) for parameters, received Float32Array(5)',
    ],
    [
      'an unknown dtype',
      (network) => network.clone('float16' as never),
      'expected one of float32, float64 for dtype, received "float16". Did you mean "float32"?',
    ],
    [
      'a negative seed',
      ({ spec }) => Network.create(spec, { seed: -1 }),
      'expected a non-negative integer for seed of network, received -1',
    ],
    [
      'a seed beyond the safe integers',
      ({ spec }) => Network.create(spec, { seed: 2 ** 53 }),
      'expected a non-negative integer for seed of network, received 9007199254740992',
    ],
    [
      'no seed',
      ({ spec }) => Network.create(spec, {} as never),
      'expected a non-negative integer for seed of network, received undefined',
    ],
    [
      'a trial of 2^32',
      ({ spec }) => Network.create(spec, { seed: 0, trial: 2 ** 32 }),
      'expected an integer from 0 to 2^32 - 1 for trial of network, received 4294967296',
    ],
    [
      'an unknown purpose',
      ({ spec }) => Network.create(spec, { seed: 0, purpose: 'test' as never }),
      'expected one of student, teacher for purpose of network, received "test"',
    ],
  ])('refuses %s', (_, work, message) => {
    expect(failureOf(() => work(small()))).toBe(`invalid_argument: ${message}`);
  });

  it.each<[string, (network: Network) => Promise<unknown>, string]>([
    [
      'inputs of another length',
      (network) => network.predict(new Float64Array(4)),
      'invalid_argument: expected a length that is a multiple of inputCount 3 for inputs, received Float64Array(4)',
    ],
    [
      'integers',
      (network) => network.predict(new Int32Array(3) as never),
      'invalid_argument: expected a Float32Array or Float64Array for inputs, received Int32Array(3)',
    ],
    [
      'inputs that are not finite',
      (network) => network.predict(Float64Array.of(0, NaN, 0)),
      'invalid_argument: expected finite numbers in inputs, received NaN at index 1 (sample 0, column 1)',
    ],
    [
      'data without targets',
      (network) => network.evaluate(Dataset.create({ inputs: scattered(3), inputCount: 3 })),
      "data_mismatch: evaluate: expected data with targets for loss 'mse', received neither",
    ],
    [
      'no data',
      (network) => network.evaluate(undefined as never),
      'invalid_argument: expected a Dataset (see Dataset.create) for data, received undefined',
    ],
    [
      'cuda',
      (network) => network.predict(scattered(3), { device: 'cuda' }),
      "cuda_unavailable: device 'cuda' was asked for, but EIGENSTUDENT_CUDA=none turns it off. Fix it with: unset EIGENSTUDENT_CUDA. Use device 'cpu', or 'auto' for the fastest there is; `eigenstudent doctor` lists what this machine can do",
    ],
    [
      'an unknown device',
      (network) => network.predict(scattered(3), { device: 'gpu' as never }),
      'invalid_argument: expected one of auto, cpu, reference, cuda for device, received "gpu". Did you mean "cpu"?',
    ],
  ])('refuses %s', async (_, work, message) => {
    expect(await rejectionOf(work(small()))).toBe(message);
  });

  it.each<[string, number, unknown, string]>([
    [
      'of the last layer',
      2,
      Uint32Array.of(0, 1),
      'expected a hidden layer, not the last for layer, received 2. Its nodes are the outputs; removing them is no pruning',
    ],
    ['of no layer', 3, Uint32Array.of(0, 1), 'expected a layer index from 0 to 2 for layer, received 3'],
    [
      'that is a plain array',
      1,
      [0, 1, 2, 3, 4],
      'expected a Uint32Array for removalOrder, received an array of length 5',
    ],
    [
      'that is too short',
      1,
      Uint32Array.of(0, 1),
      'expected length 5 (the nodes of layer 1) for removalOrder, received Uint32Array(2)',
    ],
    [
      'that names a node twice',
      1,
      Uint32Array.of(0, 1, 2, 3, 1),
      'expected each node from 0 to 4 once in removalOrder, received node 1 twice',
    ],
    [
      'that names no node',
      1,
      Uint32Array.of(0, 1, 2, 3, 5),
      'expected each node from 0 to 4 once in removalOrder, received node 5',
    ],
  ])('refuses a removal order %s', async (_, layer, order, message) => {
    const data = Dataset.create({ inputs: scattered(3), inputCount: 3, targets: scattered(2) });
    expect(await rejectionOf(small().pruningLosses(layer, order as Uint32Array, data))).toBe(
      `invalid_argument: ${message}`,
    );
  });
});

describe('a saved network', () => {
  let folder: string;
  let path: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'network-'));
    path = join(folder, 'network.safetensors');
  });
  afterAll(() => rm(folder, { recursive: true }));

  it.each(['float32', 'float64'] as const)('comes back as it was in %s', async (dtype) => {
    const network = small(dtype);
    await network.save(path);
    const loaded = await Network.load(path);
    expect(loaded.spec).toEqual(network.spec);
    expect(loaded.parameters).toEqual(network.parameters);
  });

  it('is a safetensors file of named tensors with their shapes', async () => {
    await small('float32').save(path);
    const { tensors } = await readSafetensors(path);
    expect(tensors.get('layers.1.weights')).toMatchObject({ dtype: 'F32', shape: [5, 7] });
    expect(tensors.size).toBe(7);
  });

  it('is found among other tensors', async () => {
    const network = small();
    await network.save(path);
    const { tensors, metadata } = await readSafetensors(path);
    tensors.set('relevance', { dtype: 'F64', shape: [1], data: Float64Array.of(1) });
    await writeSafetensors(path, tensors, { ...metadata, note: 'more' });
    expect((await Network.load(path)).parameters).toEqual(network.parameters);
  });

  it.each<[string, (file: Awaited<ReturnType<typeof readSafetensors>>) => void, string]>([
    [
      'without a description',
      ({ metadata }) => delete metadata.network,
      'PATH is a safetensors file, but not one of a network: its metadata have no "network"',
    ],
    [
      'with a broken description',
      ({ metadata }) => Object.assign(metadata, { network: '{}' }),
      'PATH describes no valid network: expected a positive integer for inputs of network, received undefined',
    ],
    [
      'that lacks a tensor',
      ({ tensors }) => tensors.delete('layers.1.bias'),
      'PATH does not hold the network it describes: tensor layers.1.bias is missing',
    ],
    [
      'with a tensor of another shape',
      ({ tensors }) =>
        tensors.set('layers.1.bias', { dtype: 'F64', shape: [1, 5], data: new Float64Array(5) }),
      'PATH does not hold the network it describes: tensor layers.1.bias should be F64 [5], is F64 [1,5]',
    ],
    [
      'with a tensor of another kind',
      ({ tensors }) => tensors.set('layers.1.bias', { dtype: 'F32', shape: [5], data: new Float32Array(5) }),
      'PATH does not hold the network it describes: tensor layers.1.bias should be F64 [5], is F32 [5]',
    ],
    [
      'with a tensor of integers',
      ({ tensors }) => tensors.set('layers.1.bias', { dtype: 'U32', shape: [5], data: new Uint32Array(5) }),
      'PATH does not hold the network it describes: tensor layers.1.bias has dtype U32, not F32 or F64',
    ],
  ])('is refused %s', async (_, damage, message) => {
    await small().save(path);
    const file = await readSafetensors(path);
    damage(file);
    await writeSafetensors(path, file.tensors, file.metadata);
    expect(await rejectionOf(Network.load(path))).toBe(`file_corrupt: ${message.replace('PATH', path)}`);
  });
});
