import { describe, expect, it } from 'vitest';
import { Dataset } from '../../src/network/dataset.js';
import { dense, spectral } from '../../src/network/layers.js';
import { Network } from '../../src/network/network.js';
import { adam, constant, cosine, type Schedule, sgd, stepDecay } from '../../src/population/optimizers.js';
import { alternating, type Phase } from '../../src/population/phases.js';
import { Population } from '../../src/population/population.js';
import type { StudentOptions } from '../../src/population/student-options.js';
import { scattered, smallData, smallLayers, smallStudent } from '../network/small-students.js';

describe.each(['cpu', 'reference'] as const)('a population on %s', (device) => {
  it('names its device and engine', () => {
    const population = Population.create([smallStudent()], { device, dtype: 'float64' });
    expect([population.device, population.dtype, population.size]).toEqual([device, 'float64', 1]);
    expect(population.engine).toMatch(device === 'cpu' ? /^cpu-/ : /^reference$/);
    expect(population.bytes).toBeGreaterThanOrEqual(88 * 8 * 3); // parameters and two moments
    population.dispose();
    expect(population.bytes).toBe(0);
  });

  it('starts its students as Network.create starts networks', () => {
    const population = Population.create([smallStudent(), smallStudent({ seed: 6, trial: 3 })], { device });
    const network = Network.create({ inputs: 3, layers: smallLayers() }, { seed: 6, trial: 3 });
    expect(population.at(1).network().parameters).toEqual(network.parameters);
    expect(population.at(0).network().parameters).not.toEqual(network.parameters);
  });

  it('reduces the loss by training', async () => {
    const data = smallData();
    const optimizer = adam({ learningRate: 0.03 });
    const population = Population.create([smallStudent({ data, optimizer })], { device });
    const [before] = await population.evaluate(data);
    await population.run(200);
    const [after] = await population.evaluate(data);
    expect(after?.loss).toBeLessThan(0.5 * (before?.loss ?? 0));
    expect(population.progress()[0]).toMatchObject({ step: 800, epoch: 200 });
  });

  it.each(['float32', 'float64'] as const)('trains a student as if it were alone, in %s', async (dtype) => {
    const students = [5, 6, 7, 8, 9].map((seed) => smallStudent({ seed, batchSize: seed }));
    const together = Population.create(students, { device, dtype, threads: 3 });
    await together.run([3, 1, 4, 1, 5]);
    for (const [i, epochs] of [3, 1, 4, 1, 5].entries()) {
      const alone = Population.create([students[i] as StudentOptions], { device, dtype, threads: 1 });
      await alone.run(epochs);
      expect(together.at(i).state()).toEqual(alone.at(0).state());
    }
  });

  it('gives the same bits in several runs as in one', async () => {
    const [once, pieces] = [
      Population.create([smallStudent()], { device }),
      Population.create([smallStudent()], { device }),
    ];
    await once.run(5);
    for (const epoch of [1, 2, 2, 5]) await pieces.run(epoch);
    expect(pieces.at(0).state()).toEqual(once.at(0).state());
    expect(pieces.progress()[0]?.batchLoss).toBe(once.progress()[0]?.batchLoss);
  });

  it('continues bit for bit from a state, from any step of an epoch and of a phase', async () => {
    const options = smallStudent({ phases: alternating(3), epochs: 100 });
    const whole = Population.create([options], { device });
    const copy = Population.create([options], { device });
    await whole.run(5); // 20 steps: in the second phase's third step
    copy.at(0).restore(whole.at(0).state());
    expect(copy.progress()[0]).toMatchObject({ step: 20, epoch: 5 });
    await Promise.all([whole.run(11), copy.run(11)]);
    expect(copy.at(0).state()).toEqual(whole.at(0).state());
    // 44 steps: 7 times 3 and 2 in the first phase, 7 times 3 in the second
    const counts = new Map(
      [...whole.at(0).network().tensors().keys()].map((name, i) => [
        name,
        whole.at(0).state().updateCount[i],
      ]),
    );
    expect(Object.fromEntries(counts)).toEqual({
      'layers.0.eigenvectors': 21,
      'layers.0.eigenvaluesIn': 23,
      'layers.0.eigenvaluesOut': 23,
      'layers.0.bias': 44,
      'layers.1.weights': 44,
      'layers.1.bias': 44,
      'layers.2.weights': 44,
    });
  });

  it.each<[string, Phase[], number[][]]>([
    [
      'none',
      [],
      [
        [0, 1, 2, 3],
        [0, 1, 2, 3],
      ],
    ],
    [
      'in steps',
      alternating(1),
      [
        [1, 2, 3],
        [0, 3],
      ],
    ],
    [
      'in epochs',
      [
        { train: ['eigenvectors'], epochs: 1 },
        { train: ['weights'], epochs: 1 },
      ],
      [[0], [3]],
    ],
    ['that rest everything', [{ train: [], steps: 1 }], [[], []]],
  ])('obeys phases: %s', async (_, phases, expected) => {
    const layers = [
      spectral(4, { activation: 'tanh', trainable: ['eigenvectors', 'eigenvaluesIn', 'eigenvaluesOut'] }),
      dense(2),
    ];
    const population = Population.create([smallStudent({ layers, phases, batchSize: 13 })], { device });
    const moved: number[][] = [];
    for (const epoch of [1, 2]) {
      const before = [...population.at(0).network().tensors().values()];
      await population.run(epoch);
      const after = [...population.at(0).network().tensors().values()];
      moved.push(
        before.flatMap((tensor, i) => (tensor.every((value, j) => value === after[i]?.[j]) ? [] : [i])),
      );
    }
    expect(moved).toEqual(expected);
  });

  it.each<[string, Schedule, (epoch: number) => number]>([
    ['constant with warmup', constant(0.1, { warmup: 3 }), (epoch) => 0.1 * Math.min(1, (epoch + 1) / 3)],
    ['stepDecay', stepDecay(0.2, { every: 2, factor: 0.5 }), (epoch) => 0.2 * 0.5 ** Math.floor(epoch / 2)],
    [
      'cosine',
      cosine(0.2, { total: 4, minimum: 0.01 }),
      (epoch) => 0.01 + (0.19 * (1 + Math.cos((Math.PI * Math.min(epoch, 4)) / 4))) / 2,
    ],
  ])('obeys the schedule %s', async (_, learningRate, expected) => {
    const data = Dataset.create({ inputs: Float64Array.of(1), inputCount: 1, targets: Float64Array.of(3) });
    const layers = [dense(1, { initialize: { weights: 1 } })];
    const student = { layers, data, optimizer: sgd({ learningRate }), batchSize: 1, epochs: 6, seed: 0 };
    const population = Population.create([student], { device, dtype: 'float64' });
    for (let epoch = 0; epoch < 6; ++epoch) {
      const before = population.at(0).network().parameters[0] as number;
      await population.run(epoch + 1);
      const after = population.at(0).network().parameters[0] as number;
      expect((before - after) / (2 * (before - 3)), `epoch ${epoch}`).toBeCloseTo(expected(epoch), 12);
    }
  });

  it('stops training a student that diverges, while the others go on', async () => {
    const calm = smallStudent({ seed: 1 });
    const wild = smallStudent({
      seed: 2,
      trial: 7,
      optimizer: sgd({ learningRate: 1e20 }),
      layers: [dense(4), dense(2)],
    });
    const population = Population.create([calm, wild], { device });
    await population.run(6);
    const [, diverged] = population.progress();
    expect(diverged?.divergence).toMatchObject({ layer: expect.any(Number), learningRate: 1e20 });
    expect(diverged?.step).toBe(diverged?.divergence?.step);
    const alone = Population.create([calm], { device });
    await alone.run(6);
    expect(population.at(0).state()).toEqual(alone.at(0).state());
    const resting = population.at(1).state();
    await population.run(7);
    expect(population.at(1).state()).toEqual(resting);
  });

  it('can be stopped, keeping whole steps, and goes on', async () => {
    const endless = smallStudent({
      layers: [spectral(300, { activation: 'tanh' }), dense(2)],
      data: smallData(500),
      batchSize: 50,
    });
    const population = Population.create([endless], { device });
    const pending = population.run(1_000_000);
    setTimeout(() => {
      population.stop();
      population.stop();
    }, 30);
    await pending;
    const { step, epoch } = population.progress()[0] as { step: number; epoch: number };
    expect(epoch).toBe(Math.floor(step / 10));
    const fresh = Population.create([endless], { device });
    await Promise.all([population.run(epoch + 2), fresh.run(epoch + 2)]);
    expect(population.at(0).state()).toEqual(fresh.at(0).state());
  }, 60_000);

  it('evaluates each on its own, or not at all', async () => {
    const [a, b] = [smallData(13, 0), smallData(5, 1)];
    const population = Population.create([smallStudent(), smallStudent({ seed: 9 })], { device });
    const [onA, onB] = await Promise.all([
      population.at(0).network().evaluate(a, { device }),
      population.at(1).network().evaluate(b, { device }),
    ]);
    expect(await population.evaluate([a, b])).toEqual([onA, onB]);
    expect(await population.evaluate([null, b])).toEqual([{ loss: NaN, accuracy: NaN }, onB]);
    expect(await population.at(1).evaluate(b)).toEqual(onB);
    expect(
      await population.evaluateSets([
        [a, b],
        [null, a],
      ]),
    ).toEqual([
      [onA, onB],
      [{ loss: NaN, accuracy: NaN }, await population.at(1).evaluate(a)],
    ]);
    const both = await population.evaluate(b);
    expect(both[1]).toEqual(onB);
    expect(both[0]?.loss).not.toBe(onA.loss);
  });

  it('trains on classes', async () => {
    const inputs = scattered(60);
    const classes = Array.from({ length: 30 }, (_, i) => ((inputs[2 * i] as number) > 0 ? 1 : 0));
    const data = Dataset.create({ inputs, inputCount: 2, classes });
    const options = {
      layers: [dense(2)],
      data,
      optimizer: adam({ learningRate: 0.1 }),
      batchSize: 10,
      epochs: 100,
      seed: 0,
    };
    const population = Population.create([options], { device });
    expect(population.at(0).spec.loss).toBe('crossEntropy');
    await population.run(100);
    expect((await population.at(0).evaluate(data)).accuracy).toBeGreaterThan(0.95);
  });
});
