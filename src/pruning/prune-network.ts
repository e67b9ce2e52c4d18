import { checkDataset, type Dataset } from '../network/dataset.js';
import { groupUnitsOf } from '../network/description.js';
import { parameterCount } from '../network/layout.js';
import { multiplyAdds } from '../network/multiply-adds.js';
import type { Network } from '../network/network.js';
import {
  amongst,
  bareOptionsCheck,
  called,
  numberFrom,
  type OptionsOf,
  optional,
  unchecked,
} from '../options.js';
import { chooseLayers, type LayerChoice } from './chosen-groups.js';
import type { Criterion } from './criteria.js';
import { checkHowFar, type Quality, unitsToKeep } from './how-far.js';
import { JointOrder, type Kept, type Scope, scopes } from './joint-order.js';
import { defaultMetric, type Metric, measure, metrics } from './metric.js';
import { checkHasStatistics, recalibrate } from './recalibrate.js';
import { checkRound } from './rounding.js';
import { networkOf, type Scored, type Source, scoreNodes } from './source.js';
import { keepNodes } from './surgery.js';
import { unitGroupOf } from './unit-groups.js';

/** @internal */
const checkOptions = bareOptionsCheck({
  /**
   * Indices or names of hidden layers, one per group of units. Default: one of every group that is neither input nor output, nor
   * compared by a term of the loss.
   */
  layers: optional(unchecked<readonly LayerChoice[]>),
  /** Indices or names of layers whose units, and those that share them, all stay. */
  leave: optional(unchecked<readonly LayerChoice[]>),
  /** Default 'layer'. See Scope: 'global' divides relevance by the largest of the layer. */
  scope: optional(amongst(scopes), 'layer'),
  /** Default: 'L' where spectral layers alone make the units, 'M' where dense ones do, else 'relevance'. */
  criterion: optional(unchecked<Criterion>),
  /** Names the random numbers of criterion 'random', which needs it. */
  seed: optional(unchecked<number>),
  /** Nodes to keep: in each layer, or with scope 'global' in all layers together, at least one each. */
  keep: optional(unchecked<number>),
  /**
   * From 0 to 100: nodes strictly below this percentile are removed, of the layer or with scope 'global' of
   * all layers.
   */
  percentile: optional(unchecked<number>),
  /**
   * By how much the metric may get worse, as a fraction of the reference: 0.01 lets loss rise, or accuracy fall, by 1 %. Needs
   * data.
   */
  maxDegradation: optional(unchecked<number>),
  /** Kept units of each group are rounded up to a multiple of this, at most to its width. Default 1. */
  round: optional(checkRound, 1),
  /**
   * Training data on which running statistics are measured again after each cut, by recalibrate() with its default batches; for
   * networks with batch norm.
   */
  recalibrate: called('recalibrate of pruneNetwork', optional(checkDataset)),
  /**
   * The data of the metric before and after pruning: validation data with maxDegradation, not the data of
   * reported results.
   */
  data: called('data of pruneNetwork', optional(checkDataset)),
  /** Default: 'accuracy' where the network has one on the data (see Evaluation), else 'loss'. */
  metric: optional(amongst(metrics)),
  /** What maxDegradation is a fraction of. Default: the metric of the unpruned network. */
  reference: optional(numberFrom(0)),
});
/** How far to prune: exactly one of keep, percentile and maxDegradation. */
export interface PruneNetworkOptions extends OptionsOf<typeof checkOptions> {}

/** A number of the network before it was pruned, and after. */
export interface BeforeAndAfter {
  readonly before: number;
  readonly after: number;
}

export interface PrunedNetwork {
  readonly network: Network;
  readonly scope: Scope;
  /** The layers that were pruned, one per group of units; nodes before and after. */
  readonly layers: readonly PrunedLayer[];
  /** Units that were removed from all groups; 0: the network is the same. */
  readonly removed: number;
  /** Numbers in the network, frozen ones included. */
  readonly parameters: BeforeAndAfter;
  /** Products of weights and values per sample; those of biases, batch norm, activations, pools and sums are not counted. */
  readonly multiplyAdds: BeforeAndAfter;
  /** Whether running statistics were measured again after the cut. */
  readonly recalibrated: boolean;
  /** Present with data. */
  readonly metric?: { readonly name: Metric } & BeforeAndAfter;
}

export interface PrunedLayer extends BeforeAndAfter {
  readonly layer: number;
  /** Present where several layers make the units, as those that are added up: all of them. */
  readonly members?: readonly number[];
  readonly criterion: Criterion | 'given';
}

/**
 * Prunes several groups of units at once, each group once however many layers share it. With maxDegradation nodes are removed one by
 * one in the order of the ranking, and the network that is returned is the last before the first that breaks the bound: smaller
 * networks that satisfy it again, by chance, are not searched for. Where more than 256 nodes may be removed,
 * they are removed several at a time, and one by one only before the cut that breaks the bound. Each layer
 * keeps at least its most relevant node.
 * @throws invalid_argument: which option, what was expected; also when all nodes would be removed, a convolution of several groups
 *   reads the units of a layer that is not left, or the unpruned network breaks the bound that `reference` sets; data_mismatch,
 *   diverged
 */
export async function pruneNetwork(source: Source, options: PruneNetworkOptions): Promise<PrunedNetwork> {
  const checked = checkOptions('pruneNetwork', options);
  const { scope, criterion, seed, data, metric, layers: given, leave, recalibrate: on, ...far } = checked;
  checkHowFar(far);
  const network = networkOf('pruneNetwork', source);
  if (on) checkHasStatistics('recalibrate of pruneNetwork', network.spec);
  const scored = chooseLayers(network.spec, given, leave).map((layer) =>
    scoreNodes('pruneNetwork', network, { layer, criterion, seed }),
  );
  const order = new JointOrder(
    scored.map(({ relevance }) => relevance),
    scope,
  );
  const quality = data === undefined ? undefined : await judge(network, data, metric);
  const cutTo = async (kept: Kept) => {
    const narrow = cut(network, scored, kept);
    return on ? recalibrate(narrow, on) : narrow;
  };
  const kept = await unitsToKeep(order, far, quality, cutTo);
  const pruned = await cutTo(kept);
  const layers = scored.map((one, i) => prunedLayer(one, (kept[i] as Uint32Array).length));
  const both = (count: (spec: Network['spec']) => number) => ({
    before: count(network.spec),
    after: count(pruned.spec),
  });
  return {
    ...{ network: pruned, scope, layers },
    removed: layers.reduce((sum, { before, after }) => sum + before - after, 0),
    parameters: both(parameterCount),
    multiplyAdds: both(multiplyAdds),
    recalibrated: on !== undefined,
    metric: quality && { name: quality.name, before: quality.before, after: await quality.of(pruned) },
  };
}

function prunedLayer({ network, layer, criterion, relevance }: Scored, after: number): PrunedLayer {
  const { members } = unitGroupOf(network.spec, layer);
  return { layer, ...(members.length > 1 && { members }), criterion, before: relevance.length, after };
}

async function judge(network: Network, data: Dataset, metric: Metric | undefined): Promise<Quality> {
  const name = metric ?? defaultMetric(network, data);
  const of = (one: Network) => measure(one, data, name);
  return { name, before: await of(network), of };
}

function cut(network: Network, scored: readonly Scored[], kept: Kept): Network {
  return scored.reduce((result, { layer }, i) => {
    const units = kept[i] as Uint32Array;
    return units.length === groupUnitsOf(result.spec, layer) ? result : keepNodes(result, layer, units);
  }, network.clone());
}
