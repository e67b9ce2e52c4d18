/** `augment` and `slope` of teacher-student protocols: what they change, by which seeds, and where they are refused. */
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { studentLayers } from '../../../src/experiments/teacher-student/run/student.js';
import { readRecords, sweep } from '../../../src/sweep.js';
import { Teacher } from '../../../src/teacher/teacher.js';
import { fileOf, idxBytes } from '../../data/files.js';
import { failureOf, rejectionOf } from '../../failure.js';
import { smallProtocol } from '../small-protocol.js';
import { checkProtocol, expand } from '../student-trials.js';
import { fileProtocol, smallImages } from './file-protocol.js';

const newFolder = () => mkdtemp(join(tmpdir(), 'eigenstudent-augment-'));
const moved = { shift: 1, flip: true };

/** Scalars of all trials, by arm, width and index. */
async function found(directory: string): Promise<Record<string, unknown>> {
  const records = await readRecords(directory);
  return Object.fromEntries(
    records.map(({ protocol, scalars }) => {
      const { parametrization, student, trial } = protocol as unknown as Record<string, { width: number }>;
      return [`${parametrization} ${student?.width} ${trial}`, scalars];
    }),
  );
}

async function run(data: object, changes: object): Promise<Record<string, unknown>> {
  const directory = await newFolder();
  await sweep(fileProtocol(data, changes), { directory });
  return found(directory);
}

describe('augment of a protocol', () => {
  it('changes what students learn, by the seed: the same one gives the same records, another one others', async () => {
    const data = { idx: await smallImages() };
    const plain = await run(data, {});
    const once = await run(data, { augment: moved });
    expect(Object.keys(once).sort()).toEqual(Object.keys(plain).sort());
    for (const name of Object.keys(plain)) expect(once[name]).not.toEqual(plain[name]);
    expect(await run(data, { augment: moved })).toEqual(once);
    expect(await run(data, { augment: moved, seed: 6 })).not.toEqual(once);
  });

  it('of no shift and no flip trains as without it, under a key of its own', async () => {
    const data = { idx: await smallImages() };
    expect(await run(data, { augment: {} })).toEqual(await run(data, {}));
  });

  it('goes on after an interruption, to the same numbers', async () => {
    const protocol = fileProtocol({ idx: await smallImages() }, { augment: moved, epochs: 40 });
    const [half, whole] = [await newFolder(), await newFolder()];
    await sweep(protocol, { directory: whole });
    const stop = new AbortController();
    const onProgress = ({ steps }: { steps: { done: number } }) => steps.done >= 100 && stop.abort();
    const options = { directory: half, checkpointEvery: 0.001, signal: stop.signal, onProgress };
    expect(await rejectionOf(sweep(protocol, options))).toContain('interrupted');
    const { continued } = await sweep(protocol, { directory: half });
    expect(continued.length).toBeGreaterThan(0);
    expect(await found(half)).toEqual(await found(whole));
  });

  it('is an axis, and absent it leaves the keys of trials as they were', async () => {
    const { idx } = { idx: { images: 'a', labels: 'b' } };
    const known = {
      files: { a: 'a'.repeat(64), b: 'b'.repeat(64) },
      found: { samples: 90, inputs: 4, classes: 3 },
    };
    const trials = (changes: object) => expand(fileProtocol({ idx, ...known }, changes));
    expect(trials({})[0]?.protocol).not.toHaveProperty('augment');
    expect(trials({ augment: { shift: [0, 1] } })).toHaveLength(2 * trials({}).length);
  });

  it.each<[what: string, data: object, changes: object, message: string]>([
    [
      'normal inputs',
      {},
      { teacher: { teacherSize: 3 } },
      'augment: expected none: standard normal inputs are no images',
    ],
    [
      'a table',
      { csv: { file: 'a.csv', label: 'y' } },
      {},
      'augment: expected none: samples of csv are no images',
    ],
    [
      'labels of a teacher',
      { idx: { images: 'a' } },
      { teacher: { inputs: 4, teacherSize: 3 } },
      'augment: expected none: the labels of a teacher are those of the images as they are, not of moved ones',
    ],
  ])('is refused for %s', (_, data, changes, message) => {
    expect(failureOf(() => fileProtocol(data, { ...changes, augment: moved }))).toContain(message);
  });

  it('is refused before training where a shift is as large as the images, and for arrays that are no images', async () => {
    const idx = await smallImages();
    const tooFar = sweep(fileProtocol({ idx }, { augment: { shift: [1, 2] } }), {
      directory: await newFolder(),
    });
    expect(await rejectionOf(tooFar)).toContain('shift of augment of the protocol');
    const images = await fileOf('rows', idxBytes([90, 4], Array(360).fill(7)));
    const flat = fileProtocol({ idx: { ...idx, images } }, { augment: moved });
    expect(await rejectionOf(sweep(flat, { directory: await newFolder() }))).toContain(
      'expected images for augment, received samples of 4 features',
    );
  });
});

describe('slope of a protocol', () => {
  const leaky = { activation: 'leakyRelu', slope: 0.3 };
  const layersOf = (student: object) => {
    const [trial] = expand(smallProtocol({ student } as never));
    return studentLayers(trial?.protocol as never).slice(0, -1);
  };

  it('reaches every hidden layer in the short form, and its own in a list', () => {
    for (const layer of layersOf({ width: 4, secondWidth: 3, ...leaky })) expect(layer).toMatchObject(leaky);
    const layers = [{ spectral: { width: 4, ...leaky } }, { dense: { width: 3, activation: 'leakyRelu' } }];
    const [first, second] = layersOf({ layers });
    expect(first).toMatchObject(leaky);
    expect(second).not.toHaveProperty('slope');
  });

  it('reaches the hidden layers of the teacher', () => {
    const [trial] = expand(smallProtocol({ teacher: { teacherSize: 3, ...leaky } } as never));
    const { kind: _, ...options } = (trial as NonNullable<typeof trial>).protocol.teacher as { kind: string };
    const teacher = Teacher.paper(options as never);
    for (const layer of teacher.network.spec.layers.slice(0, -1)) expect(layer).toMatchObject(leaky);
  });

  it.each([
    [
      { student: { width: 4, slope: 0.1 } },
      'student.slope: expected none, received 0.1: relu has no slope, only leakyRelu has one',
    ],
    [
      { student: { width: 4, activation: ['leakyRelu', 'elu'], slope: [0.1, 0.2] } },
      'student.slope: expected none, received 0.1: elu has no slope',
    ],
    [
      { teacher: { teacherSize: 3, slope: 0.1 } },
      'teacher.slope: expected none, received 0.1: relu has no slope',
    ],
    [
      { student: { layers: [{ spectral: { width: 4, activation: 'tanh', slope: 0 } }] } },
      'student.layers[0].spectral.slope: expected none, received 0: tanh has no slope',
    ],
    [
      { student: { width: 4, activation: 'leakyRelu', slope: -1 } },
      'student.slope: expected a finite number of at least 0',
    ],
  ])('is refused where there is none: %j', (changes, message) => {
    expect(failureOf(() => checkProtocol({ ...smallProtocol(), ...changes }, 'small'))).toContain(message);
  });
});
