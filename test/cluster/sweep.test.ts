/** Sweeps on a real Slurm: what it starts, kills and starts again leaves the same bits as a run without it. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync } from 'node:fs';
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { formatProtocol } from '../../src/protocol/protocol.js';
import { expand } from '../../src/protocol/trials.js';
import { checkpointFile } from '../../src/runs/trial-checkpoint.js';
import { type SlurmJob, slurmState } from '../../src/slurm/state.js';
import type { SlurmSubmission } from '../../src/slurm/submit.js';
import { deal } from '../../src/sweep/shard.js';
import { smallProtocol } from '../sweep/small-protocol.js';
import { Cluster, whyNoSlurm } from './cluster.js';
import { kill, type Process, processesWith } from './processes.js';
import { until } from './until.js';

const main = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "eigenstudent it's slurm "));
const longProtocol = smallProtocol({ epochs: 600_000, trials: 1 });
/** Four students of a second, and eight of milliseconds. */
const long = { file: join(folder, 'long.yaml'), directory: join(folder, 'long, local') };
const short = { file: join(folder, 'short.yaml'), directory: join(folder, 'short, local') };
let cluster: Cluster;

const reason = whyNoSlurm();
// skipped: Slurm's daemons are not here; the name of the group says so
const suite = reason === undefined ? describe : describe.skip;
suite(reason === undefined ? 'a sweep on Slurm' : `a sweep on Slurm (skipped: ${reason})`, () => {
  beforeAll(async () => {
    cluster = await Cluster.start(mkdtempSync(join(tmpdir(), 'eigenstudent-cluster-')));
    Object.assign(process.env, cluster.environment); // for slurmState in this process
    await writeFile(long.file, formatProtocol(longProtocol));
    await writeFile(short.file, formatProtocol(smallProtocol()));
    for (const { file, directory } of [long, short])
      eigenstudent('sweep', file, '--out', directory, '--threads', '1', '--no-report');
  });
  afterAll(async () => {
    await cluster?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  // most of their time is waiting
  describe.concurrent('a task of a job array', () => {
    it('whose process is killed is requeued, and ends with the same bits', async () => {
      const directory = join(folder, 'killed');
      const { jobId } = submit(long.file, directory, '--array-tasks', '2');
      const sweep = await sweepOf(jobId, 0);
      await inTheMiddle(directory, 0, 2);
      kill([sweep]);
      await until('the task waits again', 30, async () => (await job(directory)).reasons.BeginTime === 1);
      await untilOver(directory);
      expect((await job(directory)).states).toEqual({ COMPLETED: 2 });
      const log = await readFile(join(directory, 'slurm', `${jobId}_0.log`), 'utf8');
      expect(log).toContain(
        `task ${jobId}_0: the sweep was killed (exit status 137); it goes back to the queue`,
      );
      expect(log).toContain('restart 1\n');
      await expectSameBits(directory, long.directory);
    });

    it('near its time limit writes its checkpoint, and is requeued', async () => {
      const directory = join(folder, 'warned');
      const { jobId } = submit(long.file, directory, '--array-tasks', '1');
      await inTheMiddle(directory, 0, 1);
      cluster.ask('scancel', '--batch', '--signal=USR1', `${jobId}_0`); // what --signal does a minute before the end
      await untilOver(directory);
      const log = await readFile(join(directory, 'slurm', `${jobId}_0.log`), 'utf8');
      expect(log).toContain('SIGTERM: finishing the step');
      expect(log).toContain('its time is nearly over; it goes back to the queue');
      expect(log).toContain('restart 1\n');
      await expectSameBits(directory, long.directory);
    });

    it('that is cancelled stays cancelled; submitted again, it trains what is missing', async () => {
      const directory = join(folder, 'cancelled');
      const { jobId } = submit(short.file, directory, '--array-tasks', '3', '--sbatch-option', 'hold');
      expect(await job(directory)).toMatchObject({
        states: { PENDING: 3 },
        reasons: { JobHeldUser: 3 },
        active: 3,
      });
      expect(JSON.parse(eigenstudent('sweep', directory, '--slurm', '--cancel', '--json'))).toEqual({
        directory,
        cancelled: [jobId],
      });
      await untilOver(directory);
      const again = submit(directory, directory, '--array-tasks', '3');
      expect(again).toMatchObject({ missing: 8, tasks: [0, 1, 2] });
      await untilOver(directory);
      await expectSameBits(directory, short.directory);
    });

    it('that is cancelled while it trains is not requeued; submitted again, it continues', async () => {
      const directory = join(folder, 'cancelled while it trains');
      const { jobId } = submit(long.file, directory, '--array-tasks', '1');
      await inTheMiddle(directory, 0, 1);
      eigenstudent('sweep', directory, '--slurm', '--cancel');
      await untilOver(directory);
      expect((await job(directory)).states).toEqual({ CANCELLED: 1 });
      const log = await readFile(join(directory, 'slurm', `${jobId}_0.log`), 'utf8');
      expect(log).toContain('SIGTERM: finishing the step');
      expect(log).not.toContain('goes back to the queue');
      expect(await finished(directory)).toEqual([]);
      submit(directory, directory, '--array-tasks', '1');
      await untilOver(directory);
      await expectSameBits(directory, long.directory);
    });

    it('runs beside at most as many tasks as --throttle allows', async () => {
      const directory = join(folder, 'throttled 100%');
      submit(short.file, directory, '--array-tasks', '4', '--throttle', '1');
      const seen: SlurmJob[] = [];
      await until('the job is over', 60, async () => {
        seen.push(await job(directory));
        return seen.at(-1)?.active === 0;
      });
      expect(Math.max(...seen.map(({ states }) => states?.RUNNING ?? 0))).toBe(1);
      expect(seen.some(({ reasons }) => reasons.JobArrayTaskLimit !== undefined)).toBe(true);
      await expectSameBits(directory, short.directory);
    });

    it('that is submitted twice at once trains every trial once', async () => {
      const directory = join(folder, 'twice');
      const first = submit(long.file, directory, '--array-tasks', '1');
      const second = submit(long.file, directory, '--array-tasks', '1');
      expect(second.tasks).toEqual([0]);
      await untilOver(directory);
      expect((await slurmState(directory)).jobs.map(({ states }) => states)).toEqual([
        { COMPLETED: 1 },
        { COMPLETED: 1 },
      ]);
      const logs = await Promise.all(
        [first, second].map(({ jobId }) => readFile(join(directory, 'slurm', `${jobId}_0.log`), 'utf8')),
      );
      const trained = logs.map((log) => Number(/: (\d+) trained now/.exec(log)?.[1]));
      expect(trained.reduce((sum, count) => sum + count)).toBe(4);
      await expectSameBits(directory, long.directory);
      expect(submit(long.file, directory)).toMatchObject({ jobId: null, missing: 0 });
    });
  });

  it('a task whose node fails continues on another, and ends with the same bits', async () => {
    const directory = join(folder, 'failed node');
    const { jobId } = submit(long.file, directory, '--array-tasks', '2', '--sbatch-option', 'exclusive');
    for (const task of [0, 1]) await inTheMiddle(directory, task, 2);
    await cluster.fail('n2');
    await untilOver(directory);
    const logs = await Promise.all(
      [0, 1].map((task) => readFile(join(directory, 'slurm', `${jobId}_${task}.log`), 'utf8')),
    );
    expect(logs.filter((log) => log.includes('restart 1\n'))).toHaveLength(1);
    expect((await job(directory)).states).toEqual({ COMPLETED: 2 });
    await expectSameBits(directory, long.directory);
    cluster.startNode('n2');
    await cluster.untilIdle();
  });

  it('the cluster of the test listens on 127.0.0.1 only', () => {
    const addresses = cluster.listening();
    expect(addresses).toHaveLength(3); // the controller and two nodes
    for (const address of addresses) expect(address).toMatch(/^0100007F:/); // little-endian
  });

  it('a refusal has the message of sbatch', () => {
    const argv = ['sweep', short.file, '--out', join(folder, 'refused'), '--slurm', '--partition', 'nope'];
    const { status, stderr } = spawnSync(process.execPath, [main, ...argv], {
      env: cluster.environment,
      encoding: 'utf8',
    });
    expect(status).toBe(1);
    expect(stderr).toContain('error: sbatch refused:\n  sbatch: error: invalid partition specified: nope\n');
  });

  it('the state is unknown, not ended, while the controller is away', async () => {
    const directory = join(folder, 'twice');
    await cluster.stopController();
    const { problem, jobs } = await slurmState(directory);
    expect(problem).toMatch(/^no Slurm controller answers scontrol:\n/);
    expect(jobs.map(({ active }) => active)).toEqual([null, null]);
    cluster.startController();
    await cluster.untilIdle();
    expect((await slurmState(directory)).problem).toBeUndefined();
  });
});

/** Standard output of the command. */
function eigenstudent(...argv: string[]): string {
  const { status, stdout, stderr } = spawnSync(process.execPath, [main, ...argv], {
    env: cluster.environment,
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`eigenstudent ${argv.join(' ')} exited with ${status}: ${stderr}`);
  return stdout;
}

function submit(protocol: string, directory: string, ...options: string[]): SlurmSubmission {
  return JSON.parse(
    eigenstudent(
      'sweep',
      protocol,
      '--out',
      directory,
      '--slurm',
      '--json',
      '--checkpoint-every',
      '0.2',
      ...options,
    ),
  );
}

/** The last job of a run directory. */
async function job(directory: string): Promise<SlurmJob> {
  return (await slurmState(directory)).jobs.at(-1) as SlurmJob;
}

async function untilOver(directory: string): Promise<void> {
  await until('no task runs or waits', 120, async () =>
    (await slurmState(directory)).jobs.every(({ active }) => active === 0),
  );
}

/** The process that trains in a task, as soon as there is one. */
async function sweepOf(jobId: string | null, task: number): Promise<Process> {
  const variables = { SLURM_ARRAY_JOB_ID: `${jobId}`, SLURM_ARRAY_TASK_ID: `${task}`, ...slurmConf() };
  const find = () => processesWith(variables).find(({ command }) => command.includes(main));
  // a minute was seen not to be enough for the first task of a new cluster, on a machine that others share
  await until(`task ${task} of job ${jobId} trains`, 120, () => find() !== undefined);
  return find() as Process;
}

function slurmConf() {
  return { SLURM_CONF: cluster.configuration };
}

/** Until a task has written a checkpoint; no trial is finished then. */
async function inTheMiddle(directory: string, task: number, tasks: number): Promise<void> {
  const keys = deal(expand(longProtocol), tasks)[task]?.map(({ key }) => key) ?? [];
  const checkpoint = (key: string) => join(directory, 'trials', key, checkpointFile);
  await until(`task ${task} has a checkpoint`, 60, () => keys.some((key) => existsSync(checkpoint(key))));
  expect(await finished(directory)).toEqual([]);
}

async function finished(directory: string): Promise<string[]> {
  const keys = await readdir(join(directory, 'trials'));
  return keys.filter((key) => existsSync(join(directory, 'trials', key, 'record.json')));
}

/** Every trial of the other directory is here, once, with the same numbers and arrays. */
async function expectSameBits(directory: string, expected: string): Promise<void> {
  const keys = await readdir(join(expected, 'trials'));
  expect(await readdir(join(directory, 'trials'))).toEqual(keys);
  for (const key of keys) {
    expect(await numbersOf(directory, key)).toEqual(await numbersOf(expected, key));
    const arrays = (run: string) => readFile(join(run, 'trials', key, 'arrays.safetensors'));
    expect((await arrays(directory)).equals(await arrays(expected))).toBe(true);
  }
}

/** A record without what is not the same on another day. */
async function numbersOf(directory: string, key: string): Promise<object> {
  const record = JSON.parse(await readFile(join(directory, 'trials', key, 'record.json'), 'utf8'));
  const { seconds, finishedAt, recordSha256, ...numbers } = record; // the last is of the first two as well
  expect([seconds, finishedAt, recordSha256]).toEqual([
    expect.any(Number),
    expect.any(String),
    expect.any(String),
  ]);
  return numbers;
}
