import { mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { StudentTrial } from '../../src/experiments/teacher-student/protocol/trial.js';
import { continueTrial, saveProgress } from '../../src/experiments/teacher-student/record/progress.js';
import { SharedData } from '../../src/experiments/teacher-student/run/shared-data.js';
import { studentOptions } from '../../src/experiments/teacher-student/run/student.js';
import { readSafetensors, writeSafetensors } from '../../src/files/safetensors.js';
import * as arithmetic from '../../src/native/arithmetic.js';
import { Population } from '../../src/population/population.js';
import * as versions from '../../src/runs/versions.js';
import { restoreCheckpoint } from '../../src/training/checkpoint.js';
import { rejectionOf } from '../failure.js';
import { smallProtocol } from '../sweep/small-protocol.js';
import { expand } from '../sweep/student-trials.js';

const [first, second] = expand(smallProtocol()) as [StudentTrial, StudentTrial, ...StudentTrial[]];
const progress = {
  lossHistory: {
    epoch: Float64Array.of(2, 4),
    trainLoss: Float64Array.of(0.3, Number.NaN),
    validationLoss: Float64Array.of(1 / 3, 0.1),
    effectiveSize: Float64Array.of(4, 3),
  },
  initialTestLoss: 7.1,
  seconds: 0.25,
};
let directory: string;
let path: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'eigenstudent-trial-checkpoint-'));
  path = join(directory, 'trials', first.key, 'checkpoint.safetensors');
});
afterEach(async () => {
  vi.restoreAllMocks();
  await rm(directory, { recursive: true, force: true });
});

async function population(trials: StudentTrial[], options: object = { device: 'cpu' }): Promise<Population> {
  const data = new SharedData();
  const students = [];
  for (const { protocol } of trials) students.push(studentOptions(protocol, await data.of(protocol)));
  return Population.create(students, options);
}

/** The first trial, kept after a few epochs among others. */
async function keep() {
  const students = await population([second, first]);
  await students.run([1, 4]);
  await saveProgress(directory, first.key, students, 1, progress);
  return students.at(1).state();
}

describe('a trial', () => {
  it('continues from its checkpoint, among any neighbours', async () => {
    const state = await keep();
    const students = await population([first, second]);
    expect(await continueTrial(directory, first.key, students, 0)).toEqual(progress);
    expect(students.at(0).state()).toEqual(state);
    expect(await continueTrial(directory, second.key, students, 1)).toBeUndefined();
    expect(students.at(1).state()).toEqual((await population([second])).at(0).state());
  });

  it('has a checkpoint that restoreCheckpoint reads', async () => {
    const state = await keep();
    const alone = await population([first]);
    await restoreCheckpoint(alone, path);
    expect(alone.at(0).state()).toEqual(state);
  });
});

describe('a checkpoint is refused, and the student is unchanged,', () => {
  async function refusal(students: Population): Promise<string> {
    const before = students.at(0).state();
    const message = await rejectionOf(continueTrial(directory, first.key, students, 0));
    expect(students.at(0).state()).toEqual(before);
    return message;
  }

  it('when it is that of another engine', async () => {
    await keep();
    expect(await refusal(await population([first], { device: 'reference' }))).toMatch(
      /^data_mismatch: .* was written by another population: engine is "cpu-\w+" in the file and "reference" here/,
    );
  });

  it('when it is that of another dtype', async () => {
    await keep();
    expect(await refusal(await population([first], { device: 'cpu', dtype: 'float64' }))).toMatch(
      /^data_mismatch: .*: dtype is "float32" in the file and "float64" here/,
    );
  });

  it('when it is that of another version', async () => {
    await keep();
    vi.spyOn(versions, 'versions').mockReturnValue({ eigenstudent: '99.0.0', node: '20.0.0' });
    expect(await refusal(await population([first]))).toMatch(
      /^data_mismatch: .*checkpoint\.safetensors was written by version \d+\.\d+\.\d+, this is 99\.0\.0$/,
    );
  });

  it('when it is that of another arithmetic', async () => {
    await keep();
    vi.spyOn(arithmetic, 'arithmeticRevision').mockReturnValue(99);
    expect(await refusal(await population([first]))).toMatch(
      /^data_mismatch: .*checkpoint\.safetensors was written by another population: arithmetic is \d+ in the file and 99 here/,
    );
  });

  it('when it is that of another trial', async () => {
    await keep();
    const students = await population([second]);
    await students.run(3);
    await saveProgress(directory, second.key, students, 0, progress);
    await writeFile(path, await readFile(path.replace(first.key, second.key)));
    expect(await refusal(await population([first]))).toBe(
      `file_corrupt: ${path}: expected key ${first.key}, received ${second.key}`,
    );
  });

  it('when any bit is flipped or it is truncated', async () => {
    await keep();
    const bytes = await readFile(path);
    const students = await population([first]);
    // from the length of the header to the last number
    for (let place = 0; place < bytes.length; place += Math.ceil(bytes.length / 200)) {
      const flipped = Buffer.from(bytes);
      flipped[place] = (flipped[place] as number) ^ (1 << (place % 7));
      await writeFile(path, flipped);
      expect(await refusal(students)).toMatch(/^(file_corrupt|data_mismatch): .*checkpoint\.safetensors/);
    }
    await writeFile(path, bytes);
    await truncate(path, bytes.length - 3);
    expect(await refusal(students)).toMatch(/^file_corrupt: .*checkpoint\.safetensors is not a readable/);
    await truncate(path, 0);
    expect(await refusal(students)).toMatch(
      /^file_corrupt: .* is not a readable safetensors file: it is empty$/,
    );
  });

  it('when a number was changed by a program that writes safetensors', async () => {
    await keep();
    const { tensors, metadata } = await readSafetensors(path);
    (tensors.get('lossHistory.trainLoss')?.data as Float64Array)[0] = 0.25;
    await writeSafetensors(path, tensors, metadata);
    expect(await refusal(await population([first]))).toMatch(
      /^file_corrupt: .* has changed since it was written: it expects SHA-256 [0-9a-f]{64}, received [0-9a-f]{64}$/,
    );
  });
});
