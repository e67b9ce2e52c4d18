/** Students that are trained on shifted and flipped images: `augment`. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import {
  adam,
  conv2d,
  Dataset,
  dense,
  fineTune,
  flatten,
  Network,
  Population,
  type PopulationOptions,
  restoreCheckpoint,
  type StudentOptions,
  saveCheckpoint,
  spectral,
  train,
} from '../../src/index.js';
import { failureOf, rejectionOf } from '../failure.js';
import { scattered } from '../network/small-students.js';

const folder = mkdtempSync(join(tmpdir(), 'augmentation-'));
afterAll(() => rmSync(folder, { recursive: true }));

const shape = [2, 4, 5] as const;
const images = (samples = 13, phase = 0) =>
  Dataset.create({
    inputs: scattered(40 * samples, phase),
    inputShape: shape,
    classes: Array.from({ length: samples }, (_, i) => i % 3),
  });
const augment = { shift: 2, flip: true };
/** 13 samples in batches of 4: the last of an epoch's 4 batches has 1 sample. */
const student = (changes: Partial<StudentOptions> = {}): StudentOptions => ({
  layers: [conv2d(3, 2, { activation: 'relu' }), flatten(), dense(3)],
  ...{ data: images(), optimizer: adam({ learningRate: 0.01 }), batchSize: 4, epochs: 6, seed: 5, augment },
  ...changes,
});
const chain = [spectral(6, { activation: 'tanh' }), dense(3)];

async function trained(students: StudentOptions[], options: PopulationOptions = {}, epochs = 3) {
  using population = Population.create(students, options);
  await population.run(epochs);
  return population.students().map((one) => one.state());
}

describe.each(['cpu', 'reference'] as const)('on %s', (device) => {
  it('changes what is trained on, by seed, trial, shift and flip', async () => {
    const changes = [
      ...[{}, { augment: undefined }, { augment: { shift: 1, flip: true } }, { augment: { shift: 2 } }],
      ...[{ augment: { flip: true } }, { trial: 1 }, { seed: 6 }],
    ];
    const network = Network.create(
      { inputs: shape, layers: student().layers ?? [], loss: 'crossEntropy' },
      { seed: 1 },
    );
    const states = await trained(
      changes.map((change) => student({ network, shuffle: false, ...change })),
      { device },
    );
    expect(new Set(states.map(({ parameters }) => String(parameters))).size).toBe(changes.length);
  });

  it.each(['float32', 'float64'] as const)(
    'gives the same bits on 1 and 2 threads, alone and among others, in %s',
    async (dtype) => {
      const [alone] = await trained([student()], { device, dtype, threads: 1 });
      const others = [student({ trial: 3, layers: chain }), student({ augment: undefined }), student()];
      for (const threads of [1, 2])
        expect((await trained(others, { device, dtype, threads }))[2]).toEqual(alone);
    },
  );

  it('continues bit for bit from a checkpoint, in the middle of an epoch too', async () => {
    const path = join(folder, `${device}.safetensors`);
    const [whole] = await trained([student()], { device }, 6);
    using population = Population.create([student()], { device });
    await population.run(2);
    await saveCheckpoint(population, path);
    using resumed = Population.create([student()], { device });
    await restoreCheckpoint(resumed, path);
    await resumed.run(6);
    expect(resumed.at(0).state()).toEqual(whole);

    const step = await stopWithin(device, path);
    expect(step % 4).not.toBe(0);
    const epochs = Math.ceil(step / 4) + 2;
    using continued = Population.create([student()], { device });
    await restoreCheckpoint(continued, path);
    await continued.run(epochs);
    const [uninterrupted] = await trained([student()], { device }, epochs);
    expect(continued.at(0).state()).toEqual(uninterrupted);
  });

  it('leaves evaluations, predictions and gradients alone', async () => {
    using augmented = Population.create([student()], { device });
    using plain = Population.create([student({ augment: undefined })], { device });
    const data = images(9, 1);
    expect(await augmented.at(0).evaluate(data)).toEqual(await plain.at(0).evaluate(data));
    expect(await augmented.at(0).predict(data)).toEqual(await plain.at(0).predict(data));
    expect(augmented.at(0).gradient(data)).toEqual(plain.at(0).gradient(data));
  });
});

/** Writes a checkpoint of a student whose last epoch is not complete, and returns its steps. */
async function stopWithin(device: 'cpu' | 'reference', path: string): Promise<number> {
  for (;;) {
    using population = Population.create([student()], { device });
    const running = population.run(100_000);
    while ((population.stepsNow()?.[0] ?? 0) < 5) await new Promise((wait) => setTimeout(wait, 1));
    population.stop();
    await running;
    await saveCheckpoint(population, path);
    const { step } = population.at(0).state();
    if (step % 4 !== 0) return step;
  }
}

it('is the same on the CPU and the reference', async () => {
  const on = async (device: 'cpu' | 'reference') =>
    (await trained([student({ layers: chain })], { device, dtype: 'float64' }))[0]?.parameters ?? [];
  const reference = await on('reference');
  // sums of up to 40 terms in another order, through 12 steps of Adam
  for (const [i, value] of [...(await on('cpu'))].entries())
    expect(value).toBeCloseTo(reference[i] as number, 9);
});

it('sends a chain to the general executor, which says why; without effect it does not', () => {
  using population = Population.create([
    student({ layers: chain }),
    student({ layers: chain, augment: undefined }),
    student({ layers: chain, augment: { shift: 0, flip: false } }),
  ]);
  expect(population.students().map(({ execution }) => execution)).toEqual([
    { kernels: 'general', reason: 'it is trained with augment' },
    null,
    null,
  ]);
});

it('is part of what identifies a student in a checkpoint', async () => {
  const path = join(folder, 'identity.safetensors');
  using population = Population.create([student()]);
  await saveCheckpoint(population, path);
  const refusal = async (changes: Partial<StudentOptions>) => {
    using other = Population.create([student(changes)]);
    return rejectionOf(restoreCheckpoint(other, path));
  };
  expect(await refusal({ augment: { shift: 1, flip: true } })).toMatch(
    /students\[0\]\.augment\.shift is 2 in the file and 1 here/,
  );
  expect(await refusal({ augment: undefined })).toMatch(
    /students\[0\]\.augment is \{"shift":2,"flip":true,"inputShape":\[2,4,5\]\} in the file and absent here/,
  );
});

it('reaches train() and fineTune()', async () => {
  const [byRun] = await trained([student()], {}, 6);
  using population = Population.create([student()]);
  for await (const _ of train(population));
  expect(population.at(0).state()).toEqual(byRun);
  const { layers = [] } = student();
  const network = Network.create({ inputs: shape, layers, loss: 'crossEntropy' }, { seed: 2 });
  const { layers: _layers, ...options } = student();
  const tuned = await fineTune(network, options);
  const plain = await fineTune(network, { ...options, augment: undefined });
  expect(tuned.parameters).not.toEqual(plain.parameters);
});

describe('is refused', () => {
  it.each<[string, Partial<StudentOptions>, string]>([
    [
      'for data that are no images',
      { layers: chain, data: Dataset.create({ inputs: scattered(80), inputCount: 40, classes: [0, 1] }) },
      'data_mismatch: student 0: expected data with images for augment, received 40 features per sample. Give them their shape: ' +
        'withShape(data, [channels, height, width])',
    ],
    [
      'beyond the edge of the images',
      { augment: { shift: 4 } },
      'invalid_argument: expected fewer pixels than the images of 2 x 4 x 5 have rows and columns for shift of augment of student 0, ' +
        'received 4',
    ],
    [
      'with part of a pixel',
      { augment: { shift: 0.5 } },
      'invalid_argument: expected a non-negative integer for shift of augment of student 0, received 0.5',
    ],
    [
      'with a probability of flips',
      { augment: { flip: 0.5 } } as never,
      'invalid_argument: expected true or false for flip of augment of student 0, received 0.5',
    ],
    [
      'with another option',
      { augment: { shift: 1, rotate: 3 } } as never,
      'invalid_argument: unknown option "rotate" in augment of student 0; known: shift, flip',
    ],
  ])('%s', (_, changes, message) => {
    expect(failureOf(() => Population.create([student(changes)]))).toBe(message);
  });

  it('for chunks of a stream of another shape', () => {
    using population = Population.create([student({ stream: 'images', layers: chain })]);
    const other = Dataset.create({ inputs: scattered(40), inputShape: [1, 5, 8], classes: [0] });
    expect(failureOf(() => population.at(0).setData(other))).toBe(
      'data_mismatch: student 0: expected data with images of 2 x 4 x 5 for augment, received images of 1 x 5 x 8',
    );
    const plain = Dataset.create({ inputs: scattered(40), inputCount: 40, classes: [0] });
    expect(failureOf(() => population.at(0).setData(plain))).toMatch(/for augment, received no images$/);
    population.at(0).setData(images(4, 2));
  });
});
