/** The hidden layers after the first, where they are spectral too: how many nodes of each carry the task. */
import { effectiveSize } from '../analysis/effective-size.js';
import type { Network } from '../network/network.js';
import { pruningCurve } from '../pruning/curve.js';
import { relevance } from '../pruning/relevance.js';
import type { RankedLayer } from '../runs/trial-arrays.js';
import type { RunningTrial } from './outcome.js';
import { retryOnceIfInterrupted } from './retry-once.js';
import { criterionOf, furtherRankedLayers } from './student.js';

export interface FurtherLayers {
  /** Of each, as the protocol's threshold has it. */
  readonly effectiveSizes: readonly number[];
  readonly layers: readonly RankedLayer[];
}

/** Each layer is pruned alone, by the criterion and on the data of the first. */
export async function rankFurtherLayers(
  { trial: { protocol }, student, splits }: RunningTrial,
  network: Network,
): Promise<FurtherLayers> {
  const { threshold } = protocol.evaluation;
  const layers: RankedLayer[] = [];
  for (const layer of furtherRankedLayers(protocol)) {
    const scores = relevance(network, layer, criterionOf(protocol));
    const ranking = { layer, relevance: scores };
    const { losses } = await retryOnceIfInterrupted(() => pruningCurve(student, splits.test, ranking));
    layers.push({ relevance: scores, pruningLosses: losses });
  }
  return { effectiveSizes: layers.map((each) => effectiveSize(each.relevance, { threshold })), layers };
}
