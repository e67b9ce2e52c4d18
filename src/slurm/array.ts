/** How a sweep is cut into the tasks of a Slurm job array, and how Slurm writes such a list of tasks. */
import { EigenstudentError } from '../errors.js';
import { workOf } from '../protocol/place.js';
import type { Trial } from '../protocol/trials.js';
import { deal } from '../sweep/shard.js';

/** Work (see workOf) that one thread does in a second: measured on the preset quick, an EPYC of 2023 with AVX-512. */
const workPerSecond = 1e10;
/** Slurm needs about a second to start and end a task, and a queue may need minutes: what a task is worth. Arbitrary. */
const secondsPerTask = 600;
/** Students that fill a GPU: one per multiprocessor, of which large ones have 130. */
const studentsPerGpu = 128;

export interface ArrayLimits {
  /** Threads of a task. */
  readonly cpus: number;
  readonly gpu: boolean;
  /** The most tasks that the cluster takes in one array. */
  readonly maximum: number;
}

/**
 * How many tasks a sweep is cut into where nobody says so: of ten minutes each, none of them too small to fill its cores
 * or its GPU. It depends on all the trials and not on what is left of them, so that a sweep is cut alike every time.
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

/** Tasks, from 0, of `size` whose shard has something that is missing. */
export function tasksWith(missing: ReadonlySet<string>, trials: readonly Trial[], size: number): number[] {
  return deal(trials, size).flatMap((part, task) => (part.some(({ key }) => missing.has(key)) ? [task] : []));
}

/** "0-3,7%2": tasks in ascending order, at most `throttle` of them at a time. */
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
