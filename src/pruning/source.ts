import { finiteNumbers } from '../analysis/numbers.js';
import { invalid } from '../arguments.js';
import { EigenstudentError } from '../errors.js';
import { unitsOf } from '../network/description.js';
import type { Layer } from '../network/layers.js';
import { Network } from '../network/network.js';
import { checkHiddenLayer } from '../network/removal-order.js';
import { Student } from '../population/student.js';
import { type Criterion, defaultCriterion, relevance } from './relevance.js';

/** What can be pruned. A student in a population is not changed: its network is read once. */
export type Source = Network | Student;

/** Which nodes are ranked, and by which criterion. */
export interface RankingOptions {
  /** Index of a hidden layer; default 0. */
  readonly layer?: number;
  /** Default: 'L' for a spectral layer, 'M' for a dense one, as in the paper (arXiv 2310.12612). */
  readonly criterion?: Criterion;
  /** [h], instead of a criterion: scores of the caller's, non-negative; random numbers make a control. */
  readonly relevance?: ArrayLike<number>;
}
export const rankingKeys = ['layer', 'criterion', 'relevance'] as const;

/** A source whose nodes have been scored. */
export interface Scored {
  readonly network: Network;
  readonly layer: number;
  readonly criterion: Criterion | 'given';
  /** [h], not normalised */
  readonly relevance: Float64Array;
}

/** Reads the network and scores the nodes of the chosen layer. @param where the caller's name, for errors */
export function scoreNodes(where: string, source: Source, options: RankingOptions): Scored {
  const network = networkOf(where, source);
  const layer = checkHiddenLayer(network.spec, options.layer ?? 0);
  if (options.relevance !== undefined) {
    const width = unitsOf(network.spec, layer);
    return { network, layer, criterion: 'given', relevance: givenRelevance(options, layer, width) };
  }
  const criterion = options.criterion ?? defaultCriterion(network.spec.layers[layer] as Layer);
  return { network, layer, criterion, relevance: relevance(network, layer, criterion) };
}

/** [width] */
function givenRelevance(options: RankingOptions, layer: number, width: number): Float64Array {
  const scores = finiteNumbers('relevance', options.relevance as ArrayLike<number>, 0);
  if (options.criterion !== undefined) {
    throw new EigenstudentError(
      'invalid_argument',
      `expected a criterion or a relevance, received both (criterion "${options.criterion}"). Leave one out`,
    );
  }
  if (scores.length === width) return scores;
  throw invalid('relevance', `${width} numbers, one per node of layer ${layer}`, options.relevance);
}

/**
 * @param where the caller's name, for errors
 * @throws invalid_argument; diverged when a parameter of any layer is not finite: the pruned network could
 *   not predict
 */
export function networkOf(where: string, source: unknown): Network {
  if (!(source instanceof Student || source instanceof Network))
    throw invalid(`the first argument of ${where}`, 'a Network or a Student', source);
  const network = source instanceof Student ? source.network() : source;
  for (const [name, values] of network.tensors()) {
    const index = values.findIndex((value: number) => !Number.isFinite(value));
    if (index < 0) continue;
    throw new EigenstudentError(
      'diverged',
      `expected finite parameters for ${where}, received ${values[index]} at ${name}[${index}]. ` +
        'Train again with a lower learning rate or a weaker penalty',
    );
  }
  return network;
}
