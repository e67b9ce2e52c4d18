import { knownKeys, oneOf } from '../arguments.js';
import { EigenstudentError } from '../errors.js';
import type { Dataset } from '../network/dataset.js';
import { unitsOf } from '../network/description.js';
import { checkNetwork, type Network } from '../network/network.js';
import { checkSeed, checkTrial, permutation } from '../network/random.js';
import { checkHiddenLayer } from '../network/removal-order.js';
import { rank } from './ranking.js';
import { relevance } from './relevance.js';

/**
 * Orders of removal to hold a criterion against. That of weight magnitude is no other: it is criterion `M`.
 * - `random`: whatever a criterion cannot beat tells nothing
 * - `oracle`: greedy, at each step the node without which the loss is least; looks at data, and at every node left
 * - `eigenvalue`: ascending |lambda_out|, that of "Spectral pruning of fully connected layers" (Sci. Rep. 2022)
 */
export const rankings = ['random', 'oracle', 'eigenvalue'] as const;
export type Ranking = (typeof rankings)[number];

export interface RemovalOptions {
  readonly ranking: Ranking;
  /** Index of a hidden layer; default 0. */
  readonly layer?: number;
  /** What an oracle looks at: validation data, so that test data tell how it does. Only for 'oracle'. */
  readonly data?: Dataset;
  /** Of 'random', and only of it: non-negative safe integer. */
  readonly seed?: number;
  /** Of 'random': tells the orders of one seed apart, an integer below 2^32. Default 0. */
  readonly trial?: number;
}

/**
 * The nodes of a hidden layer in the order in which a ranking removes them, [h], the first removed first: what
 * Network.pruningLosses takes. The cost of an oracle is told at Network.oracleOrder.
 * @throws invalid_argument, data_mismatch
 */
export async function removalOrder(network: Network, options: RemovalOptions): Promise<Uint32Array> {
  checkNetwork('the first argument of removalOrder', network);
  knownKeys('removalOrder', options, ['ranking', 'layer', 'data', 'seed', 'trial']);
  const ranking = oneOf('ranking', options.ranking, rankings);
  const layer = checkHiddenLayer(network.spec, options.layer ?? 0);
  switch (ranking) {
    case 'random': {
      const trial = checkTrial('removalOrder', options.trial ?? 0);
      const stream = { seed: checkSeed('removalOrder', options.seed), trial, purpose: 'ranking' } as const;
      return permutation({ ...stream, part: layer }, unitsOf(network.spec, layer));
    }
    case 'oracle':
      return network.oracleOrder(layer, dataOf(options));
    case 'eigenvalue':
      return rank(relevance(network, layer, 'eigenvalue'));
  }
}

function dataOf({ data }: RemovalOptions): Dataset {
  if (data !== undefined) return data;
  throw new EigenstudentError(
    'invalid_argument',
    "expected data for ranking 'oracle', received none. It removes nodes by the loss: give it validation data",
  );
}
