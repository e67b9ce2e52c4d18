import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readSafetensors, type SafetensorsFile, writeSafetensors } from '../../src/files/safetensors.js';
import { arithmeticRevision } from '../../src/native/arithmetic.js';
import { dense } from '../../src/network/layers.js';
import { adam, adamW, sgd } from '../../src/population/optimizers.js';
import { alternating } from '../../src/population/phases.js';
import { Population, type PopulationOptions } from '../../src/population/population.js';
import type { StudentOptions } from '../../src/population/student-options.js';
import {
  checkpointOf,
  continueFrom,
  restoreCheckpoint,
  saveCheckpoint,
} from '../../src/training/checkpoint.js';
import { rejectionOf } from '../failure.js';
import { smallData, smallLayers, smallStudent } from '../network/small-students.js';

let folder: string;
let path: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'checkpoint-'));
  path = join(folder, 'checkpoint.safetensors');
});
afterAll(() => rm(folder, { recursive: true }));

const students = (change: Partial<StudentOptions> = {}): StudentOptions[] => [
  smallStudent({ phases: alternating(3) }),
  smallStudent({ seed: 6, optimizer: sgd({ learningRate: 0.01, momentum: 0.9 }), ...change }),
  smallStudent({ seed: 7, optimizer: adamW({ learningRate: 0.01 }), batchSize: 13 }),
];
const states = (population: Population) => population.students().map((student) => student.state());

describe('a checkpoint', () => {
  it.each<PopulationOptions>([
    { device: 'cpu', dtype: 'float32' },
    { device: 'cpu', dtype: 'float64' },
    { device: 'reference', dtype: 'float32' },
    { device: 'reference', dtype: 'float64' },
  ])('continues bit for bit: %j', async (options) => {
    const whole = Population.create(students(), options);
    await whole.run([5, 4, 3]);
    await saveCheckpoint(whole, path);
    const atSave = states(whole);
    await whole.run(12);

    const resumed = Population.create(students(), { ...options, threads: 1 });
    await restoreCheckpoint(resumed, path);
    expect(states(resumed)).toEqual(atSave);
    await resumed.run(12);
    expect(states(resumed)).toEqual(states(whole));
  });

  it('does not mind more epochs, nor other initialisers', async () => {
    const population = Population.create(students());
    await population.run(2);
    await saveCheckpoint(population, path);
    const layers = smallLayers();
    layers[2] = dense(2, { initialize: { weights: 'heNormal' } });
    const longer = Population.create(students({ epochs: 1000, layers }));
    await restoreCheckpoint(longer, path);
    expect(states(longer)).toEqual(states(population));
  });

  it('of one student continues it among others', async () => {
    const many = Population.create(students());
    await many.run([2, 3, 4]);
    const { tensors, metadata } = checkpointOf(many, [many.at(1)]);
    await writeSafetensors(path, tensors, metadata);
    const alone = Population.create(students().slice(1, 2));
    await restoreCheckpoint(alone, path);
    expect(states(alone)).toEqual([many.at(1).state()]);
    const others = Population.create([...students()].reverse().concat(students().slice(1, 2)));
    const untouched = others.at(1).state();
    continueFrom(await readSafetensors(path), path, others, [others.at(3)]);
    expect(others.at(3).state()).toEqual(many.at(1).state());
    expect(others.at(1).state()).toEqual(untouched);
  });

  it('belongs to one population and is not a network', async () => {
    const population = Population.create(students());
    await saveCheckpoint(population, path);
    const { tensors, metadata } = await readSafetensors(path);
    expect([...tensors.keys()].filter((name) => name.startsWith('students.1.')).sort()).toEqual([
      'students.1.firstMoment',
      'students.1.parameters',
      'students.1.updateCount',
    ]);
    expect(Object.keys(metadata).sort()).toEqual(['checkpoint', 'identity', 'memory', 'steps']);
  });
});

describe('a checkpoint of another population', () => {
  const advice = '. Create the population as it was, or start again without the checkpoint';

  it.each<[string, () => Population, string]>([
    [
      'engine',
      () => Population.create(students(), { device: 'reference' }),
      'engine is "cpu-ISA" in the file and "reference" here',
    ],
    [
      'dtype',
      () => Population.create(students(), { dtype: 'float64' }),
      'dtype is "float32" in the file and "float64" here',
    ],
    ['size', () => Population.create(students().slice(0, 2)), 'size is 3 in the file and 2 here'],
    [
      'optimizer',
      () => Population.create(students({ optimizer: adam({ learningRate: 0.01 }) })),
      'students[1].optimizer.momentum is 0.9 in the file and 0 here',
    ],
    [
      'learning rate',
      () => Population.create(students({ optimizer: sgd({ learningRate: 0.02, momentum: 0.9 }) })),
      'students[1].optimizer.learningRate.base is 0.01 in the file and 0.02 here',
    ],
    [
      'batch size',
      () => Population.create(students({ batchSize: 5 })),
      'students[1].batchSize is 4 in the file and 5 here',
    ],
    [
      'seed',
      () => Population.create(students({ seed: 60 })),
      'students[1].seed is 6 in the file and 60 here',
    ],
    [
      'trial',
      () => Population.create(students({ trial: 60 })),
      'students[1].trial is 0 in the file and 60 here',
    ],
    [
      'phases',
      () => Population.create(students({ phases: alternating(2) })),
      'students[1].phases[0] is absent in the file and {"mask":30,"length":2,"inEpochs":false} here',
    ],
    [
      'width',
      () => Population.create(students({ layers: [dense(4), dense(2)] })),
      'students[1].network.layers[0].kind is "spectral" in the file and "dense" here',
    ],
    [
      'penalty',
      () =>
        Population.create(
          students({ layers: [...smallLayers().slice(0, 2), dense(2, { l2: { weights: 1 } })] }),
        ),
      'students[1].network.layers[2].tensors.weights.l2 is 0 in the file and 1 here',
    ],
  ])('is refused for its %s', async (_, make, difference) => {
    const population = Population.create(students(), { device: 'cpu' });
    await saveCheckpoint(population, path);
    const other = make();
    await other.run(1);
    const before = states(other);
    const message = await rejectionOf(restoreCheckpoint(other, path));
    const expected = difference.replace('cpu-ISA', population.engine);
    expect(message).toBe(`data_mismatch: ${path} was written by another population: ${expected}${advice}`);
    expect(states(other)).toEqual(before);
  });

  it('is refused for its arithmetic, another or none', async () => {
    const population = Population.create(students());
    await saveCheckpoint(population, path);
    const { tensors, metadata } = await readSafetensors(path);
    const here = arithmeticRevision(population.engine) as number;
    for (const [there, text] of [
      [here + 1, `${here + 1}`],
      [undefined, 'absent'],
    ]) {
      const identity = JSON.stringify({ ...JSON.parse(metadata.identity as string), arithmetic: there });
      await writeSafetensors(path, tensors, { ...metadata, identity });
      expect(await rejectionOf(restoreCheckpoint(population, path))).toBe(
        `data_mismatch: ${path} was written by another population: arithmetic is ${text} in the file and ${here} here${advice}`,
      );
    }
  });

  it('is refused for its data', async () => {
    await saveCheckpoint(Population.create(students()), path);
    const other = Population.create(students({ data: smallData(13, 0.1) }));
    expect(await rejectionOf(restoreCheckpoint(other, path))).toMatch(
      /students\[1\]\.data is "[0-9a-f]{64}" in the file and "[0-9a-f]{64}" here/,
    );
  });
});

describe('a damaged checkpoint', () => {
  it.each<[string, (file: SafetensorsFile) => unknown, string]>([
    [
      'no checkpoint',
      ({ metadata }) => delete metadata.checkpoint,
      'expected a checkpoint of version 1, found no checkpoint',
    ],
    [
      'another version',
      ({ metadata }) => Object.assign(metadata, { checkpoint: '2' }),
      'expected a checkpoint of version 1, found one of another version',
    ],
    ['no identity', ({ metadata }) => delete metadata.identity, 'its "identity" is not JSON'],
    [
      'no steps',
      ({ metadata }) => Object.assign(metadata, { steps: '[3]' }),
      'the counters of student 1 are missing',
    ],
    ['broken memory', ({ metadata }) => Object.assign(metadata, { memory: '[' }), 'its "memory" is not JSON'],
    [
      'too little memory',
      ({ metadata }) => Object.assign(metadata, { memory: '[]' }),
      'its "memory" is not that of 3 students',
    ],
    [
      'no moments',
      ({ tensors }) => tensors.delete('students.2.secondMoment'),
      'tensor students.2.secondMoment is missing, or not 88 numbers in float32',
    ],
    [
      'too few parameters',
      ({ tensors }) =>
        tensors.set('students.2.parameters', { dtype: 'F32', shape: [3], data: new Float32Array(3) }),
      'tensor students.2.parameters is missing, or not 88 numbers in float32',
    ],
    [
      'no counts',
      ({ tensors }) => tensors.delete('students.2.updateCount'),
      'the counters of student 2 are missing',
    ],
  ])('is refused with %s, and nothing is changed', async (_, damage, reason) => {
    const population = Population.create(students());
    await saveCheckpoint(population, path);
    const file = await readSafetensors(path);
    damage(file);
    await writeSafetensors(path, file.tensors, file.metadata);
    await population.run(1);
    const before = states(population);
    expect(await rejectionOf(restoreCheckpoint(population, path))).toBe(
      `file_corrupt: ${path} is not a checkpoint to continue from: ${reason}`,
    );
    expect(states(population)).toEqual(before);
  });

  it('is refused when it is not a safetensors file, or does not exist', async () => {
    const population = Population.create(students());
    await writeFile(path, 'hello');
    expect(await rejectionOf(restoreCheckpoint(population, path))).toMatch(
      /^file_corrupt: .* is not a readable safetensors file: it is text that begins with "hello"$/,
    );
    expect(await rejectionOf(restoreCheckpoint(population, `${path}.none`))).toMatch(
      /^file_unreadable: cannot read .*ENOENT/,
    );
  });
});

describe('populations that cannot be saved or restored', () => {
  it('are busy or disposed', async () => {
    const population = Population.create(students());
    await saveCheckpoint(population, path);
    const pending = population.run(10_000);
    expect(await rejectionOf(saveCheckpoint(population, path))).toMatch(/^population_busy: /);
    expect(await rejectionOf(restoreCheckpoint(population, path))).toMatch(/^population_busy: /);
    population.stop();
    await pending;
    population.dispose();
    expect(await rejectionOf(saveCheckpoint(population, path))).toMatch(/^population_disposed: /);
    expect(await rejectionOf(restoreCheckpoint(population, path))).toMatch(/^population_disposed: /);
  });

  it('say where they could not be written', async () => {
    const message = await rejectionOf(saveCheckpoint(Population.create(students()), join(folder, 'no', 'x')));
    expect(message).toMatch(/^file_unwritable: cannot write .*ENOENT/);
  });
});
