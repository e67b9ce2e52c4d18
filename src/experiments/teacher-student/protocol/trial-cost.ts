/** The cost of a trial: its steps, and its relative arithmetic. */

import { problemOf } from './problem.js';
import { firstWidthOf } from './student-schema.js';
import { type StudentProtocol, trainedWidths } from './trial.js';

/** Epochs between two entries of a trial's history. */
export function chunkOf({ epochs, evaluation }: StudentProtocol): number {
  return Math.max(1, Math.ceil(epochs / evaluation.points));
}

/**
 * Number of parameters of a student without those of its frozen read-out; of eigenvalues, those of its first layer
 * alone.
 */
function parametersOf(protocol: StudentProtocol): number {
  let { inputs } = problemOf(protocol);
  let parameters = firstWidthOf(protocol.student);
  for (const width of trainedWidths(protocol)) {
    parameters += inputs * width;
    inputs = width;
  }
  return parameters;
}

/** Multiplications and additions, up to a constant factor: the relative cost of a trial. */
export function workOf(protocol: StudentProtocol): number {
  return protocol.epochs * problemOf(protocol).samples.train * parametersOf(protocol);
}

/** Steps that a trial takes. */
export function stepsOf(protocol: StudentProtocol): number {
  return protocol.epochs * Math.ceil(problemOf(protocol).samples.train / protocol.arm.batchSize);
}
