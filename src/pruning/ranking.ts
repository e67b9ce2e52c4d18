import { finiteNumbers } from '../analysis/numbers.js';
import { percentile } from '../analysis/percentile.js';
import { finiteNumber, invalid, nonNegativeInteger } from '../arguments.js';
import { EigenstudentError } from '../errors.js';

/**
 * The nodes of a layer in the order in which they are removed: ascending relevance, equal relevance by ascending index.
 * relevance: [h] -> order: [h], a permutation of 0 ... h - 1.
 */
export function rank(relevance: ArrayLike<number>): Uint32Array {
  const scores = finiteNumbers('relevance', relevance);
  return Uint32Array.from(scores.keys()).sort(
    (a, b) => (scores[a] as number) - (scores[b] as number) || a - b,
  );
}

/** How many nodes to keep: exactly one of the two. */
export interface Selection {
  /** Number of nodes to keep, the most relevant ones; from 1 to h. */
  readonly keep?: number;
  /**
   * From 0 to 100. Nodes are removed whose relevance is strictly below this percentile of the layer's h
   * relevances (linear interpolation, as NumPy's). So 0 removes none, 100 keeps only those that have the
   * largest relevance, at least one node is always kept, and nodes of equal relevance are kept or removed
   * together: where three quarters are exactly 0, percentile 50 is 0 and removes none.
   */
  readonly percentile?: number;
}

/**
 * The nodes that are kept, by ascending index, so that surgery keeps their order. relevance: [h] -> [kept], 1
 * <= kept <= h.
 * @throws invalid_argument when both or none of keep and percentile is given, no node would be kept, or keep > h
 */
export function select(relevance: ArrayLike<number>, { keep, percentile: p }: Selection): Uint32Array {
  const scores = finiteNumbers('relevance', relevance);
  if ((keep === undefined) === (p === undefined)) {
    const received = keep === undefined ? 'neither' : 'both';
    throw new EigenstudentError(
      'invalid_argument',
      `expected exactly one of keep and percentile, received ${received}`,
    );
  }
  if (p !== undefined) {
    const threshold = percentile(scores, finiteNumber('percentile', p, 0, 100));
    return Uint32Array.from(scores.keys()).filter((node) => (scores[node] as number) >= threshold);
  }
  return rank(scores)
    .slice(scores.length - checkedKeep(keep, scores.length))
    .sort();
}

function checkedKeep(keep: unknown, nodes: number): number {
  const count = nonNegativeInteger('keep', keep);
  if (count === 0)
    throw invalid('keep', 'at least 1 node', 0, 'A layer without nodes would cut the network in two');
  if (count > nodes) throw invalid('keep', `at most the ${nodes} nodes that the layer has`, count);
  return count;
}
