/** Inputs on a scale that training copes with. */
import { invalid, oneOf } from '../arguments.js';
import type { FloatArray } from '../native/addon.js';
import { checkDataset, Dataset } from '../network/dataset.js';
import { finish, type Steps, stretches } from '../network/steps.js';
import type { Splits } from './splits.js';

/** `standard`: mean 0 and standard deviation 1 of each input; `unit`: from 0 to 1; `none`: as they are. */
export const normalizations = ['standard', 'unit', 'none'] as const;
export type NormalizationKind = (typeof normalizations)[number];

/** Each input j of a sample becomes (x_j - shift_j) / scale_j. */
export interface Normalization {
  /** [inputs] */
  readonly shift: Float64Array;
  /** [inputs]; 1 of an input that is the same in all samples. */
  readonly scale: Float64Array;
}

/**
 * The normalisation that makes these data standard (population standard deviation) or unit; to be fitted to the training part
 * alone, as what validation and test data are like is not known while training.
 * @throws invalid_argument
 */
export function fitNormalization(data: Dataset, kind: NormalizationKind): Normalization {
  checkDataset('data of fitNormalization', data);
  oneOf('kind of fitNormalization', kind, normalizations);
  const { inputCount } = data;
  const identity = { shift: new Float64Array(inputCount), scale: new Float64Array(inputCount).fill(1) };
  if (kind === 'none') return identity;
  return kind === 'standard' ? standard(data) : unit(data);
}

/** Two passes: the sum of squares of numbers far from 0 would lose their spread to rounding. */
function standard({ inputs, inputCount, samples }: Dataset): Normalization {
  const shift = new Float64Array(inputCount);
  const squares = new Float64Array(inputCount);
  eachNumber(inputs, inputCount, (x, j) => {
    shift[j] = (shift[j] as number) + x / samples;
  });
  eachNumber(inputs, inputCount, (x, j) => {
    squares[j] = (squares[j] as number) + (x - (shift[j] as number)) ** 2;
  });
  const scale = squares.map((sum, j) => {
    const deviation = Math.sqrt(sum / samples);
    // What rounding alone makes of equal numbers is no spread; 1e-12 is arbitrary, some thousand units in the last place.
    return deviation > 1e-12 * Math.abs(shift[j] as number) ? deviation : 1;
  });
  return { shift, scale };
}

function unit({ inputs, inputCount }: Dataset): Normalization {
  const low = new Float64Array(inputCount).fill(Infinity);
  const high = new Float64Array(inputCount).fill(-Infinity);
  eachNumber(inputs, inputCount, (x, j) => {
    if (x < (low[j] as number)) low[j] = x;
    if (x > (high[j] as number)) high[j] = x;
  });
  return { shift: low, scale: high.map((value, j) => value - (low[j] as number) || 1) };
}

function eachNumber(inputs: FloatArray, columns: number, visit: (x: number, column: number) => void): void {
  for (let i = 0; i < inputs.length; i += columns)
    for (let j = 0; j < columns; ++j) visit(inputs[i + j] as number, j);
}

/**
 * The data with other inputs, of the same kind of array; targets and classes are shared.
 * @throws invalid_argument when the normalisation is for another number of inputs
 */
export function normalizeInputs(data: Dataset, normalization: Normalization): Dataset {
  return finish(normalizeInputsSteps(data, normalization));
}

function* normalizeInputsSteps(data: Dataset, { shift, scale }: Normalization): Steps<Dataset> {
  const { inputs, inputCount, targets, targetCount, classes } = checkDataset('data of normalizeInputs', data);
  if (shift.length !== inputCount || scale.length !== inputCount)
    throw invalid('the normalisation', `one of ${inputCount} inputs, as the data have`, shift);
  const moved = inputs.slice();
  for (const [from, to] of stretches(moved.length)) {
    for (let i = from; i < to; ++i) {
      const j = i % inputCount;
      moved[i] = ((inputs[i] as number) - (shift[j] as number)) / (scale[j] as number);
    }
    yield;
  }
  return yield* Dataset.createSteps({
    inputs: moved,
    inputCount,
    ...(targets && { targets, targetCount }),
    ...(classes && { classes }),
  });
}

/** All three parts by the statistics of the training part. */
export function normalizeSplits(splits: Splits, kind: NormalizationKind): Splits {
  return finish(normalizeSplitsSteps(splits, kind));
}

/** @internal normalizeSplits in steps, but for the fit. */
export function* normalizeSplitsSteps(
  { train, validation, test }: Splits,
  kind: NormalizationKind,
): Steps<Splits> {
  const normalization = fitNormalization(train, kind);
  if (kind === 'none') return { train, validation, test };
  const of = (data: Dataset) => normalizeInputsSteps(data, normalization);
  return { train: yield* of(train), validation: yield* of(validation), test: yield* of(test) };
}
