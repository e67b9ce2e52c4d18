/** What Slurm knows of the jobs of a run directory. Which trials are done the files say, not Slurm. */
import { EigenstudentError } from '../errors.js';
import { type Cluster, findCluster, slurm } from './controller.js';
import { readSubmissions, type Submission } from './submissions.js';

export interface SlurmState {
  /** Why Slurm could not be asked: what became of the jobs is then unknown. undefined: it was asked. */
  readonly problem?: string;
  /** Job arrays submitted for the directory, oldest first. */
  readonly jobs: readonly SlurmJob[];
}

export interface SlurmJob {
  readonly jobId: string;
  readonly cluster: string;
  readonly submittedAt: string;
  /** Tasks that were submitted. */
  readonly tasks: number;
  /**
   * Tasks by state, in Slurm's words (PENDING, RUNNING, COMPLETED, CANCELLED, ...). FORGOTTEN: Slurm no longer knows
   * of it, which it says of tasks that ended minutes ago or were cancelled before they began. null: unknown.
   */
  readonly states: Readonly<Record<string, number>> | null;
  /** Why pending tasks wait, in Slurm's words (Resources, Priority, JobArrayTaskLimit, ...), with the number of tasks. */
  readonly reasons: Readonly<Record<string, number>>;
  /** Tasks that run, wait or will run again. null: unknown. */
  readonly active: number | null;
}

/** States that a task does not leave by itself. */
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
 * Asks Slurm for the jobs of a run directory; asks nothing where none was submitted.
 * @throws file_unreadable, file_corrupt. No Slurm here, or one that does not answer, is `problem` and takes seconds to tell
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

/** Text in a format of our own: the JSON of squeue changes between versions, and has the jobs of everybody. */
async function readQueue(jobIds: readonly string[]): Promise<QueuedTask[]> {
  try {
    const selection = ['--noheader', '--array', '--states=all', `--jobs=${jobIds.join(',')}`];
    return parseQueue(await slurm('squeue', [...selection, '--format=%F|%T|%r']));
  } catch (error) {
    // what squeue says of a single job that it has forgotten; of several it leaves those out
    if (error instanceof EigenstudentError && error.message.includes('Invalid job id')) return [];
    throw error;
  }
}

/** Of lines "array job id|state|reason". */
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
  const known = queue.filter(({ jobId }) => jobId === submission.jobId);
  const forgotten = Math.max(0, submission.tasks.length - known.length);
  const states = known.map(({ state }) => state).concat(Array<string>(forgotten).fill('FORGOTTEN'));
  return {
    ...headOf(submission),
    states: tally(states),
    reasons: tally(known.filter(({ state }) => state === 'PENDING').map(({ reason }) => reason)),
    active: states.filter((state) => !ended.has(state)).length,
  };
}

function unknownJob(submission: Submission): SlurmJob {
  return { ...headOf(submission), states: null, reasons: {}, active: null };
}

function headOf({ jobId, cluster, submittedAt, tasks }: Submission) {
  return { jobId, cluster, submittedAt, tasks: tasks.length };
}

function tally(words: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const word of words) counts[word] = (counts[word] ?? 0) + 1;
  return counts;
}
