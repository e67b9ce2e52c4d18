/** Scales inputs for training. */
import { columnMoments } from '../analysis/moments.js';
import { finiteNumbers } from '../analysis/numbers.js';
import { invalid, knownKeys, oneOf } from '../arguments.js';
import { checkDataset, Dataset } from '../network/dataset.js';
import { finish, type Steps, stretches } from '../steps.js';
import { invalidData } from './labelled-samples.js';
import type { Splits } from './splits.js';

/** `standard`: mean 0 and standard deviation 1 of each input; `unit`: from 0 to 1; `none`: as they are. */
export const normalizations = ['standard', 'unit', 'none'] as const;
export type NormalizationKind = (typeof normalizations)[number];

/** Each input j of a sample becomes (x_j - shift_j) / scale_j. */
export interface Normalization {
  /** [inputs] */
  readonly shift: Float64Array;
  /** [inputs]; 1 for an input that is the same in all samples. */
  readonly scale: Float64Array;
}

/**
 * The normalisation that makes these data standard (population standard deviation) or unit; fit it to the
 * training part alone, as validation and test data are not known while training.
 * @throws invalid_argument; invalid_data: a range for `unit` that a float64 cannot hold
 */
export function fitNormalization(data: Dataset, kind: NormalizationKind): Normalization {
  checkDataset('data of fitNormalization', data);
  oneOf('kind of fitNormalization', kind, normalizations);
  const { inputCount } = data;
  const identity = { shift: new Float64Array(inputCount), scale: new Float64Array(inputCount).fill(1) };
  if (kind === 'none') return identity;
  return kind === 'standard' ? standard(data) : unit(data);
}

/**
 * A column is constant, with scale 1, as scikit-learn's StandardScaler sees it (_is_constant_feature): where the deviation is
 * within the rounding error of `samples` equal numbers. A column of one value has exactly no deviation.
 */
function standard({ inputs, inputCount, samples }: Dataset): Normalization {
  const { mean, deviation } = columnMoments(inputs, inputCount);
  const scale = deviation.map((value, j) => {
    const rounding = samples * Number.EPSILON * Math.abs(mean[j] as number);
    return value > rounding ? value : 1;
  });
  return { shift: mean, scale };
}

function unit({ inputs, inputCount }: Dataset): Normalization {
  const { minimum, maximum } = columnMoments(inputs, inputCount);
  const scale = maximum.map((high, j) => {
    const low = minimum[j] as number;
    if (Number.isFinite(high - low)) return high - low || 1;
    throw invalidData(
      `expected inputs whose range is a float64, received ${low} to ${high} for input ${j}. Divide them by a constant`,
    );
  });
  return { shift: minimum, scale };
}

/**
 * The data with other inputs, of the same kind of array; targets and classes are shared.
 * @throws invalid_argument when the normalisation is for another number of inputs
 */
export function normalizeInputs(data: Dataset, normalization: Normalization): Dataset {
  knownKeys('the normalisation', normalization, ['shift', 'scale']);
  const shift = finiteNumbers('shift of the normalisation', normalization.shift);
  const scale = finiteNumbers('scale of the normalisation', normalization.scale);
  return finish(normalizeInputsSteps(data, { shift, scale }));
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
    targets,
    targetCount: targets && targetCount,
    classes,
  });
}

/**
 * All three parts by the statistics of the training part.
 * @throws invalid_argument
 */
export function normalizeSplits(splits: Splits, kind: NormalizationKind): Splits {
  return finish(normalizeSplitsSteps(splits, kind));
}

/** @internal normalizeSplits as resumable steps, without the fit. */
export function* normalizeSplitsSteps(splits: Splits, kind: NormalizationKind): Steps<Splits> {
  if (typeof splits !== 'object' || splits === null)
    throw invalid('splits of normalizeSplits', 'an object { train, validation, test }', splits);
  const { train, validation, test } = splits;
  for (const [name, part] of Object.entries({ train, validation, test }))
    checkDataset(`${name} of normalizeSplits`, part);
  const normalization = fitNormalization(train, kind);
  if (kind === 'none') return { train, validation, test };
  const of = (data: Dataset) => normalizeInputsSteps(data, normalization);
  return { train: yield* of(train), validation: yield* of(validation), test: yield* of(test) };
}
