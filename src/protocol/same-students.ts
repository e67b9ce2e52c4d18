/** Axes along which nothing of the training differs: each student is trained again for every value. */
import { axesOf } from './axes.js';
import type { Protocol } from './protocol-schema.js';

export interface SameStudents {
  /** Path of the field: "evaluation.threshold". */
  readonly name: string;
  readonly values: readonly unknown[];
}

/** Those of `evaluation`, which says how a student is looked at. */
export function sameStudents(protocol: Protocol): SameStudents[] {
  return axesOf(protocol)
    .filter(({ path, values }) => path[0] === 'evaluation' && values.length > 1)
    .map(({ name, values }) => ({ name, values }));
}
