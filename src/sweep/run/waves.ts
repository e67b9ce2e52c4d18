/** Which trials train side by side: waves, one after the other, each of them one population. */
import { availableParallelism, totalmem } from 'node:os';
import type { ChosenDevice } from '../../network/device.js';
import { problemOf } from '../protocol/problem.js';
import { type Trial, type TrialProtocol, trainedWidths } from '../protocol/trials.js';

/** Students per thread in a wave: enough that no core waits long for the others, few enough that trials finish early. */
const studentsPerThread = 4;
/** Of parameters, moments and data in a wave; arbitrary, it binds only on CPUs with hundreds of cores. */
const maximumBytes = 2 * 2 ** 30;

/** Of one wave. */
export interface WaveLimits {
  readonly students: number;
  /** Of parameters, moments and data. */
  readonly bytes: number;
}

/** A GPU is filled by all there is; a CPU by a few students a thread. */
export function waveLimits(
  device: ChosenDevice['device'],
  threads: number = availableParallelism(),
): WaveLimits {
  // A quarter of the memory, and 8 GiB at most: arbitrary, but the whole paper (720 trials, 2.5 GB) fits.
  if (device === 'cuda') return { students: Infinity, bytes: Math.min(8 * 2 ** 30, totalmem() / 4) };
  return { students: studentsPerThread * threads, bytes: maximumBytes };
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
 * What fits in one wave. Its trials have one dtype, as a population has, one number of epochs, so that none waits long for
 * another, and one number of points, as the history of all is written at the same epochs.
 */
export class WaveRoom {
  #students = 0;
  #bytes = 0;
  #kind: string | undefined;

  #limits: WaveLimits | undefined;

  /** @param limitsOf the waves of a dtype: its device may be another one */
  constructor(readonly limitsOf: (dtype: TrialProtocol['dtype']) => WaveLimits) {}

  get isFull(): boolean {
    return this.#limits !== undefined && this.#students >= this.#limits.students;
  }

  /** A trial that is too large by itself has a wave of its own. */
  takes({ protocol }: Trial): boolean {
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

/** The waves of a process that has all trials to itself: those of one kind together, the costly ones first. */
export function planWaves(
  trials: readonly Trial[],
  limitsOf: (dtype: TrialProtocol['dtype']) => WaveLimits,
): Trial[][] {
  const open = new Map<string, { room: WaveRoom; wave: Trial[] }>();
  const waves: Trial[][] = [];
  for (const trial of byDescendingCost(trials)) {
    const kind = kindOf(trial.protocol);
    let last = open.get(kind);
    if (!last?.room.takes(trial)) {
      last = { room: new WaveRoom(limitsOf), wave: [] };
      open.set(kind, last);
      waves.push(last.wave);
    }
    last.room.add(trial);
    last.wave.push(trial);
  }
  return waves;
}

function kindOf({ dtype, epochs, evaluation }: TrialProtocol): string {
  return `${dtype} ${epochs} ${evaluation.points}`;
}

/** Epochs between two entries of a trial's history. */
export function chunkOf({ epochs, evaluation }: TrialProtocol): number {
  return Math.max(1, Math.ceil(epochs / evaluation.points));
}

/** Parameters of a student without those of its frozen read-out; the eigenvalues of its first layer alone. */
function parametersOf(protocol: TrialProtocol): number {
  let { inputs } = problemOf(protocol);
  let parameters = protocol.student.width;
  for (const width of trainedWidths(protocol)) {
    parameters += inputs * width;
    inputs = width;
  }
  return parameters;
}

/** Multiplications and additions, to a constant: what a trial costs against others. */
export function workOf(protocol: TrialProtocol): number {
  return protocol.epochs * problemOf(protocol).samples.train * parametersOf(protocol);
}

/** Steps that a trial takes. */
export function stepsOf(protocol: TrialProtocol): number {
  return protocol.epochs * Math.ceil(problemOf(protocol).samples.train / protocol.arm.batchSize);
}

/** An upper estimate: parameters and two moments in float64; data in float64 with a copy of the population's dtype. */
export function bytesOf(protocol: TrialProtocol): number {
  const { samples, inputs, outputs } = problemOf(protocol);
  const data = (samples.train + samples.validation + samples.test) * (inputs + outputs) * 16;
  return 3 * 8 * parametersOf(protocol) + data;
}
