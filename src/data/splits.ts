import { types } from 'node:util';
import { finiteNumber, invalid, knownKeys } from '../arguments.js';
import type { FloatArray } from '../native/addon.js';
import { checkDataset, Dataset } from '../network/dataset.js';
import { checkSeed, checkTrial, uniforms } from '../network/random.js';
import { finish, type Steps, stepLength, stretches } from '../steps.js';
import { invalidData } from './labelled-samples.js';

/** One experiment's data: for training, for validation while training, and for one test at the end. */
export interface Splits {
  readonly train: Dataset;
  readonly validation: Dataset;
  readonly test: Dataset;
}

export interface SplitSizes {
  /** A fraction of the samples if below 1, else a number of samples. */
  readonly validation: number;
  /** Likewise; or a separate data set for testing, which is not split. */
  readonly test: number | { readonly samples: number };
}

export interface SplitOptions extends SplitSizes {
  readonly test: number | Dataset;
  /** Non-negative safe integer. */
  readonly seed: number;
  /** Integer below 2^32. Default 0. */
  readonly trial?: number;
  /**
   * Whether each part has the same share of each class, up to one sample. Default: true where there are
   * classes.
   */
  readonly stratified?: boolean;
}

/** Samples of each part. */
export interface PartCounts {
  readonly train: number;
  readonly validation: number;
  readonly test: number;
}

/**
 * How many samples each part gets; fractions are rounded.
 * @param samples to be split, without those of a separate test set
 * @throws invalid_argument for an invalid size; invalid_data when no sample would be left for training, or a
 *   part would be empty
 */
export function partCounts(samples: number, { validation, test }: SplitSizes): PartCounts {
  const count = (name: string, size: number) => {
    finiteNumber(`${name} of a split`, size, 0);
    if (size >= 1 && !Number.isInteger(size))
      throw invalid(`${name} of a split`, 'a fraction below 1 or a number of samples', size);
    return size < 1 ? Math.round(size * samples) : size;
  };
  const parts = {
    validation: count('validation', validation),
    test: typeof test === 'number' ? count('test', test) : test.samples,
  };
  const train = samples - parts.validation - (typeof test === 'number' ? parts.test : 0);
  const received = `${train} for training, ${parts.validation} for validation and ${parts.test} for test`;
  if (Math.min(train, parts.validation, parts.test) < 1)
    throw invalidData(`expected at least one sample in each part of ${samples}, received ${received}`);
  return { train, ...parts };
}

/**
 * Cuts data into parts at random. The parts depend on (seed, trial) alone; each sample is in one of them, in the order of the
 * data.
 * @throws invalid_argument, invalid_data: see partCounts
 */
export function splitData(data: Dataset, options: SplitOptions): Splits {
  return finish(splitDataSteps(data, options));
}

/** @internal splitData as resumable steps. */
export function* splitDataSteps(data: Dataset, options: SplitOptions): Steps<Splits> {
  knownKeys('splitData', options, ['validation', 'test', 'seed', 'trial', 'stratified']);
  checkDataset('data of splitData', data);
  const { validation, test, trial = 0, stratified = data.classes !== undefined } = options;
  if (typeof test !== 'number') checkDataset('test of splitData', test);
  if (stratified && !data.classes) throw invalid('stratified', 'false for data without classes', stratified);
  const stream = { seed: checkSeed('splitData', options.seed), trial: checkTrial('splitData', trial) };
  const counts = partCounts(data.samples, { validation, test });
  const order = shuffled(data.samples, stream);
  const sorted = stratified ? interleaved(order, data.classes as Uint32Array) : order;
  const cut = typeof test === 'number' ? counts.test : 0;
  const part = (from: number, to: number) => choose(data, sorted.slice(from, to).sort());
  return {
    train: yield* part(cut + counts.validation, data.samples),
    validation: yield* part(cut, cut + counts.validation),
    test: typeof test === 'number' ? yield* part(0, cut) : test,
  };
}

/** The numbers from 0 to below `count`, in random order. */
function shuffled(count: number, stream: { seed: number; trial: number }): Uint32Array {
  const keys = uniforms({ ...stream, purpose: 'split' }, count, 0, 1);
  return Uint32Array.from({ length: count }, (_, i) => i).sort(
    (a, b) => (keys[a] as number) - (keys[b] as number) || a - b,
  );
}

/**
 * An order in which any range has the same share of each class: the r-th of n samples of a class is placed at
 * (r + 1/2) / n.
 */
function interleaved(order: Uint32Array, classes: Uint32Array): Uint32Array {
  const sizes = new Map<number, number>();
  for (const value of classes) sizes.set(value, (sizes.get(value) ?? 0) + 1);
  const met = new Map<number, number>();
  const places = Float64Array.from(order, (sample) => {
    const own = classes[sample] as number;
    const rank = met.get(own) ?? 0;
    met.set(own, rank + 1);
    return (rank + 0.5) / (sizes.get(own) as number);
  });
  const sorted = Uint32Array.from(order, (_, i) => i).sort(
    (a, b) => (places[a] as number) - (places[b] as number) || a - b,
  );
  return sorted.map((i) => order[i] as number);
}

/** The samples of these indices; copies. */
function* choose(data: Dataset, samples: Uint32Array): Steps<Dataset> {
  const { inputs, inputCount, targets, targetCount, classes } = data;
  const named: Record<string, FloatArray> = {};
  for (const [name, values] of Object.entries(data.named))
    named[name] = yield* rows(values, values.length / data.samples, samples);
  const chosen = yield* rows(inputs, inputCount, samples);
  const learnt = targets && (yield* rows(targets, targetCount, samples));
  return yield* Dataset.createSteps({
    ...data.options(),
    inputs: chosen,
    targets: learnt,
    classes: classes && samples.map((i) => classes[i] as number),
    named,
  });
}

function* rows(matrix: FloatArray, columns: number, indices: Uint32Array): Steps<FloatArray> {
  const kind = types.isFloat32Array(matrix) ? Float32Array : Float64Array;
  const chosen = new kind(indices.length * columns);
  for (const [from, to] of stretches(indices.length, Math.ceil(stepLength / columns))) {
    for (let i = from; i < to; ++i) {
      const row = indices[i] as number;
      chosen.set(matrix.subarray(row * columns, (row + 1) * columns), i * columns);
    }
    yield;
  }
  return chosen;
}
