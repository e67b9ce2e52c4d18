import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  adam,
  Dataset,
  dense,
  fineTune,
  Network,
  Population,
  restoreCheckpoint,
  type StudentOptions,
  saveCheckpoint,
  sgd,
  spectral,
  sum,
  train,
} from '../../src/index.js';
import { orthonormalTeacher, populationLoss } from '../../src/theory.js';
import { failureOf, rejectionOf } from '../failure.js';

const activation = 'scaledErf';
const teacher = orthonormalTeacher({ neurons: 4, inputs: 5 });
const loss = populationLoss({ activation, teacher });
const layers = {
  dense: [dense(3, { activation }), dense(1)],
  spectral: [spectral(3, { activation }), spectral(1)],
  'spectral with a frozen sum': [spectral(3, { activation, trainable: ['eigenvectors'] }), sum()],
};
const options = {
  layers: layers.dense,
  data: loss,
  optimizer: sgd({ learningRate: 0.05 }),
  epochs: 6,
  seed: 3,
} satisfies StudentOptions;

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'population-loss-'));
});
afterAll(() => rm(folder, { recursive: true }));

describe.each(['reference', 'cpu'] as const)('on %s', (device) => {
  it.each(Object.entries(layers))(
    'gradient descent of %s follows the gradient of the loss',
    async (_, given) => {
      const population = Population.create([{ ...options, layers: given }], { device, dtype: 'float64' });
      const student = population.at(0);
      const expected = student.network();
      let before = 0;
      for (let step = 0; step < options.epochs; ++step) {
        const { value, gradient } = loss.valueAndGradient(expected);
        before = value;
        for (const [p, slope] of gradient.entries())
          expected.parameters[p] = (expected.parameters[p] as number) - 0.05 * slope;
      }
      await population.run(options.epochs);
      expect(student.progress()).toMatchObject({ step: 6, epoch: 6 });
      // Both compute in float64, in another order of sums: six steps of numbers of order 1.
      expect(Math.abs(student.progress().batchLoss - before)).toBeLessThan(1e-14);
      for (const [p, value] of student.network().parameters.entries())
        expect(Math.abs(value - (expected.parameters[p] as number))).toBeLessThan(1e-14);
      population.dispose();
    },
  );

  it('reports the loss, its gradient and those without some units', async () => {
    const population = Population.create([{ ...options, layers: layers.spectral }], {
      device,
      dtype: 'float64',
    });
    const student = population.at(0);
    const network = student.network();
    const { data } = student.options;
    expect((await student.evaluate(data)).loss).toBeCloseTo(loss.value(network), 14);
    const { gradients, dataLoss } = student.gradient(data);
    expect(dataLoss).toBeCloseTo(loss.value(network), 14);
    const flat = [...gradients.values()].flatMap((values) => [...values]);
    for (const [p, slope] of loss.gradient(network).entries()) expect(flat[p]).toBeCloseTo(slope, 14);
    const losses = await student.pruningLosses(0, Uint32Array.of(2, 0, 1), data);
    const plain = { weights: network.effectiveWeights(0), outgoing: network.effectiveWeights(1) };
    const kept = [[], [1], [1, 0], [1, 0, 2]];
    for (const [count, units] of kept.entries()) {
      const outgoing = plain.outgoing.map((a, i) => (units.includes(i) ? a : 0));
      expect(losses[count]).toBeCloseTo(loss.value({ ...plain, outgoing }), 13);
    }
    // samples are samples: the mean of squares of a finite set
    const inputs = Float64Array.from({ length: 50 }, (_, i) => Math.sin(i * i));
    const samples = Dataset.create({ inputs, inputCount: 5, targets: new Float64Array(10) });
    const outputs = Float64Array.from(await student.predict(samples));
    const mean = outputs.reduce((total, y) => total + y * y, 0) / 10;
    expect((await student.evaluate(samples)).loss).toBeCloseTo(mean, 14);
    population.dispose();
  });

  it('continues from a checkpoint bit for bit, and refuses one of another teacher', async () => {
    const path = join(folder, `${device}.safetensors`);
    const adamStudent = { ...options, optimizer: adam({ learningRate: 0.01 }) };
    const [whole, half, other, data] = [
      loss,
      loss,
      populationLoss({ activation, teacher: { ...teacher, outgoing: [1, 1, 1, 2] } }),
      loss.data,
    ].map((given) =>
      Population.create(
        [{ ...adamStudent, data: given, ...(given instanceof Dataset && { batchSize: 4, shuffle: false }) }],
        {
          device,
          dtype: 'float64',
        },
      ),
    ) as [Population, Population, Population, Population];
    await whole.run(6);
    await half.run(2);
    await saveCheckpoint(half, path);
    const again = Population.create([adamStudent], { device, dtype: 'float64' });
    await restoreCheckpoint(again, path);
    await again.run(6);
    expect(again.at(0).state()).toEqual(whole.at(0).state());
    for (const [population, field] of [
      [other, 'data'],
      [data, 'loss'],
    ] as const)
      expect(await rejectionOf(restoreCheckpoint(population, path))).toMatch(
        new RegExp(`^data_mismatch: .* was written by another population: students\\[0\\]\\.${field}`),
      );
  });
});

it('training ends at a copy-average point, whose loss is that of the formula', async () => {
  const population = Population.create(
    [0, 1].map((seed) => ({
      ...options,
      optimizer: sgd({ learningRate: 0.02, momentum: 0.9 }),
      epochs: 20_000,
      seed,
    })),
    { device: 'cpu', dtype: 'float64' },
  );
  let last: readonly number[] = [];
  for await (const report of train(population, { every: 10_000 })) last = report.trainLoss;
  for (const reached of last) expect(Math.abs(reached - 0.0232216806)).toBeLessThan(1e-9);
  for (const { execution } of population.students())
    expect(execution).toEqual({ kernels: 'general', reason: 'its loss is a population loss' });
  population.dispose();
});

it('fine-tunes a network, in float32 too', async () => {
  const network = Network.create({ inputs: 5, layers: layers.spectral }, { seed: 4 });
  const tuned = await fineTune(network, {
    data: loss,
    optimizer: adam({ learningRate: 0.01 }),
    epochs: 200,
    seed: 0,
  });
  expect(loss.value(tuned)).toBeLessThan(loss.value(network) / 2);
});

describe('refuses', () => {
  const create = (changes: Partial<StudentOptions>) => () => Population.create([{ ...options, ...changes }]);
  it.each([
    [
      { batchSize: 4 },
      'invalid_argument: expected none with a population loss, which is a mean over all inputs for batchSize of student 0, received 4',
    ],
    [
      { loss: 'mse' as const },
      'invalid_argument: expected none with a population loss, which is a mean over all inputs for loss of student 0, received "mse"',
    ],
    [
      { layers: [dense(3, { activation: 'tanh' }), dense(1)] },
      'invalid_network: student 0: expected a network of 5 inputs, one hidden layer with activation scaledErf and one linear output, ' +
        'dense or spectral, without biases, for a population loss, received activation tanh',
    ],
  ])('%j', (changes, message) => {
    expect(failureOf(create(changes))).toBe(message);
  });

  it('data without a batch size', () => {
    expect(failureOf(create({ data: loss.data }))).toBe(
      'invalid_argument: expected a positive integer for batchSize of student 0, received undefined',
    );
  });

  it('a product of the Hessian that would be that of the teacher as samples', async () => {
    const student = Population.create([options], { device: 'reference', dtype: 'float64' }).at(0);
    const direction = new Float64Array(student.network().parameters.length);
    expect(await rejectionOf(student.hessianProduct(student.options.data, direction))).toMatch(
      /^invalid_argument: expected samples for data of hessianProduct\(\), received .*Of the population loss itself use/,
    );
  });
});
