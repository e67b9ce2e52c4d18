/** Kinds of trials whose steps take the same time. */
import type { Trial, TrialProtocol } from '../protocol/experiment-form.js';
import { dtypeOf } from '../protocol/place.js';
import type { Timing } from './experiment.js';

export interface Shape {
  /** Equal for trials of one shape. */
  readonly name: string;
  /** An example. */
  readonly protocol: TrialProtocol;
  readonly trials: number;
}

/** Number of shapes that are measured; the others are interpolated. Arbitrary: they take a few seconds. */
const mostMeasured = 8;

/** Shapes by ascending useful operations of a step. */
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

/** At most eight of each dtype: the cheapest, the costliest, and others evenly between them by rank. */
export function someShapes(shapes: readonly Shape[]): Shape[] {
  const dtypes = [...new Set(shapes.map(({ protocol }) => dtypeOf(protocol)))];
  return dtypes.flatMap((dtype) => {
    const own = shapes.filter(({ protocol }) => dtypeOf(protocol) === dtype);
    if (own.length <= mostMeasured) return own;
    const place = (i: number) => Math.round((i * (own.length - 1)) / (mostMeasured - 1));
    return Array.from({ length: mostMeasured }, (_, i) => own[place(i)] as Shape);
  });
}
