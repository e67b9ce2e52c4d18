import { denseArray, finiteNumber, invalid } from '../arguments.js';
import { EigenstudentError } from '../errors.js';
import { checkDataset, type Dataset } from '../network/dataset.js';
import { unitsOf } from '../network/description.js';
import { parameterCount } from '../network/layout.js';
import type { Network, NetworkSpec } from '../network/network.js';
import {
  amongst,
  bareOptionsCheck,
  called,
  numberFrom,
  type OptionsOf,
  optional,
  unchecked,
} from '../options.js';
import { JointOrder, type Kept, type Scope, scopes } from './joint-order.js';
import { defaultMetric, isAsGood, type Metric, measure, metrics, worstAllowed } from './metric.js';
import type { Criterion } from './relevance.js';
import { networkOf, type Source, scoreNodes } from './source.js';
import { keepNodes } from './surgery.js';

/** @internal */
const checkOptions = bareOptionsCheck({
  /** Indices of hidden layers. Default: all. */
  layers: optional(unchecked<readonly number[]>),
  /** Default 'layer'. See Scope: 'global' divides relevance by the largest of the layer. */
  scope: optional(amongst(scopes), 'layer'),
  /** Default: 'L' for spectral layers, 'M' for dense ones. */
  criterion: optional(unchecked<Criterion>),
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

export interface PrunedNetwork {
  readonly network: Network;
  readonly scope: Scope;
  /** The layers that were pruned, nodes before and after. */
  readonly layers: readonly PrunedLayer[];
  /** Numbers in the network, frozen ones included. */
  readonly parameters: { readonly before: number; readonly after: number };
  /** Present with data. */
  readonly metric?: { readonly name: Metric; readonly before: number; readonly after: number };
}

export interface PrunedLayer {
  readonly layer: number;
  readonly criterion: Criterion | 'given';
  readonly before: number;
  readonly after: number;
}

/**
 * Prunes several hidden layers at once. With maxDegradation nodes are removed one by one in the order of the
 * ranking, and the network that is returned is the last before the first that breaks the bound: smaller
 * networks that satisfy it again, by chance, are not searched for. Where more than 256 nodes may be removed,
 * they are removed several at a time, and one by one only before the cut that breaks the bound. Each layer
 * keeps at least its most relevant node.
 * @throws invalid_argument: which option, what was expected; also when all nodes would be removed, or the
 *   unpruned network breaks the bound that `reference` sets; data_mismatch, diverged
 */
export async function pruneNetwork(source: Source, options: PruneNetworkOptions): Promise<PrunedNetwork> {
  const { scope, criterion, data, metric, ...far } = checkOptions('pruneNetwork', options);
  checkHowFar(far);
  const network = networkOf('pruneNetwork', source);
  const scored = chooseLayers(network.spec, far.layers).map((layer) =>
    scoreNodes('pruneNetwork', network, { layer, criterion }),
  );
  const layers = scored.map(({ layer }) => layer);
  const order = new JointOrder(
    scored.map(({ relevance }) => relevance),
    scope,
  );
  const quality = data === undefined ? undefined : await judge(network, data, metric);
  const kept = await howFar(order, far, quality, (nodes) => cut(network, layers, nodes));
  const pruned = cut(network, layers, kept);
  return {
    network: pruned,
    scope,
    layers: scored.map(({ layer, criterion: name, relevance }, i) => ({
      layer,
      criterion: name,
      before: relevance.length,
      after: (kept[i] as Uint32Array).length,
    })),
    parameters: { before: parameterCount(network.spec), after: parameterCount(pruned.spec) },
    metric: quality && { name: quality.name, before: quality.before, after: await quality.of(pruned) },
  };
}

interface Quality {
  readonly name: Metric;
  readonly before: number;
  readonly of: (network: Network) => Promise<number>;
}

async function judge(network: Network, data: Dataset, metric: Metric | undefined): Promise<Quality> {
  const name = metric ?? defaultMetric(network, data);
  const of = (one: Network) => measure(one, data, name);
  return { name, before: await of(network), of };
}

/** The nodes that are kept, by whichever of keep, percentile and maxDegradation is given. */
async function howFar(
  order: JointOrder,
  options: PruneNetworkOptions,
  quality: Quality | undefined,
  cutTo: (kept: Kept) => Network,
): Promise<Kept> {
  const { keep, percentile, maxDegradation, reference } = options;
  if (keep !== undefined) return order.keeping(keep);
  if (percentile !== undefined) return order.above(percentile);
  if (quality === undefined)
    throw invalid('data of pruneNetwork', 'a Dataset to go with maxDegradation', undefined);
  const { name, before, of } = quality;
  const most = name === 'accuracy' ? 1 : Number.POSITIVE_INFINITY;
  const degradation = finiteNumber('maxDegradation', maxDegradation, 0, most);
  const start = reference ?? before;
  const bound = worstAllowed(name, start, degradation);
  if (!isAsGood(name, before, bound)) throw tooBad(quality, bound, start);
  const holds = async (count: number) => isAsGood(name, await of(cutTo(order.without(count))), bound);
  return order.without(await lastThatHolds(order.removable, holds));
}

/** Cuts that are evaluated at first; arbitrary. With at most so many removable nodes every cut is evaluated. */
const firstCuts = 256;

/**
 * The last count before the first that does not hold, counted from 0, where it holds. Bisection would be
 * wrong: an accuracy rises and falls from one cut to the next. Where there are more than `firstCuts`, every
 * n-th is evaluated, and then those before the first of these that does not hold.
 */
async function lastThatHolds(most: number, holds: (count: number) => Promise<boolean>): Promise<number> {
  const step = Math.max(1, Math.ceil(most / firstCuts));
  let held = 0;
  while (held < most && (await holds(Math.min(most, held + step)))) held = Math.min(most, held + step);
  const end = Math.min(most, held + step);
  while (held + 1 < end && (await holds(held + 1))) ++held;
  return held;
}

function tooBad({ name, before }: Quality, bound: number, reference: number): EigenstudentError {
  const limit = name === 'loss' ? 'at most' : 'at least';
  return new EigenstudentError(
    'invalid_argument',
    `expected a network whose ${name} is ${limit} ${bound.toPrecision(4)} (maxDegradation from ${reference.toPrecision(4)}) before ` +
      `anything is removed, received ${before.toPrecision(4)}. Train it longer or with weaker penalties, or allow more`,
  );
}

function cut(network: Network, layers: readonly number[], kept: Kept): Network {
  return layers.reduce((result, layer, i) => {
    const nodes = kept[i] as Uint32Array;
    const width = unitsOf(result.spec, layer);
    return nodes.length === width ? result : keepNodes(result, layer, nodes);
  }, network.clone());
}

function chooseLayers(spec: NetworkSpec, layers: readonly number[] | undefined): readonly number[] {
  const chosen = layers ?? Array.from({ length: spec.layers.length - 1 }, (_, i) => i);
  denseArray('layers of pruneNetwork', 'an array of distinct hidden layers', chosen);
  if (new Set(chosen).size !== chosen.length)
    throw invalid('layers of pruneNetwork', 'an array of distinct hidden layers', layers);
  if (chosen.length > 0) return chosen;
  throw invalid('layers of pruneNetwork', 'at least one hidden layer', chosen, 'The last layer is none');
}

function checkHowFar({ keep, percentile, maxDegradation }: PruneNetworkOptions): void {
  const given = Object.entries({ keep, percentile, maxDegradation }).flatMap(([name, value]) =>
    value === undefined ? [] : [name],
  );
  if (given.length === 1) return;
  throw new EigenstudentError(
    'invalid_argument',
    `expected exactly one of keep, percentile and maxDegradation, received ${given.join(' and ') || 'none'}`,
  );
}
