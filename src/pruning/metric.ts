/** The metric of a network that pruning observes. */
import { invalid } from '../arguments.js';
import { EigenstudentError } from '../errors.js';
import { endsInOneSigmoid, hasAccuracy } from '../network/binary-accuracy.js';
import type { Dataset } from '../network/dataset.js';
import type { Network } from '../network/network.js';

/**
 * 'loss': data loss, the lower the better. 'accuracy': share of samples whose class is right, the higher the better; see
 * Evaluation.
 */
export const metrics = ['loss', 'accuracy'] as const;
export type Metric = (typeof metrics)[number];

/** Default: accuracy where the network has one on these data. */
export function defaultMetric({ spec }: Network, data: Dataset): Metric {
  return hasAccuracy(spec, data) ? 'accuracy' : 'loss';
}

/** @throws invalid_argument for accuracy without classes; data_mismatch */
export async function measure(network: Network, data: Dataset, metric: Metric): Promise<number> {
  if (metric === 'accuracy' && !hasAccuracy(network.spec, data)) {
    const advice = endsInOneSigmoid(network.spec)
      ? 'One sigmoid output has an accuracy where every target is 0 or 1'
      : '';
    throw invalid('metric', "'loss' for data without classes", metric, advice);
  }
  return (await network.evaluate(data))[metric];
}

/**
 * The worst value that is still accepted.
 * @param degradation by how much of `reference` the metric may get worse: loss rise, or accuracy fall
 * @throws diverged when the reference is not finite
 */
export function worstAllowed(metric: Metric, reference: number, degradation: number): number {
  if (!Number.isFinite(reference)) {
    throw new EigenstudentError(
      'diverged',
      `expected a finite ${metric} of the unpruned network, received ${reference}. There is nothing to prune from`,
    );
  }
  return metric === 'loss' ? (1 + degradation) * reference : (1 - degradation) * reference;
}

/** Whether a value is at least as good as another. */
export function isAsGood(metric: Metric, value: number, bound: number): boolean {
  return metric === 'loss' ? value <= bound : value >= bound;
}
