/** One order in which the nodes of several layers are removed. */
import { normalize } from '../analysis/effective-size.js';
import { invalid, nonNegativeInteger } from '../arguments.js';
import { rank, select } from './ranking.js';

/**
 * How nodes of different layers compare. 'layer': by rank within their own layer, so that all layers lose the
 * same share of their nodes. 'global': by relevance divided by the largest of their own layer, as for the
 * effective size; a layer then loses as many nodes as have little relevance in it.
 */
export const scopes = ['layer', 'global'] as const;
export type Scope = (typeof scopes)[number];

interface Place {
  /** Position among the layers that are pruned. */
  readonly layer: number;
  readonly node: number;
  readonly score: number;
}

/** The nodes that are kept, per layer, by ascending index. */
export type Kept = readonly Uint32Array[];

/**
 * Nodes of several layers in the order of removal. The most relevant node of each layer (the last of equals)
 * is never removed.
 */
export class JointOrder {
  /** The nodes that may be removed, the first one first. */
  readonly #removable: readonly Place[];

  /** @param relevances [layers][nodes], none negative */
  constructor(
    readonly relevances: readonly Float64Array[],
    readonly scope: Scope,
  ) {
    const places = scope === 'layer' ? byRank(relevances) : byNormalizedRelevance(relevances);
    const best = relevances.map((relevance) => rank(relevance).at(-1));
    this.#removable = places
      .filter(({ layer, node }) => node !== best[layer])
      .sort((a, b) => a.score - b.score || a.layer - b.layer || a.node - b.node);
  }

  /** How many nodes can be removed: all but one per layer. */
  get removable(): number {
    return this.#removable.length;
  }

  /** The nodes that are kept when the first `count` have been removed. */
  without(count: number): Kept {
    const gone = this.relevances.map(() => new Set<number>());
    for (const { layer, node } of this.#removable.slice(0, count)) gone[layer]?.add(node);
    return this.relevances.map((relevance, layer) =>
      Uint32Array.from(relevance.keys()).filter((node) => !gone[layer]?.has(node)),
    );
  }

  /**
   * The `keep` nodes that are kept: in each layer ('layer'), or in all layers together ('global').
   * @throws invalid_argument when a layer would keep none, or there are fewer nodes
   */
  keeping(keep: number): Kept {
    if (this.scope === 'layer') return this.relevances.map((relevance) => select(relevance, { keep }));
    const layers = this.relevances.length;
    const nodes = this.removable + layers;
    nonNegativeInteger('keep', keep);
    if (keep < layers) {
      const advice = 'A layer without nodes would cut the network in two';
      throw invalid(
        'keep',
        `at least ${layers}, one node for each of the layers that are pruned`,
        keep,
        advice,
      );
    }
    if (keep > nodes) throw invalid('keep', `at most the ${nodes} nodes that the layers have together`, keep);
    return this.without(nodes - keep);
  }

  /**
   * The nodes that are not strictly below the percentile: of each layer's relevances ('layer'), or of all
   * normalised ones.
   */
  above(percentile: number): Kept {
    if (this.scope === 'layer') return this.relevances.map((relevance) => select(relevance, { percentile }));
    const scores = normalize(this.relevances, 'trial').flat();
    const stay = new Set(select(scores, { percentile }));
    const below = this.#removable.filter(({ layer, node }) => !stay.has(this.#position(layer, node)));
    return this.without(below.length); // they are the first: the order is that of the scores
  }

  /** Index of a node among those of all layers, one layer after the other. */
  #position(layer: number, node: number): number {
    return this.relevances.slice(0, layer).reduce((sum, { length }) => sum + length, node);
  }
}

/** (rank + 1) / nodes, from 1 / nodes for the first node to be removed to 1 for the last. */
function byRank(relevances: readonly Float64Array[]): Place[] {
  return relevances.flatMap((relevance, layer) =>
    Array.from(rank(relevance), (node, place) => ({ layer, node, score: (place + 1) / relevance.length })),
  );
}

function byNormalizedRelevance(relevances: readonly Float64Array[]): Place[] {
  return normalize(relevances, 'trial').flatMap((scores, layer) =>
    scores.map((score, node) => ({ layer, node, score })),
  );
}
