/** What a trial costs: its steps, and its work against that of others. */

import { problemOf } from './problem.js';
import { firstWidthOf } from './student-schema.js';
import { type StudentProtocol, trainedWidths } from './trial.js';

/** Epochs between two entries of a trial's history. */
export function chunkOf({ epochs, evaluation }: StudentProtocol): number {
  return Math.max(1, Math.ceil(epochs / evaluation.points));
}

/** Parameters of a student without those of its frozen read-out; the eigenvalues of its first layer alone. */
function parametersOf(protocol: StudentProtocol): number {
  let { inputs } = problemOf(protocol);
  let parameters = firstWidthOf(protocol.student);
  for (const width of trainedWidths(protocol)) {
    parameters += inputs * width;
    inputs = width;
  }
  return parameters;
}

/** Multiplications and additions, to a constant: what a trial costs against others. */
export function workOf(protocol: StudentProtocol): number {
  return protocol.epochs * problemOf(protocol).samples.train * parametersOf(protocol);
}

/** Steps that a trial takes. */
export function stepsOf(protocol: StudentProtocol): number {
  return protocol.epochs * Math.ceil(problemOf(protocol).samples.train / protocol.arm.batchSize);
}
