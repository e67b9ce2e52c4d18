import { spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, truncate, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ownerHere } from '../../../src/sweep/directory/owners.js';
import { openRunDirectory, writeTrial } from '../../../src/sweep/directory/run-directory.js';
import { TrialLocks } from '../../../src/sweep/directory/trial-locks.js';
import { expand, type Trial } from '../../../src/sweep/protocol/trials.js';
import { runStatus } from '../../../src/sweep/query/status.js';
import { rejectionOf } from '../../failure.js';
import { syntheticFailure } from '../../report/synthetic-run.js';
import { madeUpTrial, smallProtocol } from '../small-protocol.js';

const protocol = smallProtocol();
const trials = expand(protocol);
const at = (i: number) => trials[i] as Trial;
let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'eigenstudent-status-'));
  await openRunDirectory(directory, protocol);
});
afterEach(() => rm(directory, { recursive: true, force: true }));

async function write(trial: Trial, finishedAt: string, changes: object = {}): Promise<void> {
  const { record, arrays } = madeUpTrial(trial);
  await writeTrial(directory, { ...record, finishedAt, ...changes }, arrays);
}

describe('status', () => {
  it('of a directory without records is all unfinished', async () => {
    expect(await runStatus(directory)).toMatchObject({
      trials: { total: 8, finished: 0, failed: 0, unfinished: 8 },
      damaged: [],
      engines: [],
      lastFinishedAt: null,
      throughput: null,
    });
  });

  it('counts by arm and width', async () => {
    await write(at(0), '2026-01-01T00:00:00.000Z');
    const { record, arrays } = syntheticFailure(at(1));
    await writeTrial(directory, record, arrays);
    const { trials: all, groups } = await runStatus(directory);
    expect(all).toEqual({ total: 8, finished: 1, failed: 1, unfinished: 6 });
    expect(groups).toHaveLength(4);
    expect(groups[0]).toEqual({
      parametrization: 'spectral',
      teacherSize: 2,
      width: 4,
      total: 2,
      finished: 1,
      failed: 1,
      unfinished: 0,
    });
    expect(groups[3]).toMatchObject({ parametrization: 'direct', width: 6, total: 2, unfinished: 2 });
  });

  it('tells the pace of the last hour and nothing of before', async () => {
    await write(at(0), '2026-01-01T00:00:00.000Z');
    await write(at(1), '2026-01-01T08:00:00.000Z');
    await write(at(2), '2026-01-01T08:10:00.000Z');
    await write(at(3), '2026-01-01T08:30:00.000Z');
    expect(await runStatus(directory)).toMatchObject({
      lastFinishedAt: '2026-01-01T08:30:00.000Z',
      // Two trials of 18 steps in 30 minutes: the first one was trained before them.
      throughput: { trialsPerHour: 4, stepsPerSecond: 36 / 1800 },
    });
  });

  it('has no pace of one trial, nor of several that ended at once', async () => {
    await write(at(0), '2026-01-01T00:00:00.000Z');
    expect((await runStatus(directory)).throughput).toBeNull();
    await write(at(1), '2026-01-01T00:00:00.000Z');
    expect((await runStatus(directory)).throughput).toBeNull();
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

  it('does not count a record whose arrays are missing, finished or failed', async () => {
    await write(at(0), '2026-01-01T00:00:00.000Z');
    await write(at(1), '2026-01-01T00:00:00.000Z');
    const { record, arrays } = syntheticFailure(at(2));
    await writeTrial(directory, record, arrays);
    for (const i of [0, 2]) await rm(join(directory, 'trials', at(i).key, 'arrays.safetensors'));
    expect(await runStatus(directory)).toMatchObject({
      trials: { finished: 1, failed: 0, unfinished: 7 },
      damaged: [at(0).key, at(2).key].sort(),
    });
  });

  it('tells which process has which trials, for as long as it lives', async () => {
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

  it('passes over the locks of a process that is gone', async () => {
    const { pid } = spawnSync(process.execPath, ['--version']);
    await mkdir(join(directory, 'locks', 'owners'), { recursive: true });
    await mkdir(join(directory, 'locks', at(0).key));
    const owner = { ...ownerHere('gone'), pid };
    await writeFile(join(directory, 'locks', 'owners', 'gone.json'), JSON.stringify(owner));
    await writeFile(join(directory, 'locks', at(0).key, '1'), 'gone');
    expect((await runStatus(directory)).workers).toEqual([]);
  });

  it('does not count what the protocol does not ask for', async () => {
    const [foreign] = expand(smallProtocol({ seed: 99 })) as [Trial, ...Trial[]];
    await write(foreign, '2026-01-01T00:00:00.000Z');
    expect(await runStatus(directory)).toMatchObject({ trials: { finished: 0 }, lastFinishedAt: null });
  });

  it('is of run directories only', async () => {
    expect(await rejectionOf(runStatus(join(directory, 'trials')))).toMatch(
      /^file_unreadable: .* is not a run directory/,
    );
  });
});
