import { EigenstudentError } from '../errors.js';
import type { Dataset } from '../network/dataset.js';
import { groupUnitsOf } from '../network/description.js';
import { checkNetwork, type Network } from '../network/network.js';
import { checkSeed, permutation, trialNumber } from '../network/random.js';
import { checkHiddenLayer } from '../network/removal-order.js';
import { amongst, called, type OptionsOf, optional, optionsCheck, required, unchecked } from '../options.js';
import { rank } from './ranking.js';
import { relevance } from './relevance.js';

/**
 * Orders of removal to compare a criterion with. The order by weight magnitude is criterion `M`.
 * - `random`: the baseline: a criterion that is no better carries no information
 * - `oracle`: greedy, at each step the node without which the loss is least; it evaluates every remaining
 *   node on data
 * - `eigenvalue`: ascending |lambda_out|, the criterion of "Spectral pruning of fully connected layers" (Sci.
 *   Rep. 2022)
 */
export const rankings = ['random', 'oracle', 'eigenvalue'] as const;
export type Ranking = (typeof rankings)[number];

/** @internal */
const checkOptions = optionsCheck({
  ranking: called('ranking', required(amongst(rankings))),
  /** Index of a hidden layer; default 0. */
  layer: optional(unchecked<number>, 0),
  /**
   * Data on which the oracle evaluates the loss: validation data, so that test data remain for the
   * comparison. Only for 'oracle'.
   */
  data: optional(unchecked<Dataset>),
  /** Only for 'random': non-negative safe integer. */
  seed: optional(unchecked<number>),
  /** Only for 'random': distinguishes the orders of one seed, an integer below 2^32. Default 0. */
  trial: optional(trialNumber, 0),
});
export interface RemovalOptions extends OptionsOf<typeof checkOptions> {}

/**
 * The nodes of a hidden layer in the order in which a ranking removes them, [h], the first removed first: the
 * argument of Network.pruningLosses. Network.oracleOrder documents the cost of an oracle.
 * @throws invalid_argument, data_mismatch
 */
export async function removalOrder(network: Network, options: RemovalOptions): Promise<Uint32Array> {
  checkNetwork('the first argument of removalOrder', network);
  const { ranking, data, trial, ...given } = checkOptions('removalOrder', options);
  const layer = checkHiddenLayer(network.spec, given.layer);
  switch (ranking) {
    case 'random': {
      const stream = { seed: checkSeed('removalOrder', given.seed), trial, purpose: 'ranking' } as const;
      return permutation({ ...stream, part: layer }, groupUnitsOf(network.spec, layer));
    }
    case 'oracle':
      return network.oracleOrder(layer, dataOf(data));
    case 'eigenvalue':
      return rank(relevance(network, layer, 'eigenvalue'));
  }
}

function dataOf(data: Dataset | undefined): Dataset {
  if (data !== undefined) return data;
  throw new EigenstudentError(
    'invalid_argument',
    "expected data for ranking 'oracle', received none. It removes nodes by the loss: give it validation data",
  );
}
