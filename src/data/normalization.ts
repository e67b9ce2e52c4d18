/** Scales inputs for training. */
import { columnMoments } from '../analysis/moments.js';
import { finiteNumbers } from '../analysis/numbers.js';
import { invalid, knownKeys, oneOf } from '../arguments.js';
import { checkDataset, Dataset } from '../network/dataset.js';
import type { ImageShape } from '../network/image-shape.js';
import { finish, type Steps, stretches } from '../steps.js';
import { invalidData } from './labelled-samples.js';
import type { Splits } from './splits.js';

/**
 * `standard`: mean 0 and standard deviation 1 of each input; `standardPerChannel`: of each channel of images, over all of its
 * pixels; `unit`: each input from 0 to 1; `none`: as they are.
 */
export const normalizations = ['standard', 'standardPerChannel', 'unit', 'none'] as const;
export type NormalizationKind = (typeof normalizations)[number];

/**
 * Each input becomes (x - shift_j) / scale_j, where j is the input, or its channel. The numbers can be kept, in JSON as
 * `{ shift: [...shift], scale: [...scale] }`, and applied to other data later (normalizeInputs).
 */
export interface Normalization {
  /** [inputs], or [channels] for images. */
  readonly shift: Float64Array;
  /** As many; 1 for an input, or a channel, that is the same in all samples. */
  readonly scale: Float64Array;
}

/** A normalisation whose numbers may be lists, as JSON and YAML have them. */
export type GivenNormalization = { readonly [Name in keyof Normalization]: ArrayLike<number> };

/**
 * The normalisation that makes these data standard (population standard deviation) or unit; fit it to the
 * training part alone, as validation and test data are not known while training.
 * @throws invalid_argument; invalid_data: a range for `unit` that a float64 cannot hold, `standardPerChannel` for data that are
 *   no images
 */
export function fitNormalization(data: Dataset, kind: NormalizationKind): Normalization {
  checkDataset('data of fitNormalization', data);
  oneOf('kind of fitNormalization', kind, normalizations);
  const { inputCount } = data;
  const identity = { shift: new Float64Array(inputCount), scale: new Float64Array(inputCount).fill(1) };
  if (kind === 'none') return identity;
  if (kind === 'unit') return unit(data);
  if (kind === 'standard') return standard(data, inputCount, 1);
  const [channels, height, width] = imagesOf(data);
  return standard(data, channels, height * width);
}

/** The shape of the samples as `standardPerChannel` needs it. @throws invalid_data */
export function imagesOf({ inputShape, inputCount }: Dataset): ImageShape {
  if (inputShape) return inputShape;
  throw invalidData(
    `expected images for normalisation 'standardPerChannel', received samples of ${inputCount} features. Give them their shape ` +
      "with withShape(data, [channels, height, width]), or use 'standard'",
  );
}

/**
 * A column is constant, with scale 1, as scikit-learn's StandardScaler sees it (_is_constant_feature): where the deviation is
 * within the rounding error of as many equal numbers. A column of one value has exactly no deviation.
 */
function standard({ inputs }: Dataset, columns: number, area: number): Normalization {
  const { mean, deviation, count } = columnMoments(inputs, columns, area);
  const scale = deviation.map((value, j) => {
    const rounding = count * Number.EPSILON * Math.abs(mean[j] as number);
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
 * The data with other inputs, of the same kind of array and of the same shape; targets and classes are shared.
 * @param normalization by input; or, for images, by channel. Lists of numbers will do, as JSON has them
 * @throws invalid_argument when the normalisation is for another number of inputs, or of channels
 */
export function normalizeInputs(data: Dataset, normalization: GivenNormalization): Dataset {
  return finish(normalizeInputsSteps(data, checked(normalization)));
}

function checked(normalization: GivenNormalization): Normalization {
  knownKeys('the normalisation', normalization, ['shift', 'scale']);
  const shift = finiteNumbers('shift of the normalisation', normalization.shift);
  const scale = finiteNumbers('scale of the normalisation', normalization.scale);
  return { shift, scale };
}

function* normalizeInputsSteps(data: Dataset, { shift, scale }: Normalization): Steps<Dataset> {
  const { inputs, inputCount } = checkDataset('data of normalizeInputs', data);
  const columns = shift.length;
  checkNormalizationFits({ shift, scale }, data);
  const area = inputCount / columns;
  const moved = inputs.slice();
  for (const [from, to] of stretches(moved.length)) {
    for (let i = from; i < to; ++i) {
      const j = Math.floor((i % inputCount) / area);
      moved[i] = ((inputs[i] as number) - (shift[j] as number)) / (scale[j] as number);
    }
    yield;
  }
  return yield* Dataset.createSteps({ ...data.options(), inputs: moved });
}

/** @internal @throws invalid_argument when the normalisation is for another number of inputs, or of channels */
export function checkNormalizationFits(
  { shift, scale }: GivenNormalization,
  { inputCount, inputShape }: Dataset,
): void {
  const fits = shift.length === inputCount || shift.length === inputShape?.[0];
  if (fits && scale.length === shift.length) return;
  const channels = inputShape ? ` or ${inputShape[0]} channels` : '';
  throw invalid('the normalisation', `one of ${inputCount} inputs${channels}, as the data have`, shift);
}

/**
 * All three parts by the statistics of the training part, or by given numbers.
 * @throws as fitNormalization and normalizeInputs
 */
export function normalizeSplits(splits: Splits, kind: NormalizationKind | GivenNormalization): Splits {
  return finish(normalizeSplitsSteps(splits, kind));
}

/** @internal normalizeSplits as resumable steps, without the fit. */
export function* normalizeSplitsSteps(
  splits: Splits,
  kind: NormalizationKind | GivenNormalization,
): Steps<Splits> {
  if (typeof splits !== 'object' || splits === null)
    throw invalid('splits of normalizeSplits', 'an object { train, validation, test }', splits);
  const { train, validation, test } = splits;
  for (const [name, part] of Object.entries({ train, validation, test }))
    checkDataset(`${name} of normalizeSplits`, part);
  const normalization = typeof kind === 'object' ? checked(kind) : fitNormalization(train, kind);
  if (kind === 'none') return { train, validation, test };
  const of = (data: Dataset) => normalizeInputsSteps(data, normalization);
  return { train: yield* of(train), validation: yield* of(validation), test: yield* of(test) };
}
