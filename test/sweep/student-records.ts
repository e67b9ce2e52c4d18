/** Records of students that no training made, and what writes them. */
import { arraysToTensors, type PartialArrays } from '../../src/experiments/teacher-student/record/arrays.js';
import type {
  FailedStudent,
  FinishedStudent,
  StudentScalars,
} from '../../src/experiments/teacher-student/record/scalars.js';
import type { Trial } from '../../src/protocol/experiment-form.js';
import { sealRecord, type UnsealedRecord } from '../../src/runs/record.js';
import { writeTrial } from '../../src/runs/run-directory.js';
import { encodeArrays } from '../../src/runs/trial-arrays.js';
import type { Outcome } from '../../src/sweep/batch-options.js';
import type { TrialRecord } from '../../src/sweep.js';

type Seals = 'arraysSha256' | 'recordSha256';
export type FinishedStudentToSeal = Omit<FinishedStudent, Seals>;
export type FailedStudentToSeal = Omit<FailedStudent, Seals>;
export type StudentToSeal = FinishedStudentToSeal | FailedStudentToSeal;

/** The sweep's own writer, given the arrays of a student. */
export async function writeStudent(
  directory: string,
  record: StudentToSeal,
  arrays: PartialArrays,
): Promise<TrialRecord> {
  return (await writeTrial(directory, record as UnsealedRecord, arraysToTensors(arrays))) as TrialRecord;
}

export const sealStudent = sealRecord as unknown as (
  record: StudentToSeal,
  arraysSha256: string,
) => ReturnType<typeof sealRecord>;

/** The bytes of a student's arrays.safetensors. */
export function encodeStudentArrays(key: string, arrays: PartialArrays): Buffer {
  return encodeArrays(key, arraysToTensors(arrays));
}

/** The record with other measures. */
export function withScalars<R extends { readonly scalars: Partial<StudentScalars> }>(
  record: R,
  changes: Partial<StudentScalars>,
): R {
  return { ...record, scalars: { ...record.scalars, ...changes } };
}

/** Without what is only known of a trial that was measured. */
export function knownBefore({
  scalars,
  ...record
}: FinishedStudentToSeal): Omit<FailedStudentToSeal, 'error'> {
  const { parametrization, teacherSize, width, threshold, criterion, batchSize, epochs } = scalars;
  return {
    ...record,
    scalars: { parametrization, teacherSize, width, threshold, criterion, batchSize, epochs },
  };
}

/** The record that a sweep makes of an outcome, of a version that no package has. */
export function recordOf({ key, protocol }: Trial, { arrays: _, ...outcome }: Outcome): UnsealedRecord {
  const { trial, seed } = protocol;
  const versions = { eigenstudent: '0.0.0', node: '20.0.0' };
  const finishedAt = '2026-01-01T00:00:00.000Z';
  return {
    ...{ schema: 2, key, experiment: 'teacher-student', trial, seed, protocol, versions, finishedAt },
    ...{ dtype: 'float32', ...outcome },
  };
}
