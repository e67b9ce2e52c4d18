import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { cancelSubmissions } from '../../src/slurm/cancel.js';
import { parseQueue, slurmState } from '../../src/slurm/state.js';
import { writeSubmission } from '../../src/slurm/submissions.js';
import { failureOf, rejectionOf } from '../failure.js';
import { FakeSlurm, fakeConfig } from './fake-slurm.js';

let directory: string;
let slurm: FakeSlurm;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'eigenstudent-slurm-'));
  await mkdir(join(directory, 'slurm'));
  slurm = new FakeSlurm(join(directory, 'bin')).answer('scontrol', { stdout: fakeConfig });
});
afterEach(async () => {
  slurm.remove();
  await rm(directory, { recursive: true, force: true });
});

function submitted(jobId: string, tasks: number, cluster = 'fake'): Promise<void> {
  const submittedAt = `2026-01-01T00:00:${jobId}.000Z`;
  const all = Array.from({ length: tasks }, (_, task) => task);
  return writeSubmission(
    directory,
    { schema: 1, jobId, cluster, submittedAt, shards: tasks, tasks: all, options: [] },
    '#!/bin/bash\n',
  );
}

describe('the state of the jobs', () => {
  it('is not queried where nothing was submitted', async () => {
    expect(await slurmState(join(directory, 'elsewhere'))).toEqual({ jobs: [] });
    expect(slurm.call('scontrol')).toBeUndefined();
  });

  it('counts tasks by state, and those that Slurm no longer has', async () => {
    await submitted('11', 6);
    await submitted('12', 2);
    slurm.answer('squeue', {
      stdout:
        '11|RUNNING|None\n11|PENDING|JobArrayTaskLimit\n11|PENDING|BeginTime\n11|COMPLETED|None\n11|FAILED|NonZeroExitCode\n',
    });
    expect(await slurmState(directory)).toEqual({
      jobs: [
        {
          jobId: '11',
          cluster: 'fake',
          submittedAt: '2026-01-01T00:00:11.000Z',
          tasks: 6,
          states: { RUNNING: 1, PENDING: 2, COMPLETED: 1, FAILED: 1, FORGOTTEN: 1 },
          reasons: { JobArrayTaskLimit: 1, BeginTime: 1 },
          active: 3,
        },
        expect.objectContaining({ jobId: '12', states: { FORGOTTEN: 2 }, active: 0 }),
      ],
    });
    expect(slurm.call('squeue')?.parameters).toEqual([
      ...['--noheader', '--array', '--states=all', '--jobs=11,12', '--format=%F|%T|%r'],
    ]);
  });

  it('of a job that ended long ago has all tasks forgotten', async () => {
    await submitted('11', 3);
    slurm.answer('squeue', { stderr: 'slurm_load_jobs error: Invalid job id specified\n', status: 1 });
    const { problem, jobs } = await slurmState(directory);
    expect(problem).toBeUndefined();
    expect(jobs).toEqual([expect.objectContaining({ states: { FORGOTTEN: 3 }, active: 0 })]);
  });

  it.each([
    ['scontrol', 'scontrol: error: Unable to contact slurm controller (connect failure)'],
    ['squeue', 'slurm_load_jobs error: Unable to contact slurm controller (connect failure)'],
    ['scontrol', 'scontrol: fatal: Could not establish a configuration source'],
  ])('is unknown, not ended, when no controller answers %s', async (command, stderr) => {
    await submitted('11', 3);
    slurm.answer(command, { stderr, status: 1 });
    expect(await slurmState(directory)).toMatchObject({
      problem: `no Slurm controller answers ${command}:\n  ${stderr}`,
      jobs: [{ jobId: '11', tasks: 3, states: null, reasons: {}, active: null }],
    });
  });

  it('is unknown where there is no Slurm', async () => {
    await submitted('11', 3);
    process.env.PATH = directory;
    const { problem, jobs } = await slurmState(directory);
    expect(problem).toMatch(
      /^cannot run scontrol \(spawn scontrol ENOENT\): expected the commands of Slurm on PATH/,
    );
    expect(jobs).toEqual([expect.objectContaining({ states: null, active: null })]);
  });

  it('is unknown where Slurm refuses the query', async () => {
    await submitted('11', 3);
    slurm.answer('squeue', { stderr: 'slurm_load_jobs error: Access denied\n', status: 1 });
    expect(await slurmState(directory)).toMatchObject({
      problem: 'squeue refused:\n  slurm_load_jobs error: Access denied',
      jobs: [{ states: null, active: null }],
    });
  });

  it('is unknown for jobs of another cluster, whose numbers denote other jobs', async () => {
    await submitted('11', 3, 'alps');
    await submitted('12', 1);
    slurm.answer('squeue', { stdout: '12|RUNNING|None\n' });
    expect(await slurmState(directory)).toMatchObject({
      problem: 'submitted on the cluster alps, and this is fake',
      jobs: [
        { jobId: '11', states: null, active: null },
        { jobId: '12', states: { RUNNING: 1 }, active: 1 },
      ],
    });
    expect(slurm.call('squeue')?.parameters).toContain('--jobs=12');
  });

  it('is refused from output in an unexpected format', () => {
    expect(failureOf(() => parseQueue('11 RUNNING\n'))).toBe(
      'slurm_refused: expected "job|state|reason" from squeue, received "11 RUNNING"',
    );
  });

  it('is refused for a corrupt file, with its name and what to do', async () => {
    await writeFile(join(directory, 'slurm', '11.json'), '{"schema": 1');
    expect(await rejectionOf(slurmState(directory))).toBe(
      `file_corrupt: ${join(directory, 'slurm', '11.json')} is not what a submission to Slurm leaves. Delete it: only ` +
        '`status` then does not know of its job',
    );
  });
});

describe('cancelling', () => {
  it('cancels the jobs that have tasks left', async () => {
    await submitted('11', 1);
    await submitted('12', 1);
    await submitted('13', 1);
    slurm
      .answer('squeue', { stdout: '11|RUNNING|None\n12|COMPLETED|None\n13|PENDING|Priority\n' })
      .answer('scancel', {});
    expect(await cancelSubmissions(directory)).toEqual(['11', '13']);
    expect(slurm.call('scancel')?.parameters).toEqual(['11', '13']);
  });

  it('calls nothing where no job is left', async () => {
    await submitted('11', 1);
    slurm.answer('squeue', {}).answer('scancel', {});
    expect(await cancelSubmissions(directory)).toEqual([]);
    expect(slurm.call('scancel')).toBeUndefined();
  });

  it('reports that nothing was cancelled when the state is unknown', async () => {
    await submitted('11', 1, 'alps');
    expect(await rejectionOf(cancelSubmissions(directory))).toBe(
      'slurm_unreachable: nothing was cancelled: submitted on the cluster alps, and this is fake',
    );
  });
});
