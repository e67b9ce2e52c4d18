import { expect, it } from 'vitest';
import { slurmLines } from '../../src/cli/slurm-lines.js';
import type { SlurmJob } from '../../src/slurm/state.js';

const job: SlurmJob = {
  jobId: '11',
  cluster: 'alps',
  submittedAt: '2026-01-01T00:00:00.000Z',
  tasks: 8,
  states: { RUNNING: 2, PENDING: 3, COMPLETED: 3 },
  reasons: { Resources: 1, JobArrayTaskLimit: 2 },
  active: 5,
};

it('a job has a line with its tasks by state, and the reasons of pending ones', () => {
  expect(
    slurmLines({ jobs: [job, { ...job, jobId: '12', tasks: 1, states: { FORGOTTEN: 1 }, reasons: {} }] }),
  ).toEqual([
    'Slurm job 11, 8 tasks, submitted 2026-01-01T00:00:00.000Z: 2 RUNNING, 3 PENDING, 3 COMPLETED ' +
      '(pending: 1 Resources, 2 JobArrayTaskLimit)',
    'Slurm job 12, 1 task, submitted 2026-01-01T00:00:00.000Z: 1 FORGOTTEN',
  ]);
});

it('an unknown state is printed as unknown, with the reason', () => {
  const unknown: SlurmJob = { ...job, states: null, reasons: {}, active: null };
  expect(slurmLines({ problem: 'no Slurm controller answers', jobs: [unknown] })).toEqual([
    'Slurm job 11, 8 tasks, submitted 2026-01-01T00:00:00.000Z: unknown',
    'Slurm: no Slurm controller answers',
  ]);
});

it('without a job there is no line', () => {
  expect(slurmLines({ jobs: [] })).toEqual([]);
});
