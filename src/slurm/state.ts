/** State of the jobs of a run directory in Slurm. Which trials are finished is determined by files, not by Slurm. */
import { EigenstudentError } from '../errors.js';
import { type Cluster, findCluster, slurm } from './controller.js';
import { readSubmissions, type Submission } from './submissions.js';

export interface SlurmState {
  /** Why Slurm could not be queried: the state of the jobs is then unknown. undefined: it was queried. */
  readonly problem?: string;
  /** Job arrays submitted for the directory, oldest first. */
  readonly jobs: readonly SlurmJob[];
}

export interface SlurmJob {
  readonly jobId: string;
  readonly cluster: string;
  readonly submittedAt: string;
  /** Number of tasks that were submitted. */
  readonly tasks: number;
  /**
   * Tasks by state, in Slurm's terms (PENDING, RUNNING, COMPLETED, CANCELLED, ...). FORGOTTEN: Slurm no longer has the
   * job, as with tasks that ended minutes ago or were cancelled before they began. null: unknown.
   */
  readonly states: Readonly<Record<string, number>> | null;
  /**
   * Reasons of pending tasks, in Slurm's terms (Resources, Priority, JobArrayTaskLimit, ...), with the number of tasks.
   */
  readonly reasons: Readonly<Record<string, number>>;
  /** Tasks that are running, pending or requeued. null: unknown. */
  readonly active: number | null;
}

/** Final states of a task. */
const ended = new Set([
  'BOOT_FAIL',
  'CANCELLED',
  'COMPLETED',
  'DEADLINE',
  'FAILED',
  'FORGOTTEN',
  'NODE_FAIL',
  'OUT_OF_MEMORY',
  'PREEMPTED',
  'REVOKED',
  'TIMEOUT',
]);

/** One task in the queue. */
interface QueuedTask {
  readonly jobId: string;
  readonly state: string;
  readonly reason: string;
}

/**
 * Queries Slurm for the jobs of a run directory; makes no query where none was submitted.
 * @throws file_unreadable, file_corrupt. A missing or unreachable Slurm is `problem`; detecting it takes seconds
 */
export async function slurmState(directory: string): Promise<SlurmState> {
  const submissions = await readSubmissions(directory);
  if (submissions.length === 0) return { jobs: [] };
  try {
    const cluster = await findCluster();
    const here = submissions.filter((submission) => submission.cluster === cluster.name);
    const queue = here.length === 0 ? [] : await readQueue(here.map(({ jobId }) => jobId));
    return {
      ...problemOf(submissions, cluster),
      jobs: submissions.map((one) => (here.includes(one) ? jobOf(one, queue) : unknownJob(one))),
    };
  } catch (error) {
    if (!(error instanceof EigenstudentError) || !error.code.startsWith('slurm_')) throw error;
    return { problem: error.message, jobs: submissions.map(unknownJob) };
  }
}

function problemOf(submissions: readonly Submission[], { name }: Cluster): { problem?: string } {
  const elsewhere = new Set(submissions.map(({ cluster }) => cluster).filter((cluster) => cluster !== name));
  if (elsewhere.size === 0) return {};
  return { problem: `submitted on the cluster ${[...elsewhere].join(', ')}, and this is ${name}` };
}

/** Text in an explicit format: the JSON of squeue changes between versions, and contains the jobs of all users. */
async function readQueue(jobIds: readonly string[]): Promise<QueuedTask[]> {
  try {
    const selection = ['--noheader', '--array', '--states=all', `--jobs=${jobIds.join(',')}`];
    return parseQueue(await slurm('squeue', [...selection, '--format=%F|%T|%r']));
  } catch (error) {
    // Error of squeue for a single job that it no longer has; of several it leaves those out.
    if (error instanceof EigenstudentError && error.message.includes('Invalid job id')) return [];
    throw error;
  }
}

/** Parses lines "array job id|state|reason". */
export function parseQueue(text: string): QueuedTask[] {
  return text
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => {
      const [jobId, state, reason] = line.trim().split('|');
      if (jobId === undefined || state === undefined || reason === undefined) {
        throw new EigenstudentError(
          'slurm_refused',
          `expected "job|state|reason" from squeue, received "${line}"`,
        );
      }
      return { jobId, state, reason };
    });
}

function jobOf(submission: Submission, queue: readonly QueuedTask[]): SlurmJob {
  const queued = queue.filter(({ jobId }) => jobId === submission.jobId);
  const forgotten = Math.max(0, submission.tasks.length - queued.length);
  const states = queued.map(({ state }) => state).concat(Array<string>(forgotten).fill('FORGOTTEN'));
  return {
    ...headOf(submission),
    states: tally(states),
    reasons: tally(queued.filter(({ state }) => state === 'PENDING').map(({ reason }) => reason)),
    active: states.filter((state) => !ended.has(state)).length,
  };
}

function unknownJob(submission: Submission): SlurmJob {
  return { ...headOf(submission), states: null, reasons: {}, active: null };
}

function headOf({ jobId, cluster, submittedAt, tasks }: Submission) {
  return { jobId, cluster, submittedAt, tasks: tasks.length };
}

function tally(terms: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const term of terms) counts[term] = (counts[term] ?? 0) + 1;
  return counts;
}
