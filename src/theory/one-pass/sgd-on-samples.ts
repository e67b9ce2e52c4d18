import { flag } from '../../arguments.js';
import { addon } from '../../native/load.js';
import { type OptionsOf, optional, optionsCheck, required, unchecked } from '../../options.js';
import { rate } from './normalisation.js';
import { checkRows, overlapsOf, type Rows, toRows } from './overlaps.js';

/** @internal */
const checkOptions = optionsCheck({
  /** Rows of the student at the start, p x N. */
  U: required<Rows>(unchecked),
  /** Rows of the teacher, p* x N; any. */
  V: required<Rows>(unchecked),
  /** Inputs, one row of N numbers per step. */
  samples: required<Rows>(unchecked),
  /** eta. */
  learningRate: required(rate),
  /** Whether each row is brought back to its norm at the start after each step. Default false. */
  spherical: optional(flag, false),
});
export interface SgdOnSamplesOptions extends OptionsOf<typeof checkOptions> {}

export interface SgdOnSamples {
  /** f - y before each step, one number per sample. */
  readonly deltas: number[];
  /** Rows of the student after the last step, p x N. */
  readonly U: number[][];
  /** p x p. */
  readonly Q: number[][];
  /** p x p*. */
  readonly R: number[][];
}

/**
 * The steps of onePassSgd on given inputs, by the same code as its engine 'direct', for sums over units.
 * @throws invalid_argument
 */
export function sgdOnSamples(options: SgdOnSamplesOptions): SgdOnSamples {
  const { learningRate, spherical, ...given } = checkOptions('sgdOnSamples', options);
  const U = checkRows('U of sgdOnSamples', given.U);
  const V = checkRows('V of sgdOnSamples', given.V, U.columns);
  const X = checkRows('samples of sgdOnSamples', given.samples, U.columns);
  const { delta, student } = addon().onePass.stepThrough({
    spherical,
    inputs: U.columns,
    units: U.rows,
    teacherUnits: V.rows,
    samples: X.rows,
    learningRate,
    student: U.values,
    teacher: V.values,
    x: X.values,
  });
  const { Q, R } = overlapsOf({ ...U, values: student }, V);
  return {
    deltas: Array.from(delta),
    U: toRows(student, U.columns),
    Q: toRows(Q, U.rows),
    R: toRows(R, V.rows),
  };
}
