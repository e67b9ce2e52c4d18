import type { TrialProtocol } from '../protocol/trials.js';

/**
 * Useful operations of a step of one pattern, a multiply-add being two: the matrix products that no implementation can
 * leave out, as bench/README.md counts them. Forward and for the gradient of the weights in both layers, and in the
 * second for the gradient of its input; penalty, optimiser, activations and loss are not counted.
 */
export function operationsPerPattern({ teacher, student }: TrialProtocol): number {
  return 2 * student.width * (2 * teacher.inputs + 3 * student.secondWidth);
}

/** Of a step with a full batch. */
export function operationsPerStep(protocol: TrialProtocol): number {
  return protocol.arm.batchSize * operationsPerPattern(protocol);
}

/** Useful operations of the training of a trial. */
export function usefulOperations(protocol: TrialProtocol): number {
  return protocol.epochs * protocol.data.train * operationsPerPattern(protocol);
}
