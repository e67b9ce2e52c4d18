import { problemOf } from '../protocol/problem.js';
import { type TrialProtocol, trainedWidths } from '../protocol/trials.js';

/**
 * Useful operations of a step of one pattern, a multiply-add being two: the matrix products that no implementation can
 * leave out, as bench/README.md counts them. Forward and for the gradient of the weights in every layer that is trained, and in all
 * but the first for the gradient of its input; penalty, optimiser, activations and loss are not counted.
 */
export function operationsPerPattern(protocol: TrialProtocol): number {
  let { inputs } = problemOf(protocol);
  let operations = -2 * inputs * protocol.student.width; // no gradient of the data
  for (const width of trainedWidths(protocol)) {
    operations += 6 * inputs * width;
    inputs = width;
  }
  return operations;
}

/** Of a step with a full batch. */
export function operationsPerStep(protocol: TrialProtocol): number {
  return protocol.arm.batchSize * operationsPerPattern(protocol);
}

/** Useful operations of the training of a trial. */
export function usefulOperations(protocol: TrialProtocol): number {
  return protocol.epochs * problemOf(protocol).samples.train * operationsPerPattern(protocol);
}
