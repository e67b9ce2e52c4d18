/** Which trials train side by side: waves, one after the other, each of them one population. */
import { availableParallelism, totalmem } from 'node:os';
import type { ChosenDevice } from '../../network/device.js';
import type { Trial, TrialProtocol } from '../protocol/trials.js';

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

/** Trials in an order that depends on nothing but what they are. */
export function byDescendingCost(trials: readonly Trial[]): Trial[] {
  return trials.toSorted(
    (a, b) =>
      workOf(b.protocol) - workOf(a.protocol) ||
      a.protocol.trial - b.protocol.trial ||
      (a.key < b.key ? -1 : 1),
  );
}

/**
 * Trials by descending cost, so that what ends last is short, cut into waves. All of a wave have one dtype, as a
 * population has, and one number of epochs and of reports, as its chunks are epochs.
 * @param limitsOf the waves of a dtype: its device may be another one
 */
export function planWaves(
  trials: readonly Trial[],
  limitsOf: (dtype: TrialProtocol['dtype']) => WaveLimits,
): Trial[][] {
  const kinds = new Map<string, Trial[]>();
  for (const trial of byDescendingCost(trials)) {
    const { dtype, epochs, evaluation } = trial.protocol;
    const kind = `${dtype} ${epochs} ${evaluation.points}`;
    const members = kinds.get(kind);
    if (members) members.push(trial);
    else kinds.set(kind, [trial]);
  }
  const costOf = ([first]: Trial[]) => workOf((first as Trial).protocol);
  return [...kinds.values()]
    .flatMap((members) => cut(members, limitsOf((members[0] as Trial).protocol.dtype)))
    .sort((a, b) => costOf(b) - costOf(a));
}

function cut(trials: readonly Trial[], limits: WaveLimits): Trial[][] {
  const waves: Trial[][] = [];
  let bytes = 0;
  for (const trial of trials) {
    const wave = waves.at(-1);
    bytes += bytesOf(trial.protocol);
    if (wave && wave.length < limits.students && bytes <= limits.bytes) {
      wave.push(trial);
    } else {
      waves.push([trial]);
      bytes = bytesOf(trial.protocol);
    }
  }
  return waves;
}

/** Parameters of a student without those of its frozen read-out. */
function parametersOf({ teacher, student }: TrialProtocol): number {
  return student.width * (teacher.inputs + 1 + student.secondWidth);
}

/** Multiplications and additions, to a constant: what a trial costs against others. */
export function workOf(protocol: TrialProtocol): number {
  return protocol.epochs * protocol.data.train * parametersOf(protocol);
}

/** Steps that a trial takes. */
export function stepsOf({ epochs, data, arm }: TrialProtocol): number {
  return epochs * Math.ceil(data.train / arm.batchSize);
}

/** An upper estimate: parameters and two moments in float64; data in float64 with a copy of the population's dtype. */
export function bytesOf(protocol: TrialProtocol): number {
  const { train, validation, test } = protocol.data;
  const data = (train + validation + test) * (protocol.teacher.inputs + 1) * 16;
  return 3 * 8 * parametersOf(protocol) + data;
}
