/** Kinds of trials that take the same time for a step. */
import type { Trial, TrialProtocol } from '../protocol/experiment-form.js';
import { dtypeOf } from '../protocol/place.js';
import type { Timing } from './experiment.js';

export interface Shape {
  /** Equal for trials of one shape. */
  readonly name: string;
  /** One of them. */
  readonly protocol: TrialProtocol;
  readonly trials: number;
}

/** As many as are tried; the others are interpolated. Arbitrary: a few seconds. */
const mostTried = 8;

/** By useful operations of a step. */
export function shapesOf(trials: readonly Trial[], timing: Timing): Shape[] {
  const shapes = new Map<string, { protocol: TrialProtocol; trials: number }>();
  for (const { protocol } of trials) {
    const name = timing.shapeOf(protocol);
    const shape = shapes.get(name);
    if (shape) shape.trials += 1;
    else shapes.set(name, { protocol, trials: 1 });
  }
  return [...shapes]
    .map(([name, shape]) => ({ name, ...shape }))
    .sort((a, b) => timing.operationsPerStep(a.protocol) - timing.operationsPerStep(b.protocol));
}

/** At most eight of each dtype, the cheapest and costliest among them and the others evenly between by rank. */
export function someShapes(shapes: readonly Shape[]): Shape[] {
  const dtypes = [...new Set(shapes.map(({ protocol }) => dtypeOf(protocol)))];
  return dtypes.flatMap((dtype) => {
    const own = shapes.filter(({ protocol }) => dtypeOf(protocol) === dtype);
    if (own.length <= mostTried) return own;
    const place = (i: number) => Math.round((i * (own.length - 1)) / (mostTried - 1));
    return Array.from({ length: mostTried }, (_, i) => own[place(i)] as Shape);
  });
}
