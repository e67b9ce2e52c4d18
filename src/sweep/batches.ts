/** Which trials train side by side: batches, one after the other, each of them one population. */
import { availableParallelism, totalmem } from 'node:os';
import { freeMemory, requireMemory } from '../native/free-memory.js';
import type { ChosenDevice } from '../network/device.js';
import { bytesOfStudent } from '../network/memory-needs.js';
import { problemOf } from '../protocol/problem.js';
import { workOf } from '../protocol/trial-cost.js';
import { describeTrial, hiddenWidths, type Trial, type TrialProtocol } from '../protocol/trials.js';

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

/** A GPU is filled by all there is; a CPU by a few students per thread. */
export function batchLimits(
  device: ChosenDevice['device'],
  threads: number = availableParallelism(),
): BatchLimits {
  // A quarter of the memory, and 8 GiB at most: arbitrary, but the whole paper (720 trials, 2.5 GB) fits.
  if (device === 'cuda') return { students: Infinity, bytes: Math.min(8 * 2 ** 30, totalmem() / 4) };
  // Half, for what works on them and for everything else. Populations are split to fit.
  return { students: studentsPerThread * threads, bytes: Math.min(maximumBytes, freeMemory() / 2) };
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
 * What fits in one batch. Its trials have one dtype, as a population has, one number of epochs, so that none waits long for
 * another, and one number of points, as the history of all is written at the same epochs.
 */
export class BatchCapacity {
  #students = 0;
  #bytes = 0;
  #kind: string | undefined;

  #limits: BatchLimits | undefined;

  /** @param limitsOf the batches of a dtype: its device may be another one */
  constructor(readonly limitsOf: (dtype: TrialProtocol['dtype']) => BatchLimits) {}

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
    this.#limits ??= this.limitsOf(protocol.dtype);
    this.#students += 1;
    this.#bytes += bytesOf(protocol);
    this.#kind = kindOf(protocol);
  }
}

/** The batches of a process that has all trials to itself: those of one kind together, the costly ones first. */
export function planBatches(
  trials: readonly Trial[],
  limitsOf: (dtype: TrialProtocol['dtype']) => BatchLimits,
): Trial[][] {
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

function kindOf({ dtype, epochs, evaluation }: TrialProtocol): string {
  return `${dtype} ${epochs} ${evaluation.points}`;
}

/** Where the memory of a trial goes, on a CPU: upper estimates. */
export interface TrialBytes {
  /** Float64, with a copy of the population's dtype. */
  readonly data: number;
  /** Parameters and moments, and what works on them alone. */
  readonly student: number;
  /** Pruning curves, relevance and the history of its nodes, until they are written. */
  readonly arrays: number;
}

export function trialBytes(protocol: TrialProtocol): TrialBytes {
  const { samples, inputs, outputs } = problemOf(protocol);
  const { student, dtype, arm, evaluation } = protocol;
  const shape = {
    inputs,
    widths: [...hiddenWidths(protocol), outputs],
    dtype,
    moments: arm.optimizer.sgd ? (1 as const) : (2 as const),
    batchSize: Math.min(arm.batchSize, samples.train),
  };
  const { held, working, passing } = bytesOfStudent(shape);
  const curves = 2 + (evaluation.rankings?.length ?? 0) + Math.ceil(samples.test / 2048);
  return {
    data: (samples.train + samples.validation + samples.test) * (inputs + outputs) * 16,
    student: held + working + passing,
    arrays: 8 * curves * (student.width + 1),
  };
}

/** An upper estimate: parameters, moments and data, and what works on a narrow student beside others. */
export function bytesOf(protocol: TrialProtocol): number {
  const { data, student } = trialBytes(protocol);
  return data + student;
}

/**
 * That each trial fits by itself; batches take as many as fit together.
 * @throws out_of_memory naming the trial, where its memory would go, and the fields to change
 */
export function checkMemory(trials: readonly Trial[], onHost: (trial: Trial) => boolean): void {
  let [most, largest]: [number, Trial | undefined] = [0, undefined];
  for (const trial of trials) {
    if (!onHost(trial)) continue;
    const bytes = sumOf(trialBytes(trial.protocol));
    if (bytes > most) [most, largest] = [bytes, trial];
  }
  if (!largest) return;
  const { data, student, arrays } = trialBytes(largest.protocol);
  const parts = [
    `student ${Math.ceil(student)}, by student.width and the other widths`,
    `data ${data}, by data.train, data.validation, data.test and inputs`,
    `curves ${arrays}`,
  ];
  requireMemory(
    `the trial ${describeTrial(largest.protocol)} (bytes: ${parts.join('; ')})`,
    most,
    'Lower these fields',
  );
}

function sumOf({ data, student, arrays }: TrialBytes): number {
  return data + student + arrays;
}
