import { finiteNumbers } from '../analysis/numbers.js';
import { invalid } from '../arguments.js';
import { EigenstudentError } from '../errors.js';
import { describe } from '../network/description.js';
import { Network } from '../network/network.js';
import { checkHiddenLayer } from '../network/removal-order.js';
import { Student } from '../population/student.js';
import { type Criterion, type CriterionOptions, defaultCriterion, relevance } from './relevance.js';
import { layerIndexOf, unitGroupOf } from './unit-groups.js';

/** What can be pruned. A student in a population is not changed: its network is read once. */
export type Source = Network | Student;

/** Which units are ranked, nodes or channels, and by which criterion. */
export interface RankingOptions extends CriterionOptions {
  /** Index or name of a hidden layer; those that share its units are ranked and cut with it. Default 0. */
  readonly layer?: number | string;
  /**
   * Default: 'L' where spectral layers alone make the units, 'M' where dense ones do, as in the paper (arXiv 2310.12612), else
   * 'relevance'.
   */
  readonly criterion?: Criterion;
  /** [h], instead of a criterion: scores of the caller's, non-negative; random numbers make a control. */
  readonly relevance?: ArrayLike<number>;
}
export const rankingKeys = ['layer', 'criterion', 'relevance', 'seed'] as const;

/** Whether the losses at all numbers of kept nodes take one sweep of rank-one updates. */
export function sweepsLosses(source: Source): boolean {
  return source instanceof Student ? source.sweepsPruningLosses : describe(source.spec).noChain === undefined;
}

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
  const { spec } = network;
  const named = typeof options.layer === 'string';
  const layer = checkHiddenLayer(
    spec,
    named ? layerIndexOf('layer', spec, options.layer) : (options.layer ?? 0),
  );
  if (options.relevance !== undefined) {
    const { units } = unitGroupOf(spec, layer);
    return { network, layer, criterion: 'given', relevance: givenRelevance(options, layer, units) };
  }
  const criterion = options.criterion ?? defaultCriterion(network, unitGroupOf(spec, layer));
  const { seed } = options;
  return { network, layer, criterion, relevance: relevance(network, layer, criterion, { seed }) };
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
  if (options.seed !== undefined)
    throw invalid('seed', 'none with relevance, as only criterion "random" draws numbers', options.seed);
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
