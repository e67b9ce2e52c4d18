import { describe, expect, it } from 'vitest';
import { dense, spectral } from '../../src/network/layers.js';
import { Network } from '../../src/network/network.js';
import { Population } from '../../src/population/population.js';
import type { StudentOptions } from '../../src/population/student-options.js';
import { failureOf } from '../failure.js';
import { smallData, smallLayers, smallStudent } from '../network/small-students.js';

describe('Population.create', () => {
  it('starts from a given network, with its layers or with others of its shape', () => {
    const network = Network.create({ inputs: 3, layers: smallLayers() }, { seed: 77, dtype: 'float64' });
    const { layers: _, ...rest } = smallStudent({ network });
    const frozen = [
      spectral(7, { bias: true, activation: 'relu', trainable: [] }),
      ...smallLayers().slice(1),
    ];
    const population = Population.create([rest, smallStudent({ network, layers: frozen })]);
    const expected = Float32Array.from(network.parameters);
    expect(population.at(0).network().parameters).toEqual(expected);
    expect(population.at(1).network().parameters).toEqual(expected);
    expect(population.at(0).spec).toEqual(network.spec);
    expect(population.at(1).spec.layers[0]?.activation).toBe('relu');
  });

  it('takes splits and trains on train', () => {
    const data = { train: smallData(13), validation: smallData(5), test: smallData(4) };
    const population = Population.create([smallStudent({ data })]);
    expect(population.at(0).options.data).toBe(data.train);
    expect(population.at(0).options.splits).toBe(data);
  });

  it('allows a batch larger than the data: one step per epoch', async () => {
    const population = Population.create([smallStudent({ batchSize: 1000 })]);
    await population.run(3);
    expect(population.progress()[0]).toMatchObject({ step: 3, epoch: 3 });
  });

  it.each<[string, Partial<Record<keyof StudentOptions | 'epoch', unknown>>, string]>([
    [
      '0 epochs',
      { epochs: 0 },
      'invalid_argument: expected a positive integer for epochs of student 1, received 0',
    ],
    [
      '2^32 epochs',
      { epochs: 2 ** 32 },
      'invalid_argument: expected at most 4294967295 epochs for epochs of student 1, received 4294967296',
    ],
    [
      'a batch of 0',
      { batchSize: 0 },
      'invalid_argument: expected a positive integer for batchSize of student 1, received 0',
    ],
    [
      'a batch of -2',
      { batchSize: -2 },
      'invalid_argument: expected a positive integer for batchSize of student 1, received -2',
    ],
    [
      'a batch of 1.5',
      { batchSize: 1.5 },
      'invalid_argument: expected a positive integer for batchSize of student 1, received 1.5',
    ],
    [
      'no seed',
      { seed: undefined },
      'invalid_argument: expected a non-negative integer for seed of student 1, received undefined',
    ],
    [
      'a trial of 2^32',
      { trial: 2 ** 32 },
      'invalid_argument: expected an integer from 0 to 2^32 - 1 for trial of student 1, received 4294967296',
    ],
    [
      'no data',
      { data: undefined },
      'invalid_argument: expected a Dataset, or splits { train: Dataset, ... } for data of student 1, received undefined',
    ],
    [
      'no optimizer',
      { optimizer: undefined },
      'invalid_argument: expected an optimizer made by sgd(), adam() or adamW() for optimizer of student 1, received undefined',
    ],
    [
      'no layers',
      { layers: undefined },
      'invalid_argument: expected layers, or a network to start from for layers of student 1, received undefined',
    ],
    [
      'an empty list of layers',
      { layers: [] },
      'invalid_network: student 1: expected at least one layer, received an empty array',
    ],
    [
      'other inputs',
      { inputs: 4 },
      'data_mismatch: student 1: expected data with 4 inputs per sample, as the network has, received 3',
    ],
    [
      'other outputs',
      { layers: [dense(3)] },
      'data_mismatch: student 1: expected data with 3 targets per sample, one per output, received 2',
    ],
    [
      'another loss',
      { loss: 'crossEntropy' },
      "data_mismatch: student 1: expected data with classes for loss 'crossEntropy', received targets. For targets use loss: 'mse'",
    ],
    [
      'an unknown loss',
      { loss: 'l2' },
      'invalid_argument: student 1: expected one of mse, crossEntropy for loss, received "l2"',
    ],
    [
      'a broken phase',
      { phases: [{ train: ['bias'], steps: 0 }] },
      'invalid_argument: student 1: expected a positive integer for length of phases[0], received 0',
    ],
    [
      'a network that is none',
      { network: 5 },
      'invalid_argument: expected a Network for network of student 1, received 5',
    ],
    [
      'a misspelt option',
      { epoch: 5 },
      'invalid_argument: unknown option "epoch" in student 1; known: layers, inputs, loss, data, optimizer, batchSize, epochs, seed, trial, phases, shuffle, augment, stream, stepsPerEpoch, network. Did you mean "epochs"?',
    ],
  ])('refuses %s', (_, change, message) => {
    const student = { ...smallStudent(), ...change } as StudentOptions;
    expect(failureOf(() => Population.create([smallStudent(), student]))).toBe(message);
  });

  it('refuses a network of another shape', () => {
    const network = Network.create({ inputs: 3, layers: [dense(4, { bias: true }), dense(2)] }, { seed: 0 });
    expect(
      failureOf(() => Population.create([smallStudent({ network, layers: [dense(4), dense(2)] })])),
    ).toBe(
      "invalid_network: student 0: expected a network of the student's shape 3 -> dense 4 -> dense 2, received 3 -> dense 4 with bias -> dense 2",
    );
  });

  it('refuses a network that float32 cannot hold', () => {
    const network = Network.create(
      { inputs: 3, layers: [dense(2, { initialize: { weights: 1e300 } })] },
      { seed: 0, dtype: 'float64' },
    );
    expect(failureOf(() => Population.create([smallStudent({ network, layers: [dense(2)] })]))).toContain(
      'for parameters[0], received 1e+300',
    );
  });

  it.each<[string, () => unknown, string]>([
    [
      'no students',
      () => Population.create([]),
      'invalid_argument: expected at least one student for students, received an array of length 0',
    ],
    [
      'a student alone',
      () => Population.create(smallStudent() as never),
      'invalid_argument: expected an array of student options for students, received an object (Object)',
    ],
    [
      'a student that is none',
      () => Population.create([3 as never]),
      'invalid_argument: expected an object of options for student 0, received 3',
    ],
    [
      'an unknown device',
      () => Population.create([smallStudent()], { device: 'cud' as never }),
      'invalid_argument: expected one of auto, cpu, reference, cuda for device, received "cud". Did you mean "cuda"?',
    ],
    [
      'an unknown dtype',
      () => Population.create([smallStudent()], { dtype: 'float' as never }),
      'invalid_argument: expected one of float32, float64 for dtype, received "float". Did you mean "float32"?',
    ],
    [
      '0 threads',
      () => Population.create([smallStudent()], { threads: 0 }),
      'invalid_argument: expected a positive integer for threads, received 0',
    ],
    [
      'a misspelt option',
      () => Population.create([smallStudent()], { thread: 1 } as never),
      'invalid_argument: unknown option "thread" in Population.create; known: device, devices, dtype, threads, executor. Did you mean "threads"?',
    ],
  ])('refuses %s', (_, make, message) => {
    expect(failureOf(make)).toBe(message);
  });

  it('refuses cuda where there is none, instead of taking the CPU', () => {
    expect(failureOf(() => Population.create([smallStudent()], { device: 'cuda' }))).toMatch(
      /^cuda_unavailable: device 'cuda' was asked for/,
    );
  });
});
