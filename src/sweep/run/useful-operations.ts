import { hiddenWidths, type TrialProtocol } from '../protocol/trials.js';

/**
 * Useful operations of a step of one pattern, a multiply-add being two: the matrix products that no implementation can
 * leave out, as bench/README.md counts them. Forward and for the gradient of the weights in every hidden layer, and in all
 * but the first for the gradient of its input; penalty, optimiser, activations and loss are not counted.
 */
export function operationsPerPattern(protocol: TrialProtocol): number {
  let inputs = protocol.teacher.inputs;
  let operations = -2 * inputs * protocol.student.width; // no gradient of the data
  for (const width of hiddenWidths(protocol)) {
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
  return protocol.epochs * protocol.data.train * operationsPerPattern(protocol);
}
