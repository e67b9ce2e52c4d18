/** What a trial costs: its steps, and its work against that of others. */
import { problemOf } from './problem.js';
import { type TrialProtocol, trainedWidths } from './trials.js';

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
