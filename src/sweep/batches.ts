/** Partitions trials into batches that are trained one after the other; each batch is one population. */
import { availableParallelism, totalmem } from 'node:os';
import type { DType } from '../native/dtype.js';
import { freeMemory, requireMemory } from '../native/free-memory.js';
import type { ChosenDevice } from '../network/device.js';
import type { Trial, TrialProtocol } from '../protocol/experiment-form.js';
import { describeTrial, dtypeOf, workOf } from '../protocol/place.js';
import { experimentOf } from './experiment.js';

/**
 * Students per thread in a batch: enough that every core is busy most of the time, few enough that trials finish early.
 */
const studentsPerThread = 4;
/** Bytes of parameters, moments and data in a batch. Arbitrary; it matters only on CPUs with hundreds of cores. */
const maximumBytes = 2 * 2 ** 30;

/** Limits of one batch. */
export interface BatchLimits {
  readonly students: number;
  /** Bytes of parameters, moments and data. */
  readonly bytes: number;
}

/**
 * On a GPU memory alone limits a batch, on a CPU also the number of students per thread.
 * @param threads as the user asked for; absent: as many as the machine has cores
 * @param atOnce see Runner
 */
export function batchLimits(
  device: ChosenDevice['device'],
  threads?: number,
  atOnce = Infinity,
): BatchLimits {
  // A quarter of the memory, and 8 GiB at most: arbitrary, but all of the paper (720 trials, 2.5 GB) fits.
  if (device === 'cuda') return { students: atOnce, bytes: Math.min(8 * 2 ** 30, totalmem() / 4) };
  // Half, so that the rest is left for workspace and everything else. Populations are split to fit.
  return {
    students:
      atOnce === Infinity
        ? studentsPerThread * (threads ?? availableParallelism())
        : Math.min(atOnce, threads ?? atOnce), // Each of them takes a thread.
    bytes: Math.min(maximumBytes, freeMemory() / 2),
  };
}

/** The costliest first, so that the last trials to end are short. The order depends on the trials alone. */
export function byDescendingCost(trials: readonly Trial[]): Trial[] {
  return trials.toSorted(
    (a, b) =>
      workOf(b.protocol) - workOf(a.protocol) ||
      a.protocol.trial - b.protocol.trial ||
      (a.key < b.key ? -1 : 1),
  );
}

/**
 * Fills a batch up to its limits: trials of one dtype, as a population requires, and of one kind, as the experiment
 * defines it.
 */
export class BatchCapacity {
  #students = 0;
  #bytes = 0;
  #kind: string | undefined;

  #limits: BatchLimits | undefined;

  /** @param limitsOf the limits of a batch, by dtype: the device of a dtype may differ */
  constructor(readonly limitsOf: (dtype: DType) => BatchLimits) {}

  get isFull(): boolean {
    return this.#limits !== undefined && this.#students >= this.#limits.students;
  }

  /** A trial that exceeds the limits by itself has a batch of its own. */
  fits({ protocol }: Trial): boolean {
    if (this.#limits === undefined) return true;
    const fits = this.#bytes + bytesOf(protocol) <= this.#limits.bytes;
    return fits && !this.isFull && this.#kind === kindOf(protocol);
  }

  add({ protocol }: Trial): void {
    this.#limits ??= this.limitsOf(dtypeOf(protocol));
    this.#students += 1;
    this.#bytes += bytesOf(protocol);
    this.#kind = kindOf(protocol);
  }
}

/** The batches of a process that trains all trials alone: trials of one kind together, the costliest first. */
export function planBatches(trials: readonly Trial[], limitsOf: (dtype: DType) => BatchLimits): Trial[][] {
  const open = new Map<string, { room: BatchCapacity; batch: Trial[] }>();
  const batches: Trial[][] = [];
  for (const trial of byDescendingCost(trials)) {
    const kind = kindOf(trial.protocol);
    let last = open.get(kind);
    if (!last?.room.fits(trial)) {
      last = { room: new BatchCapacity(limitsOf), batch: [] };
      open.set(kind, last);
      batches.push(last.batch);
    }
    last.room.add(trial);
    last.batch.push(trial);
  }
  return batches;
}

function kindOf(protocol: TrialProtocol): string {
  return `${dtypeOf(protocol)} ${experimentOf(protocol).batchKindOf?.(protocol) ?? ''}`;
}

/** Upper estimate of the memory of a trial in a batch. */
export function bytesOf(protocol: TrialProtocol): number {
  return experimentOf(protocol).bytesOf(protocol);
}

/**
 * Checks that each trial fits in memory by itself; batches are sized to fit.
 * @throws out_of_memory with the trial, its memory by part, and the fields to change
 */
export function checkMemory(trials: readonly Trial[], onHost: (trial: Trial) => boolean): void {
  let [most, largest]: [number, Trial | undefined] = [0, undefined];
  for (const trial of trials) {
    if (!onHost(trial)) continue;
    const { bytes } = memoryOf(trial.protocol);
    if (bytes > most) [most, largest] = [bytes, trial];
  }
  if (!largest) return;
  const { parts } = memoryOf(largest.protocol);
  requireMemory(
    `the trial ${describeTrial(largest.protocol)}${parts && ` (bytes: ${parts})`}`,
    most,
    'Lower these fields',
  );
}

function memoryOf(protocol: TrialProtocol) {
  return experimentOf(protocol).memoryOf?.(protocol) ?? { bytes: bytesOf(protocol), parts: '' };
}
