/** Which trials train side by side: batches, one after the other, each of them one population. */
import { availableParallelism, totalmem } from 'node:os';
import type { DType } from '../native/dtype.js';
import { freeMemory, requireMemory } from '../native/free-memory.js';
import type { ChosenDevice } from '../network/device.js';
import type { Trial, TrialProtocol } from '../protocol/experiment-form.js';
import { describeTrial, dtypeOf, workOf } from '../protocol/place.js';
import { experimentOf } from './experiment.js';

/** Students per thread in a batch: enough that no core waits long for the others, few enough that trials finish early. */
const studentsPerThread = 4;
/** Of parameters, moments and data in a batch; arbitrary, it binds only on CPUs with hundreds of cores. */
const maximumBytes = 2 * 2 ** 30;

/** Of one batch. */
export interface BatchLimits {
  readonly students: number;
  /** Of parameters, moments and data. */
  readonly bytes: number;
}

/** A GPU is filled by all there is; a CPU by a few students per thread. @param atOnce see Runner */
export function batchLimits(
  device: ChosenDevice['device'],
  threads: number = availableParallelism(),
  atOnce = Infinity,
): BatchLimits {
  // A quarter of the memory, and 8 GiB at most: arbitrary, but the whole paper (720 trials, 2.5 GB) fits.
  if (device === 'cuda') return { students: atOnce, bytes: Math.min(8 * 2 ** 30, totalmem() / 4) };
  // Half, for what works on them and for everything else. Populations are split to fit.
  return {
    students: Math.min(atOnce, studentsPerThread * threads),
    bytes: Math.min(maximumBytes, freeMemory() / 2),
  };
}

/** So that what ends last is short; an order that depends on nothing but what the trials are. */
export function byDescendingCost(trials: readonly Trial[]): Trial[] {
  return trials.toSorted(
    (a, b) =>
      workOf(b.protocol) - workOf(a.protocol) ||
      a.protocol.trial - b.protocol.trial ||
      (a.key < b.key ? -1 : 1),
  );
}

/**
 * What fits in one batch: trials of one dtype, as a population has, and of one kind, as the experiment has it.
 */
export class BatchCapacity {
  #students = 0;
  #bytes = 0;
  #kind: string | undefined;

  #limits: BatchLimits | undefined;

  /** @param limitsOf the batches of a dtype: its device may be another one */
  constructor(readonly limitsOf: (dtype: DType) => BatchLimits) {}

  get isFull(): boolean {
    return this.#limits !== undefined && this.#students >= this.#limits.students;
  }

  /** A trial that is too large by itself has a batch of its own. */
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

/** The batches of a process that has all trials to itself: those of one kind together, the costly ones first. */
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

/** An upper estimate of the memory of a trial beside others. */
export function bytesOf(protocol: TrialProtocol): number {
  return experimentOf(protocol).bytesOf(protocol);
}

/**
 * That each trial fits by itself; batches take as many as fit together.
 * @throws out_of_memory naming the trial, where its memory would go, and the fields to change
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
