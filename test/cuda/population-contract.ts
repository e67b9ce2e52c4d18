/** What device 'cuda' has to do, whatever carries it. The oracle is the fast CPU backend, itself held by the reference. */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { Dataset } from '../../src/network/dataset.js';
import { batchNorm } from '../../src/network/graph-layers.js';
import { dense, spectral, sum } from '../../src/network/layers.js';
import { adamW, sgd } from '../../src/population/optimizers.js';
import { alternating } from '../../src/population/phases.js';
import { Population, type PopulationOptions } from '../../src/population/population.js';
import type { StudentOptions } from '../../src/population/student-options.js';
import { pruningCurve } from '../../src/pruning/curve.js';
import { sweep } from '../../src/sweep.js';
import { train } from '../../src/training/train.js';
import { failureOf, rejectionOf } from '../failure.js';
import { scattered, smallData, smallStudent } from '../network/small-students.js';
import { smallProtocol } from '../sweep/small-protocol.js';
import { gpuCount } from './libraries.js';

/**
 * After 24 steps of Adam in float32, relative to the largest number of a tensor. Two correct backends differ in the order
 * of their sums and, on a GPU, in fused multiply-adds: 6e-8 a sum, which steps near a kink of a loss carry on. Measured on
 * the emulated device: 4e-7. A wrong term shows as 1e-2 or more.
 */
const tolerance = 2e-5;

export function populationContract(name: string): void {
  const kept: Population[] = [];
  const create = (students: readonly StudentOptions[], options: PopulationOptions = { device: 'cuda' }) => {
    const population = Population.create(students, options);
    kept.push(population);
    return population;
  };
  afterEach(() => {
    for (const population of kept.splice(0)) population.dispose();
  });

  describe(`a population on ${name}`, () => {
    it('says what carries it', () => {
      const population = create([smallStudent()]);
      expect(population.device).toBe('cuda');
      expect(population.devices).toEqual([0]);
      expect(population.engine).toMatch(/^cuda-/);
      expect(population.bytes).toBeGreaterThan(0);
    });

    it('says which students are too large to be resident, and why', async () => {
      const deep = smallStudent({ layers: [...Array(8).fill(dense(3)), dense(2)], epochs: 1 });
      const population = create([smallStudent({ epochs: 1 }), deep]);
      expect(population.at(0).execution).toEqual({ kernels: 'fused' });
      const reason = 'it has 9 layers, resident students have at most 8';
      expect(population.at(1).execution).toEqual({ kernels: 'layerwise', reason });
      for await (const { layerwise } of train(population)) {
        const message = `student 1 trains with layer-wise kernels, because it is too large for the fused ones: ${reason}`;
        expect(layerwise).toEqual([{ student: 1, reason, message }]);
      }
      expect(create([smallStudent()], { device: 'cpu' }).at(0).execution).toBeNull();
    });

    it('refuses what it does not train, and says what that is', async () => {
      const normalised = smallStudent({ layers: [spectral(5), batchNorm(), dense(2)], batchSize: 13 });
      const chains = 'the CUDA backend trains chains of dense and spectral layers with one loss, but';
      expect(failureOf(() => create([smallStudent(), normalised]))).toBe(
        `invalid_network: student 1: ${chains} layer 1 (batchNorm) is neither dense nor spectral; use device 'cpu'`,
      );
      const absolute = smallStudent({ loss: { terms: [{ loss: 'meanAbsoluteError' }] } });
      expect(failureOf(() => create([absolute]))).toBe(
        `invalid_network: student 0: ${chains} its loss is meanAbsoluteError; use device 'cpu'`,
      );
      const sloped = smallStudent({ layers: [dense(5, { activation: 'leakyRelu', slope: 0.1 }), dense(2)] });
      expect(failureOf(() => create([sloped]))).toBe(
        `invalid_network: student 0: ${chains} layer 0 (dense) has leakyRelu of slope 0.1, not 0.01; use device 'cpu'`,
      );
      expect(failureOf(() => create([smallStudent({ stream: 'a' })]))).toBe(
        "invalid_argument: student 0: the CUDA backend trains on fixed data, not on a stream; use device 'cpu'",
      );
      expect(failureOf(() => create([smallStudent()], { device: 'cuda', executor: 'general' }))).toBe(
        "invalid_argument: executor: the CUDA backend has no general executor; use device 'cpu'",
      );
      const pending = create([smallStudent()]).at(0).gradients(smallData(), { inputs: true });
      expect(await rejectionOf(pending)).toBe(
        "invalid_argument: the CUDA backend has no gradients of inputs; use device 'cpu'",
      );
      expect(create([normalised], {}).device).toBe('cpu');
    });

    it('trains students of every kind as the CPU does', async () => {
      const population = create(mixedStudents());
      const oracle = create(mixedStudents(), { device: 'cpu' });
      await Promise.all([population.run(6), oracle.run(6)]);
      for (const i of mixedStudents().keys()) expectSame(population, oracle, i);
      expect(population.progress().map(({ step }) => step)).toEqual(
        oracle.progress().map(({ step }) => step),
      );
    });

    it('repeats bit for bit, also beside others, in pieces and on another place of the population', async () => {
      const students = mixedStudents();
      const first = create(students);
      await first.run(5);
      const turned = create([...students].reverse());
      await turned.run(2);
      await turned.run(5);
      const alone = create([students[1] as StudentOptions]);
      await alone.run(5);
      expect(alone.at(0).state()).toEqual(first.at(1).state());
      for (const i of students.keys())
        expect(turned.at(students.length - 1 - i).state()).toEqual(first.at(i).state());
    });

    it('does not depend on the devices that share the work', async (context) => {
      if (gpuCount() < 2) return context.skip('this machine has one GPU only');
      const one = create(mixedStudents(), { device: 'cuda', devices: [1] });
      const two = create(mixedStudents(), { device: 'cuda', devices: [0, 1] });
      await Promise.all([one.run(4), two.run(4)]);
      for (const i of mixedStudents().keys()) expect(two.at(i).state()).toEqual(one.at(i).state());
      expect(two.devices).toEqual([0, 1]);
    });

    it('continues a state that was read and written back bit for bit', async () => {
      const whole = create(mixedStudents());
      await whole.run(4);
      const half = create(mixedStudents());
      await half.run(2);
      const rest = create(mixedStudents());
      for (const i of mixedStudents().keys()) rest.at(i).restore(half.at(i).state());
      await rest.run(4);
      for (const i of mixedStudents().keys()) expect(rest.at(i).state()).toEqual(whole.at(i).state());
    });

    it('evaluates, predicts and prunes as the CPU does', async () => {
      const student = smallStudent({ layers: paperLayers(), data: labelled(1) });
      const population = create([student, student]);
      await population.run(3);
      const data = labelled(1, 57, 3);
      const network = population.at(0).network();
      const [loss, left] = await population.evaluate([data, null]);
      expect(loss?.loss).toBeCloseTo((await network.evaluate(data, { device: 'cpu' })).loss, 5);
      expect(left?.loss).toBeNaN();
      const answers = await network.predict(data, { device: 'cuda' });
      expectClose(answers, await network.predict(data, { device: 'cpu' }));
      const curve = await pruningCurve(population.at(0), data);
      const onCpu = create([student], { device: 'cpu' });
      onCpu.at(0).restore(population.at(0).state());
      expectClose(curve.losses, (await pruningCurve(onCpu.at(0), data)).losses);
    });

    it('gives the gradient that the CPU gives', () => {
      const population = create([smallStudent()]);
      const oracle = create([smallStudent()], { device: 'cpu' });
      const [got, expected] = [population.at(0).gradient(smallData()), oracle.at(0).gradient(smallData())];
      for (const [tensor, values] of expected.gradients)
        expectClose(got.gradients.get(tensor) as Float32Array, values);
      expect(got.dataLoss).toBeCloseTo(expected.dataLoss, 5);
      expect(got.penalty).toBeCloseTo(expected.penalty, 5);
    });

    it('lets one student diverge alone', async () => {
      const wild = smallStudent({ optimizer: sgd({ learningRate: 1e30 }) });
      const population = create([smallStudent(), wild, smallStudent({ seed: 9 })]);
      await population.run(6);
      const [calm, diverged, other] = population.progress();
      expect([calm?.epoch, other?.epoch]).toEqual([6, 6]);
      expect(diverged?.divergence?.learningRate).toBe(1e30);
      expect(population.at(1).network().parameters.every(Number.isFinite)).toBe(true);
    });
  });

  describe(`a call on ${name}`, () => {
    it('is stopped within a chunk of steps, whole steps done', async () => {
      const population = create([smallStudent({ epochs: 1_000_000 })]);
      const pending = population.run(1_000_000);
      await new Promise((resolve) => setTimeout(resolve, 50));
      const start = performance.now();
      population.stop();
      await pending;
      expect(performance.now() - start).toBeLessThan(2_000); // 200 ms on a machine that does nothing else
      const { step, epoch } = population.at(0).progress();
      expect(epoch).toBeLessThan(1_000_000);
      const again = create([smallStudent()]);
      await again.run(epoch);
      await population.run(epoch + 1);
      await again.run(epoch + 1);
      expect(population.at(0).state()).toEqual(again.at(0).state());
      expect(step).toBeGreaterThan(0);
    });

    it('is refused while another is pending and after dispose(), which ends it', async () => {
      const population = create([smallStudent({ epochs: 1_000_000 })]);
      const pending = population.run(1_000_000);
      expect(failureOf(() => population.progress())).toMatch(/^population_busy: /);
      population.dispose();
      await pending;
      expect(population.bytes).toBe(0);
      expect(await rejectionOf(population.run(1))).toMatch(/^population_disposed: /);
    });

    it('refuses float64', () => {
      expect(failureOf(() => Population.create([smallStudent()], { device: 'cuda', dtype: 'float64' }))).toBe(
        "invalid_argument: expected 'float32', the only one of device 'cuda' for dtype, received \"float64\". Use device 'cpu' for float64",
      );
    });

    it.each<[unknown, string | RegExp]>([
      [[], 'expected an array of indices of GPUs, as in [0, 1] for devices, received an array of length 0'],
      [0, 'expected an array of indices of GPUs, as in [0, 1] for devices, received 0'],
      [[-1], 'expected a non-negative integer for devices[0], received -1'],
      [[0, 0], 'expected each GPU once for devices[1], received 0'],
      [
        [99],
        /^expected the index of a GPU of this machine, which has 0 \(.+\) for devices\[0\], received 99$/,
      ],
    ])('refuses devices %j', (devices, message) => {
      const failure = failureOf(() =>
        Population.create([smallStudent()], { device: 'cuda', devices: devices as number[] }),
      );
      if (typeof message === 'string') expect(failure).toBe(`invalid_argument: ${message}`);
      else expect(failure.replace(/^invalid_argument: /, '')).toMatch(message);
    });

    it('refuses devices where the work is not for a GPU', () => {
      expect(failureOf(() => Population.create([smallStudent()], { device: 'cpu', devices: [0] }))).toBe(
        'invalid_argument: expected \'cuda\', as devices are given for device, received "cpu". devices are indices of GPUs: ' +
          "add device 'cuda' (--device cuda), or leave out devices (--devices)",
      );
    });
  });

  it(`a sweep on ${name} says in its records what carried it`, async () => {
    const directory = await mkdtemp(join(tmpdir(), 'eigenstudent-cuda-'));
    try {
      const { summary } = await sweep(smallProtocol(), { directory, device: 'cuda' });
      expect(summary.trials).toMatchObject({ finished: 8, failed: 0 });
      expect(summary.engines).toEqual([expect.stringMatching(/^cuda-\S+ float32$/)]);
    } finally {
      await rm(directory, { recursive: true, force: true });
    }
  });
}

/** [samples][3] -> class or number, from a frozen network. */
function labelled(outputs: number, samples = 40, phase = 1): Dataset {
  const inputs = scattered(3 * samples, phase);
  return Dataset.create({ inputs, inputCount: 3, targets: scattered(outputs * samples, phase + 0.5) });
}

function paperLayers(width = 21) {
  const l2 = { eigenvectors: 0.01, eigenvaluesOut: 5e-4 };
  return [spectral(width, { activation: 'relu', l2 }), dense(20, { activation: 'relu' }), sum()];
}

/** Spectral and dense, wide and narrow, every optimiser, classes, phases: 4 to 14 steps per epoch. */
function mixedStudents(): StudentOptions[] {
  const classes = Array.from({ length: 40 }, (_, i) => (i * 7) % 3);
  const classified = Dataset.create({ inputs: scattered(120, 4), inputCount: 3, classes });
  return [
    smallStudent(),
    smallStudent({ layers: paperLayers(), data: labelled(1), batchSize: 9, seed: 6 }),
    smallStudent({
      layers: [dense(33, { activation: 'gelu', bias: true }), dense(3)],
      data: classified,
      loss: 'crossEntropy',
      optimizer: sgd({ learningRate: 0.05, momentum: 0.9 }),
      batchSize: 3,
    }),
    smallStudent({ optimizer: adamW({ learningRate: 0.01, weightDecay: 0.1 }), phases: alternating(3) }),
  ];
}

function expectSame(population: Population, oracle: Population, student: number): void {
  const got = population.at(student).network().tensors();
  for (const [tensor, values] of oracle.at(student).network().tensors())
    expectClose(got.get(tensor) as Float32Array, values);
}

function expectClose(got: ArrayLike<number>, expected: ArrayLike<number>): void {
  expect(got.length).toBe(expected.length);
  const largest = Math.max(...Array.from(expected, Math.abs), 1e-3);
  const apart = Math.max(...Array.from(expected, (value, i) => Math.abs(value - (got[i] as number))));
  expect(apart / largest).toBeLessThan(tolerance);
}
