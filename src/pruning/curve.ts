import { effectiveSize, normalize } from '../analysis/effective-size.js';
import { knownKeys } from '../arguments.js';
import type { Dataset } from '../network/dataset.js';
import { rank } from './ranking.js';
import type { Criterion } from './relevance.js';
import { type RankingOptions, rankingKeys, type Source, scoreNodes } from './source.js';

/** Data loss against the number of kept nodes of one hidden layer of h nodes (arXiv 2310.12612, pruning figures). */
export interface PruningCurve {
  /** The criterion that ranked the nodes; 'given' for relevance that the caller gave. */
  readonly criterion: Criterion | 'given';
  readonly layer: number;
  /**
   * [h + 1]; entry k is the data loss (without penalty) with the k most relevant nodes kept: entry h is the unpruned
   * network's to rounding, entry 0 that of a network whose layer outputs only zeros.
   */
  readonly losses: Float64Array;
  /** [h], the first removed first. */
  readonly order: Uint32Array;
  /** [h], by node, divided by its own maximum. */
  readonly relevance: Float64Array;
  /** Nodes with normalised relevance above 0.05; for another threshold, effectiveSize(curve.relevance, { threshold }). */
  readonly effectiveSize: number;
}

/**
 * The loss for every number of kept nodes, removed by ascending relevance, in one native call that costs a few forward
 * passes instead of h + 1. A removed node outputs 0, whatever its bias and activation.
 * @param data what the loss is measured on; test data, if the curve is to be published
 * @throws invalid_argument, data_mismatch; population_busy while the student's population works
 */
export async function pruningCurve(
  source: Source,
  data: Dataset,
  options: RankingOptions = {},
): Promise<PruningCurve> {
  knownKeys('pruningCurve', options, rankingKeys);
  const { layer, criterion, relevance } = scoreNodes('pruningCurve', source, options);
  const order = rank(relevance);
  const losses = await source.pruningLosses(layer, order, data);
  const [normalized] = normalize([relevance], 'trial');
  return {
    criterion,
    layer,
    losses,
    order,
    relevance: Float64Array.from(normalized as number[]),
    effectiveSize: effectiveSize(relevance),
  };
}
