/** Memory of a trial by part, on a CPU: upper estimates. */

import { bytesOfStudent } from '../../../network/memory-needs.js';
import { problemOf } from '../protocol/problem.js';
import { firstWidthOf } from '../protocol/student-schema.js';
import { hiddenWidths, type StudentProtocol } from '../protocol/trial.js';

interface TrialBytes {
  /** Float64, with a copy of the population's dtype. */
  readonly data: number;
  /** Parameters and moments, and the workspace of one student. */
  readonly student: number;
  /** Pruning curves, relevance and the history of its nodes, until they are written. */
  readonly arrays: number;
}

function trialBytes(protocol: StudentProtocol): TrialBytes {
  const { samples, inputs, outputs } = problemOf(protocol);
  const { dtype, arm, evaluation } = protocol;
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
    arrays: 8 * curves * (firstWidthOf(protocol.student) + 1),
  };
}

/** Memory of a trial in a batch: data, and parameters, moments and workspace of its student. */
export function bytesOf(protocol: StudentProtocol): number {
  const { data, student } = trialBytes(protocol);
  return data + student;
}

/** Memory of a trial alone, with the fields of the protocol that its parts depend on. */
export function memoryOf(protocol: StudentProtocol): { readonly bytes: number; readonly parts: string } {
  const { data, student, arrays } = trialBytes(protocol);
  const parts = [
    `student ${Math.ceil(student)}, by student.width and the other widths`,
    `data ${data}, by data.train, data.validation, data.test and inputs`,
    `curves ${arrays}`,
  ];
  return { bytes: data + student + arrays, parts: parts.join('; ') };
}
