import { canonicalJson } from '../../../protocol/canonical-json.js';
import { problemOf } from '../protocol/problem.js';
import { firstWidthOf } from '../protocol/student-schema.js';
import { type StudentProtocol, trainedWidths } from '../protocol/trial.js';
import { chunkOf } from '../protocol/trial-cost.js';

/**
 * Useful operations of a step per pattern, a multiply-add counting as two: the matrix products that every
 * implementation needs, as counted in bench/README.md. Forward and for the gradient of the weights in every trained
 * layer, and in all but the first for the gradient of its input; penalty, optimiser, activations and loss are not
 * counted.
 */
export function operationsPerPattern(protocol: StudentProtocol): number {
  let { inputs } = problemOf(protocol);
  let operations = -2 * inputs * firstWidthOf(protocol.student); // no gradient of the data
  for (const width of trainedWidths(protocol)) {
    operations += 6 * inputs * width;
    inputs = width;
  }
  return operations;
}

/** Useful operations of a step with a full batch. */
export function operationsPerStep(protocol: StudentProtocol): number {
  return protocol.arm.batchSize * operationsPerPattern(protocol);
}

/** Useful operations of the training of a trial. */
export function usefulOperations(protocol: StudentProtocol): number {
  return protocol.epochs * problemOf(protocol).samples.train * operationsPerPattern(protocol);
}

/** Without numbers that do not affect the arithmetic: rates, penalties' factors, seeds, the length of training. */
export function shapeOf(protocol: StudentProtocol): string {
  const { parametrization, data, student, arm, dtype } = protocol;
  const { trainable, optimizer, batchSize, alternating } = arm;
  const penalties = [arm.l1, arm.l2].map((penalty) => Object.values(penalty).some((factor) => factor > 0));
  return canonicalJson([
    ...[parametrization, problemOf(protocol).inputs, student, data, dtype, trainable, Object.keys(optimizer)],
    ...[batchSize, alternating !== null, penalties],
    ...(arm.groupLasso?.eigenvectors ? ['groupLasso'] : []),
  ]);
}

/** Number of evaluations during training. */
export function reportsOf(protocol: StudentProtocol): number {
  return Math.ceil(protocol.epochs / chunkOf(protocol));
}
