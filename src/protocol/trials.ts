/** From a protocol to its trials: one student each, named by all the numbers that it depends on. */
import { createHash } from 'node:crypto';
import { armOf } from './axes.js';
import { canonicalJson } from './canonical-json.js';
import { isFromFiles } from './file-data.js';
import { choose, combinations, type Dimension, dimensionsOf, dimensionsOfArm } from './grid.js';
import { byContents, problemOf, teacherSizeOf } from './problem.js';
import {
  type Arm,
  type Parametrization,
  type Protocol,
  type ProtocolPoint,
  parametrizations,
} from './protocol-schema.js';

export { canonicalJson } from './canonical-json.js';

/** Every number that the outcome of one trial depends on. A change of its meaning raises `schema`. */
export interface TrialProtocol {
  readonly schema: 1;
  readonly parametrization: Parametrization;
  /** Absent where data from files say themselves what is to be learned. */
  readonly teacher?: NonNullable<ProtocolPoint['teacher']>;
  /** In place of the path of each file its contents: see byContents. */
  readonly data: ProtocolPoint['data'];
  readonly student: ProtocolPoint['student'];
  readonly arm: Arm;
  readonly epochs: number;
  readonly seed: number;
  readonly trial: number;
  readonly dtype: ProtocolPoint['dtype'];
  readonly evaluation: ProtocolPoint['evaluation'];
}

export interface Trial {
  /** First 16 hexadecimal digits of the SHA-256 of the trial's protocol; names its folder. */
  readonly key: string;
  readonly protocol: TrialProtocol;
}

/**
 * The full grid, each trial once. The axes vary in the order in which the protocol has them, the last one fastest: those
 * that both arms share, then the arm, then its own axes, then the trial.
 */
export function expand(protocol: Protocol): Trial[] {
  const dimensions = dimensionsOf(protocol);
  const shared = dimensions.filter(({ axes }) => axes.some((axis) => armOf(axis) === undefined));
  const armsOf = armsWith(dimensions.filter((dimension) => !shared.includes(dimension)));
  const known = new WeakMap<object, string>(); // what trials share is written out once
  const trials = new Map<string, Trial>();
  for (const choice of combinations(shared)) {
    const grid = choose(protocol, choice);
    for (const parametrization of parametrizations) {
      for (const arm of armsOf(grid, parametrization)) {
        for (const trial of trialsAt(grid as ProtocolPoint, parametrization, arm)) {
          const key = trialKey(trial, known);
          trials.set(key, { key, protocol: trial });
        }
      }
    }
  }
  return [...trials.values()];
}

/** Every point of an arm; the same objects again for as long as what the arms share does not change it. */
function armsWith(dimensions: readonly Dimension[]): (grid: Protocol, arm: Parametrization) => Arm[] {
  const known = new WeakMap<object, Arm[]>();
  return (grid, name) => {
    const written = grid.arms[name];
    if (written === undefined) return [];
    const arms =
      known.get(written) ??
      [...combinations(dimensionsOfArm(dimensions, name))].map(
        (choice) => choose(grid, choice).arms[name] as Arm,
      );
    known.set(written, arms);
    return arms;
  };
}

/** All trials of one arm at one point of the grid. */
function trialsAt(point: ProtocolPoint, parametrization: Parametrization, arm: Arm): TrialProtocol[] {
  const { student, epochs, trials, seed, dtype, evaluation } = point;
  const posed = byContents(point);
  return Array.from({ length: trials }, (_, trial) => ({
    schema: 1,
    parametrization,
    ...posed,
    student,
    arm,
    epochs,
    seed,
    trial,
    dtype,
    evaluation,
  }));
}

/**
 * Depends on the values alone: neither on the order of the fields nor on how the file was written.
 * @param known see canonicalJson
 */
export function trialKey(protocol: TrialProtocol, known?: WeakMap<object, string>): string {
  return createHash('sha256').update(canonicalJson(protocol, known)).digest('hex').slice(0, 16);
}

/**
 * What trials share when they learn from the same samples: all widths and both parametrisations of a trial do, unless the
 * seed is shared.
 */
export function dataKey(protocol: TrialProtocol): string {
  const { teacher, data, seed } = protocol;
  return canonicalJson({ teacher, data, seed, trial: dataTrial(protocol) });
}

/** No trial has it: there are at most 2^32 - 1 of them. */
const sharedTrial = 2 ** 32 - 1;

/** Whether the trial's data are those of every direct trial: see data.sharedSeed. */
export function sharesSeed({ parametrization, data }: TrialProtocol): boolean {
  return !isFromFiles(data) && data.sharedSeed === true && parametrization === 'direct';
}

/** Names the stream that the data of a trial are drawn from. */
export function dataTrial(protocol: TrialProtocol): number {
  return sharesSeed(protocol) ? sharedTrial : protocol.trial;
}

/** Nodes of each hidden layer of the student, first to last. */
export function hiddenWidths({ student }: TrialProtocol): number[] {
  const { width, secondWidth, thirdWidth } = student;
  return [width, secondWidth, ...(thirdWidth === undefined ? [] : [thirdWidth])];
}

/** The same with the read-out, where it is trained. */
export function trainedWidths(protocol: TrialProtocol): number[] {
  const { outputs, readout } = problemOf(protocol);
  return [...hiddenWidths(protocol), ...(readout === 'dense' ? [outputs] : [])];
}

/** "spectral, width 200, trial 3, teacher size 20": how messages and reports name a trial. */
export function describeTrial(protocol: TrialProtocol): string {
  const { parametrization, student, trial } = protocol;
  const size = teacherSizeOf(protocol);
  return `${parametrization}, width ${student.width}, trial ${trial}${size > 0 ? `, teacher size ${size}` : ''}`;
}
