/** The protocol of one trial: one student, and every number that its outcome depends on. */
import { canonicalJson } from '../../../protocol/canonical-json.js';
import type { Trial, TrialProtocol } from '../../../protocol/experiment-form.js';
import { isFromFiles } from '../../../protocol/files/file-data.js';
import { byContents, problemOf, teacherSizeOf } from './problem.js';
import type { ArmFields, Parametrization, ProtocolPoint } from './schema.js';
import { firstWidthOf, hiddenLayersOf } from './student-schema.js';

/** Every number that the outcome of one trial depends on. A change of the meaning of any increments `schema`. */
export interface StudentProtocol extends TrialProtocol {
  readonly schema: 1;
  readonly parametrization: Parametrization;
  /** Absent where data from files contain the labels. */
  readonly teacher?: NonNullable<ProtocolPoint['teacher']>;
  /** With the contents of each file in place of its path: see byContents. */
  readonly data: ProtocolPoint['data'];
  readonly student: ProtocolPoint['student'];
  readonly arm: ArmFields;
  /** Absent where images are not moved. */
  readonly augment?: NonNullable<ProtocolPoint['augment']>;
  readonly epochs: number;
  readonly dtype: ProtocolPoint['dtype'];
  readonly evaluation: ProtocolPoint['evaluation'];
}
export type StudentTrial = Trial<StudentProtocol>;

/** The trials of one arm at one point of the grid, by their index. */
export function trialsAt(
  point: ProtocolPoint,
  arm: { readonly name: string; readonly fields: object } | undefined,
): (trial: number) => StudentProtocol {
  const { student, augment, epochs, seed, dtype, evaluation } = point;
  const posed = byContents(point);
  const { name, fields } = arm as { name: Parametrization; fields: ArmFields };
  return (trial) => ({
    schema: 1,
    parametrization: name,
    ...posed,
    student,
    arm: fields,
    ...(augment && { augment }),
    epochs,
    seed,
    trial,
    dtype,
    evaluation,
  });
}

/**
 * Equal for trials that learn from the same samples: all widths and both parametrisations of a trial, unless the seed
 * is shared.
 */
export function dataKey(protocol: StudentProtocol): string {
  const { teacher, data, seed } = protocol;
  return canonicalJson({ teacher, data, seed, trial: dataTrial(protocol) });
}

/** No trial has this index: there are at most 2^32 - 1 of them. */
const sharedTrial = 2 ** 32 - 1;

/** Whether the trial has the data common to all direct trials: see data.sharedSeed. */
export function sharesSeed({ parametrization, data }: StudentProtocol): boolean {
  return !isFromFiles(data) && data.sharedSeed === true && parametrization === 'direct';
}

/** Names the stream that the data of a trial are drawn from. */
export function dataTrial(protocol: StudentProtocol): number {
  return sharesSeed(protocol) ? sharedTrial : protocol.trial;
}

/** Nodes of each hidden layer of the student, first to last. */
export function hiddenWidths({ student }: StudentProtocol): number[] {
  return hiddenLayersOf(student).map(({ width }) => width);
}

/** The same with the read-out, where it is trained. */
export function trainedWidths(protocol: StudentProtocol): number[] {
  const { outputs, readout } = problemOf(protocol);
  return [...hiddenWidths(protocol), ...(readout === 'dense' ? [outputs] : [])];
}

/** "spectral, width 200, trial 3, teacher size 20": the name of a trial in messages and reports. */
export function describeTrial(protocol: StudentProtocol): string {
  const { parametrization, student, trial } = protocol;
  const size = teacherSizeOf(protocol);
  return `${parametrization}, width ${firstWidthOf(student)}, trial ${trial}${size > 0 ? `, teacher size ${size}` : ''}`;
}
