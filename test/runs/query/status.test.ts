import { spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { StudentScalars } from '../../../src/experiments/teacher-student/record/scalars.js';
import { encodeSafetensors, safeTensor } from '../../../src/files/safetensors.js';
import { ownerHere } from '../../../src/runs/owners.js';
import { openRunDirectory } from '../../../src/runs/run-directory.js';
import { TrialLocks } from '../../../src/runs/trial-locks.js';
import { runStatus } from '../../../src/sweep.js';
import { rejectionOf } from '../../failure.js';
import { syntheticFailure } from '../../report/synthetic-run.js';
import { madeUpTrial, smallProtocol } from '../../sweep/small-protocol.js';
import { withScalars, writeStudent } from '../../sweep/student-records.js';
import type { ShortTrial as StudentTrial } from '../../sweep/student-trials.js';
import { expand } from '../../sweep/student-trials.js';

const protocol = smallProtocol();
const trials = expand(protocol);
const at = (i: number) => trials[i] as StudentTrial;
let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'eigenstudent-status-'));
  await openRunDirectory(directory, protocol);
});
afterEach(() => rm(directory, { recursive: true, force: true }));

async function write(
  trial: StudentTrial,
  finishedAt: string,
  changes: object = {},
  scalars: Partial<StudentScalars> = {},
): Promise<void> {
  const { record, arrays } = madeUpTrial(trial);
  await writeStudent(directory, withScalars({ ...record, finishedAt, ...changes }, scalars), arrays);
}

/** As a process leaves a trial that it had trained for so many steps; of the numbers nothing is there. */
async function keep(trial: StudentTrial, steps: number): Promise<void> {
  const folder = join(directory, 'trials', trial.key);
  await mkdir(folder, { recursive: true });
  const tensors = new Map([['students.0.parameters', safeTensor(Float32Array.of(1, 2))]]);
  const bytes = encodeSafetensors(tensors, { checkpoint: '1', steps: JSON.stringify([steps]) });
  await writeFile(join(folder, 'checkpoint.safetensors'), bytes);
}

describe('status', () => {
  it('of a directory without records has all trials unfinished', async () => {
    expect(await runStatus(directory)).toMatchObject({
      trials: { total: 8, finished: 0, failed: 0, unfinished: 8 },
      damaged: [],
      engines: [],
      lastFinishedAt: null,
      throughput: null,
    });
  });

  it('counts trials by arm and width', async () => {
    await write(at(0), '2026-01-01T00:00:00.000Z');
    const { record, arrays } = syntheticFailure(at(1));
    await writeStudent(directory, record, arrays);
    const { trials: all, groups } = await runStatus(directory);
    expect(all).toEqual({
      ...{ total: 8, finished: 1, didNotLearn: 0, failed: 1, unfinished: 6, begun: 0 },
      epochs: { done: 12, total: 48 },
    });
    expect(groups).toHaveLength(4);
    expect(groups[0]).toEqual({
      parametrization: 'spectral',
      teacherSize: 2,
      width: 4,
      settings: {},
      ...{ total: 2, finished: 1, didNotLearn: 0, failed: 1, unfinished: 0, begun: 0 },
      epochs: { done: 12, total: 12 },
    });
    expect(groups[3]).toMatchObject({ parametrization: 'direct', width: 6, total: 2, unfinished: 2 });
  });

  it('counts trials by every other varied field, seeds and indices together', async () => {
    const varied = smallProtocol({
      seed: [5, 6],
      data: { train: [40, 20], validation: 16, test: 24 },
      arms: { direct: { optimizer: { adam: { learningRate: [0.01, 0.001] } }, batchSize: 16 } },
      student: { width: 4, secondWidth: 2 },
    });
    const other = join(directory, 'varied');
    await openRunDirectory(other, varied);
    const rate = 'arms.direct.optimizer.adam.learningRate';
    expect((await runStatus(other)).groups.map(({ settings, total }) => [settings, total])).toEqual([
      [{ 'data.train': 40, [rate]: 0.01 }, 4],
      [{ 'data.train': 40, [rate]: 0.001 }, 4],
      [{ 'data.train': 20, [rate]: 0.01 }, 4],
      [{ 'data.train': 20, [rate]: 0.001 }, 4],
    ]);
  });

  it('has the progress of unfinished trials, by their checkpoints', async () => {
    await write(at(0), '2026-01-01T00:00:00.000Z');
    // 40 patterns in batches of 16 are 3 steps per epoch: 8 steps are 2 epochs and a part of the third
    await keep(at(1), 8);
    await keep(at(2), 0);
    await keep(at(0), 3); // has ended: a crash left it
    const { trials: all, groups, begun } = await runStatus(directory);
    expect(all).toMatchObject({ finished: 1, unfinished: 7, begun: 2, epochs: { done: 8, total: 48 } });
    expect(groups[0]).toMatchObject({ begun: 1, epochs: { done: 8, total: 12 } });
    const place = { parametrization: 'spectral', teacherSize: 2, settings: {}, seed: 5, epochs: 6 };
    const [second, third] = [at(1), at(2)].map(({ key, protocol: { student, trial, parametrization } }) => ({
      ...place,
      ...{ key, width: student.width, trial, parametrization },
    }));
    expect(begun).toEqual([
      { ...second, epoch: 2 },
      { ...third, epoch: 0 },
    ]);
  });

  it.each([
    ['cut off', (bytes: Buffer) => bytes.subarray(0, 40)],
    ['empty', () => Buffer.alloc(0)],
    ['of another format', () => Buffer.from('no tensors, and long enough for a length')],
    ['without steps', () => encodeSafetensors(new Map(), {})],
    ['with steps that are none', () => encodeSafetensors(new Map(), { steps: '{"a": 1}' })],
  ])('ignores a checkpoint that is %s', async (_, spoil) => {
    await keep(at(1), 8);
    const path = join(directory, 'trials', at(1).key, 'checkpoint.safetensors');
    await writeFile(path, spoil(await readFile(path)));
    expect(await runStatus(directory)).toMatchObject({ begun: [], trials: { begun: 0, unfinished: 8 } });
  });

  it('counts finished trials that did not learn', async () => {
    await write(at(0), '2026-01-01T00:00:00.000Z', {}, { testLoss: 3.6, labelVariance: 3.5 });
    await write(at(2), '2026-01-01T00:00:00.000Z', {}, { testLoss: 3.4, labelVariance: 3.5 });
    const { record, arrays } = syntheticFailure(at(1));
    await writeStudent(directory, record, arrays);
    const { trials: all, groups } = await runStatus(directory);
    expect(all.didNotLearn).toBe(1);
    expect(groups[0]?.didNotLearn).toBe(1);
  });

  it('states that it contains results of two revisions of the arithmetic', async () => {
    const versions = { eigenstudent: '0.0.0', node: '20.0.0' };
    await write(at(0), '2026-01-01T00:00:00.000Z', { versions: { ...versions, arithmetic: 1 } });
    expect((await runStatus(directory)).mixedEngines).toBe(false);
    await write(at(1), '2026-01-01T00:00:00.000Z', { versions: { ...versions, arithmetic: 2 } });
    expect(await runStatus(directory)).toMatchObject({ arithmetic: [1, 2], mixedEngines: true });
  });

  it('has the throughput of the last hour alone', async () => {
    await write(at(0), '2026-01-01T00:00:00.000Z');
    await write(at(1), '2026-01-01T08:00:00.000Z');
    await write(at(2), '2026-01-01T08:10:00.000Z');
    await write(at(3), '2026-01-01T08:30:00.000Z');
    expect(await runStatus(directory)).toMatchObject({
      lastFinishedAt: '2026-01-01T08:30:00.000Z',
      // Three trials of 18 steps from half a second before 8:00, when the first of them began.
      throughput: {
        since: '2026-01-01T07:59:59.500Z',
        trialsPerHour: expect.closeTo((3 * 3600) / 1800.5, 9),
        stepsPerSecond: expect.closeTo(54 / 1800.5, 9),
      },
    });
  });

  it('has the throughput of trials that ended together over their training time', async () => {
    await write(at(0), '2026-01-01T00:00:00.000Z', { seconds: 60 });
    await write(at(1), '2026-01-01T00:00:00.002Z', { seconds: 60 });
    expect((await runStatus(directory)).throughput).toEqual({
      since: '2025-12-31T23:59:00.000Z',
      trialsPerHour: expect.closeTo((2 * 3600) / 60.002, 9),
      stepsPerSecond: expect.closeTo(36 / 60.002, 9),
    });
  });

  it('counts trials that ended while a long trial of the last hour ran', async () => {
    await write(at(0), '2026-01-01T01:00:00.000Z');
    await write(at(1), '2026-01-01T08:00:00.000Z', { seconds: 8 * 3600 });
    expect((await runStatus(directory)).throughput).toMatchObject({ trialsPerHour: 0.25 });
  });

  it('has no throughput for one trial, nor for less than ten seconds', async () => {
    await write(at(0), '2026-01-01T00:00:00.000Z', { seconds: 60 });
    expect((await runStatus(directory)).throughput).toBeNull();
    await write(at(0), '2026-01-01T00:00:00.000Z');
    await write(at(1), '2026-01-01T00:00:09.499Z');
    expect((await runStatus(directory)).throughput).toBeNull();
    await write(at(2), '2026-01-01T00:00:09.500Z');
    expect((await runStatus(directory)).throughput?.trialsPerHour).toBe(1080);
  });

  it('names damaged records, which are not finished, and every engine', async () => {
    await write(at(0), '2026-01-01T00:00:00.000Z');
    await write(at(1), '2026-01-01T00:00:00.000Z', { engine: 'another' });
    await write(at(2), '2026-01-01T00:00:00.000Z');
    await truncate(join(directory, 'trials', at(0).key, 'record.json'), 90);
    await writeFile(join(directory, 'trials', at(2).key, 'record.json'), '{"key": "of another"}');
    expect(await runStatus(directory)).toMatchObject({
      trials: { finished: 1, unfinished: 7 },
      damaged: expect.arrayContaining([at(0).key, at(2).key]),
      engines: ['another float32'],
    });
  });

  it('does not count a record whose arrays are missing as finished or failed', async () => {
    await write(at(0), '2026-01-01T00:00:00.000Z');
    await write(at(1), '2026-01-01T00:00:00.000Z');
    const { record, arrays } = syntheticFailure(at(2));
    await writeStudent(directory, record, arrays);
    for (const i of [0, 2]) await rm(join(directory, 'trials', at(i).key, 'arrays.safetensors'));
    expect(await runStatus(directory)).toMatchObject({
      trials: { finished: 1, failed: 0, unfinished: 7 },
      damaged: [at(0).key, at(2).key].sort(),
    });
  });

  it('states which process holds which trials, while it lives', async () => {
    expect((await runStatus(directory)).workers).toEqual([]);
    const locks = await TrialLocks.enter(directory);
    try {
      await locks.claim(at(3).key);
      await locks.claim(at(5).key);
      expect((await runStatus(directory)).workers).toEqual([
        { host: hostname(), pid: process.pid, trials: [at(3).key, at(5).key].sort() },
      ]);
    } finally {
      await locks.leave();
    }
    expect((await runStatus(directory)).workers).toEqual([]);
  });

  it('ignores the locks of a process that has ended', async () => {
    const { pid } = spawnSync(process.execPath, ['--version']);
    await mkdir(join(directory, 'locks', 'owners'), { recursive: true });
    await mkdir(join(directory, 'locks', at(0).key));
    const owner = { ...ownerHere('gone'), pid };
    await writeFile(join(directory, 'locks', 'owners', 'gone.json'), JSON.stringify(owner));
    await writeFile(join(directory, 'locks', at(0).key, '1'), 'gone');
    expect((await runStatus(directory)).workers).toEqual([]);
  });

  it('does not count trials that the protocol does not contain', async () => {
    const [foreign] = expand(smallProtocol({ seed: 99 })) as [StudentTrial, ...StudentTrial[]];
    await write(foreign, '2026-01-01T00:00:00.000Z');
    expect(await runStatus(directory)).toMatchObject({ trials: { finished: 0 }, lastFinishedAt: null });
  });

  it('is refused for directories without a run', async () => {
    expect(await rejectionOf(runStatus(join(directory, 'trials')))).toMatch(
      /^file_unreadable: .* is not a run directory/,
    );
  });
});
