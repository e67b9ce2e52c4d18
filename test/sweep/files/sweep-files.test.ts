import { cp, mkdtemp, readFile, rename, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect, it } from 'vitest';
import { readArrays } from '../../../src/experiments/teacher-student/record/arrays.js';
import { Network } from '../../../src/network/network.js';
import type { FileData } from '../../../src/protocol/files/file-data.js';
import { loadFiles } from '../../../src/protocol/files/load.js';
import { isFinished } from '../../../src/runs/record.js';
import { estimateSweep, type FinishedRecord, readRecords, sweep } from '../../../src/sweep.js';
import { fileOf, idxBytes } from '../../data/files.js';
import { rejectionOf } from '../../failure.js';
import { readProtocol } from '../student-trials.js';
import { fileProtocol, smallImages } from './file-protocol.js';

const newFolder = () => mkdtemp(join(tmpdir(), 'eigenstudent-files-'));
const finished = async (directory: string) =>
  (await readRecords(directory)).filter(isFinished) as FinishedRecord[];

it('images and labels: students learn classes, and records have their accuracy', async () => {
  const directory = await newFolder();
  const idx = await smallImages();
  const protocol = fileProtocol(
    { idx, validation: 0.1, test: 20 },
    { epochs: 60, student: { width: [12, 16], secondWidth: 8 } }, // wide enough that no student starts with dead nodes alone
  );
  const { summary, trained } = await sweep(protocol, { directory });
  expect(trained).toBe(8);
  const records = await finished(directory);
  for (const record of records) {
    expect(record.scalars.teacherSize).toBe(0);
    expect(record.scalars.testAccuracy).toBeGreaterThan(0.9);
    expect(record.scalars.labelVariance).toBeCloseTo(Math.log(3), 1); // entropy of three classes
    const { network } = await readArrays(directory, record);
    expect(network.spec.loss).toBe('crossEntropy');
    expect(network.spec.layers.map(({ width }) => width)).toEqual([record.scalars.width, 8, 3]);
  }
  expect(summary.groups.map(({ testAccuracy }) => testAccuracy?.mean)).toEqual([
    ...summary.groups.map(() => expect.closeTo(1, 0)),
  ]);
  const kept = await readProtocol(directory);
  expect(kept.data).toMatchObject({ found: { samples: 90, inputs: 4, classes: 3 } });
  expect((await sweep(protocol, { directory })).reused).toBe(8);
});

it('the key of a trial depends on the contents of its files, wherever they are', async () => {
  const idx = await smallImages();
  const directory = await newFolder();
  await sweep(fileProtocol({ idx }), { directory });
  const moved = { images: `${idx.images}.moved`, labels: idx.labels };
  await rename(idx.images, moved.images);
  expect((await sweep(fileProtocol({ idx: moved }), { directory })).reused).toBe(8);

  const changed = await readFile(moved.labels);
  changed[8] = 1 + (changed[8] as number) === 3 ? 0 : 1 + (changed[8] as number);
  await writeFile(moved.labels, changed);
  const other = fileProtocol({ idx: moved });
  expect(await rejectionOf(sweep(other, { directory }))).toMatch(
    /^run_directory_conflict: .* already holds another protocol:[\s\S]*data\.files/,
  );
});

it('a file that changes between two calls of a sweep is reported', async () => {
  const idx = await smallImages();
  const directory = await newFolder();
  const protocol = fileProtocol({ idx });
  const controller = new AbortController();
  const onProgress = () => controller.abort(); // at the start, before any trial
  const options = { directory, signal: controller.signal, onProgress };
  expect(await rejectionOf(sweep(protocol, options))).toMatch(/^interrupted: /);
  await writeFile(idx.labels, idxBytes([90], new Uint8Array(90).fill(1)));
  expect(await rejectionOf(sweep((await readProtocol(directory)) as never, { directory }))).toMatch(
    /^invalid_data: expected .*labels to be as it was when its sweep began, with SHA-256 \w{64}, received \w{64}\. Put the old/,
  );
});

it('a separate test set, targets from a table, and every normalisation are supported', async () => {
  const row = (i: number) => [i % 7, (i * i) % 11, (i % 7) - 2 * ((i * i) % 11)].join(',');
  const lines = (from: number, to: number) =>
    ['a,b,y', ...Array.from({ length: to - from }, (_, i) => row(from + i)), ''].join('\n');
  const file = await fileOf('train.csv', lines(0, 60));
  const testFile = await fileOf('test.csv', lines(60, 80));
  const directory = await newFolder();
  const data = { csv: { file, testFile, targets: ['y'] }, normalize: ['standard', 'unit', 'none'] };
  const protocol = fileProtocol(data, { student: { width: 4, secondWidth: 3 }, trials: 1 });
  await sweep(protocol, { directory });
  const records = await finished(directory);
  expect(records).toHaveLength(6);
  for (const record of records) {
    expect(record.scalars.testAccuracy).toBeUndefined();
    expect((await readArrays(directory, record)).network.spec).toMatchObject({ inputs: 2, loss: 'mse' });
  }
  expect(new Set(records.map(({ scalars }) => scalars.labelVariance)).size).toBe(1);
});

it('images are normalised by channel; columns of a table are refused before anything is trained', async () => {
  const directory = await newFolder();
  const normalize = 'standardPerChannel';
  const students = { student: { width: 5, secondWidth: 3 }, trials: 1 };
  await sweep(fileProtocol({ idx: await smallImages(), normalize }, students), { directory });
  for (const record of await finished(directory)) expect(Number.isFinite(record.scalars.testLoss)).toBe(true);
  const file = await fileOf('table.csv', 'a,b,y\n1,2,3\n4,5,6\n7,8,9\n1,2,3\n');
  const table = fileProtocol({ csv: { file, targets: ['y'] }, normalize: ['none', normalize] }, students);
  expect(await rejectionOf(sweep(table, { directory: await newFolder() }))).toMatch(
    /^invalid_data: expected images for normalisation 'standardPerChannel', received samples of 2 features\./,
  );
});

it('a network in a file labels the samples of files and random ones', async () => {
  const idx = await smallImages();
  const trainedOn = await newFolder();
  await sweep(fileProtocol({ idx }, { trials: 1, student: { width: 5, secondWidth: 3 } }), {
    directory: trainedOn,
  });
  const [best] = await finished(trainedOn);
  const path = join(await newFolder(), 'teacher.safetensors');
  const { network } = await readArrays(trainedOn, best as FinishedRecord);
  await network.save(path);
  const teacher = { kind: 'file', path };
  for (const data of [{ idx }, { train: 40, validation: 16, test: 24 }]) {
    const directory = await newFolder();
    await sweep(fileProtocol(data, { teacher }), { directory });
    const records = await finished(directory);
    expect(records).toHaveLength(8);
    for (const record of records) {
      expect([record.scalars.teacherSize, record.scalars.testAccuracy]).toEqual([5, undefined]);
      const student = (await readArrays(directory, record)).network;
      expect([student.spec.inputs, student.spec.loss]).toEqual([4, 'mse']);
      expect(student.spec.layers.at(-1)?.width).toBe(3);
    }
  }
  const wide = join(await newFolder(), 'wide.safetensors');
  const layers = [...network.spec.layers];
  await Network.create({ inputs: 9, layers }, { seed: 1 }).save(wide);
  const wrong = fileProtocol({ idx }, { teacher: { kind: 'file', path: wide } });
  expect(await rejectionOf(sweep(wrong, { directory: await newFolder() }))).toMatch(
    /^invalid_data: expected 9 inputs per sample, as the teacher .*wide\.safetensors takes, received 4$/,
  );
});

it('the test file of a table has the classes of the training file, in their order', async () => {
  const lines = (labels: readonly string[]) =>
    ['a,y', ...Array.from({ length: 40 }, (_, i) => `${i % 7},${labels[i % labels.length]}`), ''].join('\n');
  const file = await fileOf('train.csv', lines(['10', '9', '1']));
  const loaded = async (labels: readonly string[], changes: object = {}) => {
    const csv = { file, testFile: await fileOf('test.csv', lines(labels)), label: 'y', ...changes };
    return { csv, data: loadFiles(fileProtocol({ csv }).data as FileData) };
  };
  const { data, test, classes } = await (await loaded(['10', '1'])).data;
  expect([classes, [...(data.classes ?? [])].slice(0, 3), [...(test?.classes ?? [])].slice(0, 2)]).toEqual([
    ...[3, [2, 1, 0], [2, 0]],
  ]);
  const other = await loaded(['10', '7']);
  expect(await rejectionOf(other.data)).toBe(
    `invalid_data: line 3 of ${other.csv.testFile}: expected one of the classes 1, 9, 10 in column "y", received "7". If it is ` +
      'a class, list it in classNames',
  );
  const listed = await (await loaded(['10', '7'], { classNames: ['1', '7', '9', '10'] })).data;
  expect([...(listed.test?.classes ?? [])].slice(0, 2)).toEqual([3, 1]);
});

it('an estimate inspects the files, and writes nothing', async () => {
  const idx = await smallImages();
  const estimate = await estimateSweep(fileProtocol({ idx }), { secondsPerShape: 0.01 });
  expect(estimate.trials.total).toBe(8);
  expect(estimate.operations).toBeGreaterThan(0);
});

it('paths in a run directory do not depend on the working directory', async () => {
  const idx = await smallImages();
  const directory = await newFolder();
  const back = process.cwd();
  try {
    process.chdir(dirname(idx.images));
    await cp(idx.labels, 'labels');
    await sweep(fileProtocol({ idx: { images: 'images.gz', labels: 'labels' } }), { directory });
  } finally {
    process.chdir(back);
  }
  const { data } = await readProtocol(directory);
  expect(data).toMatchObject({ idx: { images: idx.images } });
});
