import { finiteNumber, knownKeys } from '../arguments.js';
import { EigenstudentError } from '../errors.js';
import type { Dataset } from '../network/dataset.js';
import type { Network } from '../network/network.js';
import { pruningCurve } from './curve.js';
import { type Selection, select } from './ranking.js';
import { checkRound, roundedUp } from './rounding.js';
import { type RankingOptions, rankingKeys, type Source, scoreNodes } from './source.js';
import { keepNodes } from './surgery.js';

/** The number of kept units is rounded up to a multiple. */
export interface RoundOptions {
  /** Kept units are rounded up to a multiple of this, at most to the width: 8, 16 suit vectors of hardware. Default 1. */
  readonly round?: number;
}

/** How far to prune: exactly one of keep and percentile. */
export type PruneOptions = Selection & RankingOptions & RoundOptions;

/**
 * A copy of the network without the least relevant units of one hidden layer and of those that share them, nodes or channels. It has
 * the source's dtype and can predict, be saved or be trained further; keepNodes describes what happens to the tensors.
 * @throws invalid_argument when keep is 0 or above h, both or none of keep and percentile is given, the layer is not a
 * hidden one, or it lacks the tensors of the criterion
 */
export function prune(source: Source, options: PruneOptions): Network {
  knownKeys('prune', options, ['keep', 'percentile', 'round', ...rankingKeys]);
  const { round = 1 } = options;
  checkRound('round', round);
  const { network, layer, relevance } = scoreNodes('prune', source, options);
  return keepNodes(network, layer, roundedUp(relevance, select(relevance, options), round));
}

export interface PruneUntilOptions extends RankingOptions {
  /** At how many numbers of kept units the loss is measured, as in pruningCurve. Default: at all. */
  readonly points?: number;
  /** By how much the loss may grow, as a fraction of the unpruned network's; default 0.01, arbitrary. */
  readonly maxDegradation?: number;
}

export interface PrunedUntil {
  readonly network: Network;
  /** Units that were kept, from 1 to h. */
  readonly kept: number;
  /** Data loss of the unpruned network. */
  readonly lossBefore: number;
  /** Data loss of `network`, at most (1 + maxDegradation) lossBefore. */
  readonly lossAfter: number;
}

/**
 * Prunes while the loss on `data` stays at most (1 + maxDegradation) times the unpruned network's. The pruning curve is
 * read from the full width down, one unit at a time, to the first width that breaks the bound:
 * narrower widths that satisfy it again, by chance, are not searched for. With `points` it is read at so many widths only; where a
 * width costs a pass over the data, that is fewer passes for a coarser choice. Use validation data, not the data of reported results.
 * @throws invalid_argument, data_mismatch, diverged when the unpruned loss is not finite; population_busy
 */
export async function pruneUntil(
  source: Source,
  data: Dataset,
  options: PruneUntilOptions = {},
): Promise<PrunedUntil> {
  knownKeys('pruneUntil', options, ['maxDegradation', ...rankingKeys, 'points']);
  const { maxDegradation = 0.01, points, ...ranking } = options;
  finiteNumber('maxDegradation', maxDegradation, 0);
  const { network, layer, relevance } = scoreNodes('pruneUntil', source, ranking);
  const { losses, kept } = await pruningCurve(source, data, {
    ...{ layer, relevance },
    points: points ?? relevance.length + 1,
  });
  const lossBefore = losses.at(-1) as number;
  if (!Number.isFinite(lossBefore)) {
    throw new EigenstudentError(
      'diverged',
      `expected a finite loss of the unpruned network, received ${lossBefore}. There is nothing to prune from`,
    );
  }
  const bound = (1 + maxDegradation) * lossBefore;
  let at = losses.length - 1;
  while (at > 0 && (kept[at - 1] as number) > 0 && (losses[at - 1] as number) <= bound) --at;
  const count = kept[at] as number;
  const pruned = keepNodes(network, layer, select(relevance, { keep: count }));
  return { network: pruned, kept: count, lossBefore, lossAfter: losses[at] as number };
}
