/** Kinds of students that take the same time for a step. */
import { canonicalJson } from '../protocol/canonical-json.js';
import { problemOf } from '../protocol/problem.js';
import type { Trial, TrialProtocol } from '../protocol/trials.js';
import { operationsPerStep } from './useful-operations.js';

export interface Shape {
  /** Equal for students of one shape. */
  readonly name: string;
  /** One of them. */
  readonly protocol: TrialProtocol;
  readonly trials: number;
}

/** As many as are tried; the others are interpolated. Arbitrary: a few seconds. */
const mostTried = 8;

/** By useful operations of a step. */
export function shapesOf(trials: readonly Trial[]): Shape[] {
  const shapes = new Map<string, { protocol: TrialProtocol; trials: number }>();
  for (const { protocol } of trials) {
    const name = shapeName(protocol);
    const shape = shapes.get(name);
    if (shape) shape.trials += 1;
    else shapes.set(name, { protocol, trials: 1 });
  }
  return [...shapes]
    .map(([name, shape]) => ({ name, ...shape }))
    .sort((a, b) => operationsPerStep(a.protocol) - operationsPerStep(b.protocol));
}

/** Without the numbers that arithmetic does not depend on: rates, penalties' factors, seeds, the length of training. */
export function shapeName(protocol: TrialProtocol): string {
  const { parametrization, data, student, arm, dtype } = protocol;
  const { trainable, optimizer, batchSize, alternating } = arm;
  const penalties = [arm.l1, arm.l2].map((penalty) => Object.values(penalty).some((factor) => factor > 0));
  return canonicalJson([
    ...[parametrization, problemOf(protocol).inputs, student, data, dtype, trainable, Object.keys(optimizer)],
    ...[batchSize, alternating !== null, penalties],
    ...(arm.groupLasso?.eigenvectors ? ['groupLasso'] : []),
  ]);
}

/** At most eight of each dtype, the cheapest and costliest among them and the others evenly between by rank. */
export function someShapes(shapes: readonly Shape[]): Shape[] {
  const dtypes = [...new Set(shapes.map(({ protocol }) => protocol.dtype))];
  return dtypes.flatMap((dtype) => {
    const own = shapes.filter(({ protocol }) => protocol.dtype === dtype);
    if (own.length <= mostTried) return own;
    const place = (i: number) => Math.round((i * (own.length - 1)) / (mostTried - 1));
    return Array.from({ length: mostTried }, (_, i) => own[place(i)] as Shape);
  });
}
