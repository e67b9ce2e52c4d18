/** Partitions a sweep into the tasks of a Slurm job array, and formats lists of tasks for Slurm. */
import { EigenstudentError } from '../errors.js';
import { workOf } from '../protocol/place.js';
import type { Trial } from '../protocol/trials.js';
import { deal } from '../sweep/shard.js';

/** Work (see workOf) of one thread per second: measured on the preset quick, an EPYC of 2023 with AVX-512. */
const workPerSecond = 1e10;
/**
 * Slurm needs about a second to start and end a task, and a task may wait for minutes in the queue: the duration that
 * justifies a task. Arbitrary.
 */
const secondsPerTask = 600;
/** Students that fill a GPU: one per multiprocessor, of which large GPUs have 130. */
const studentsPerGpu = 128;

export interface ArrayLimits {
  /** Threads of a task. */
  readonly cpus: number;
  readonly gpu: boolean;
  /** The maximum number of tasks of one array on the cluster. */
  readonly maximum: number;
}

/**
 * The default number of tasks of a sweep: ten minutes each, each with enough trials to fill its cores or its GPU. It
 * depends on all trials and not on the remaining ones, so that every submission of a sweep has the same partition.
 */
export function arraySize(trials: readonly Trial[], { cpus, gpu, maximum }: ArrayLimits): number {
  const work = trials.reduce((sum, { protocol }) => sum + workOf(protocol), 0);
  const byTime = Math.ceil(work / (workPerSecond * secondsPerTask * cpus));
  const byWidth = Math.ceil(trials.length / (gpu ? studentsPerGpu : cpus));
  return Math.max(1, Math.min(byTime, byWidth, maximum));
}

/** @throws invalid_argument */
export function checkArraySize(size: number, maximum: number): number {
  if (size <= maximum) return size;
  throw new EigenstudentError(
    'invalid_argument',
    `expected at most ${maximum} for arrayTasks of slurm, received ${size}: this cluster takes no larger job array ` +
      '(MaxArraySize of `scontrol show config`). A task trains any number of trials, one after the other',
  );
}

/** Tasks, from 0, of `size` whose shard lacks trials. */
export function tasksWith(missing: ReadonlySet<string>, trials: readonly Trial[], size: number): number[] {
  return deal(trials, size).flatMap((part, task) => (part.some(({ key }) => missing.has(key)) ? [task] : []));
}

/** "0-3,7%2": tasks in ascending order, at most `throttle` of them at once. */
export function arraySpecification(tasks: readonly number[], throttle?: number): string {
  const ranges: [number, number][] = [];
  for (const task of tasks) {
    const last = ranges.at(-1);
    if (last && last[1] === task - 1) last[1] = task;
    else ranges.push([task, task]);
  }
  const list = ranges.map(([first, last]) => (first === last ? `${first}` : `${first}-${last}`)).join(',');
  return throttle === undefined ? list : `${list}%${throttle}`;
}
