import { denseArray, finiteNumber, invalid, knownKeys, oneOf } from '../arguments.js';
import { finiteNumbers, largest } from './numbers.js';

/** A node counts when its normalised relevance is above this; the paper's value (arXiv 2310.12612, effective size). */
export const defaultThreshold = 0.05;

export interface EffectiveSizeOptions {
  /** In [0, 1]; default 0.05, the paper's. */
  readonly threshold?: number;
  /**
   * The divisor of relevance; default the largest of `relevance` itself. For the paper's size figure give the
   * largest over all trials of a width.
   */
  readonly maximum?: number;
}

/**
 * Effective size n_lambda of a layer (arXiv 2310.12612): how many of its h nodes have relevance / maximum strictly
 * above the threshold. relevance: [h], non-negative, normalised or not. A layer whose nodes are all zero has size 0.
 */
export function effectiveSize(relevance: ArrayLike<number>, options: EffectiveSizeOptions = {}): number {
  knownKeys('effectiveSize', options, ['threshold', 'maximum']);
  const values = finiteNumbers('relevance', relevance, 0);
  const threshold = finiteNumber('threshold', options.threshold ?? defaultThreshold, 0, 1);
  const own = largest(values);
  const maximum = finiteNumber('maximum', options.maximum ?? own, 0);
  if (maximum < own) {
    throw invalid('maximum', `at least the largest relevance (${own})`, maximum, 'Pool it over all trials');
  }
  return divided(values, maximum).filter((value) => value > threshold).length;
}

/**
 * Relevances divided by their largest value. The paper does both: 'trial', every trial by its own maximum
 * (its path analysis), and 'pooled', all by the maximum over all trials (its size figure; one trial with one
 * strong node then lowers the effective size of all others). relevances: one [h] per trial, lengths may
 * differ; the result has the same shapes, values in [0, 1]. Where the maximum is 0 all values are 0.
 */
export function normalize(
  relevances: readonly ArrayLike<number>[],
  normalization: 'trial' | 'pooled',
): number[][] {
  oneOf('normalization', normalization, ['trial', 'pooled']);
  denseArray('relevances', 'an array of at least one trial', relevances);
  if (relevances.length === 0) throw invalid('relevances', 'an array of at least one trial', relevances);
  const trials = relevances.map((trial, index) => finiteNumbers(`relevances[${index}]`, trial, 0));
  const pooled = largest(trials.map(largest));
  return trials.map((trial) =>
    Array.from(divided(trial, normalization === 'pooled' ? pooled : largest(trial))),
  );
}

/** values / maximum, with 0 / 0 = 0: nodes that are all dead are all irrelevant. */
function divided(values: Float64Array, maximum: number): Float64Array {
  return values.map((value) => (maximum === 0 ? 0 : value / maximum));
}
