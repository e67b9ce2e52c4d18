/** Measurements of a trained student besides its losses, as its protocol requests. */
import { effectiveSize } from '../../../analysis/effective-size.js';
import type { Splits } from '../../../data/splits.js';
import { hasAccuracy } from '../../../network/binary-accuracy.js';
import type { Network } from '../../../network/network.js';
import type { Student } from '../../../population/student.js';
import { pruningCurve } from '../../../pruning/curve.js';
import { prune } from '../../../pruning/prune.js';
import { type Ranking, removalOrder } from '../../../pruning/rankings.js';
import { relevance } from '../../../pruning/relevance.js';
import { retryOnceIfInterrupted } from '../../../sweep/retry-once.js';
import type { StudentProtocol } from '../protocol/trial.js';
import type { RankedLayer, RankedLosses } from '../record/arrays.js';
import { criterionOf, furtherRankedLayers, rankedLayer } from './student.js';

/** Relevance of the nodes of a student, by the criterion of its protocol. */
export function score(protocol: StudentProtocol, student: Student) {
  const network = student.network();
  const scores = relevance(network, rankedLayer, criterionOf(protocol));
  const { threshold } = protocol.evaluation;
  return { network, relevance: scores, effectiveSize: effectiveSize(scores, { threshold }) };
}

/** Fractions of correctly classified samples: see accuracy of Evaluation. */
export interface Accuracies {
  readonly validationAccuracy: number;
  readonly testAccuracy: number;
  /** Test accuracy with only the `kept` most relevant nodes. */
  readonly prunedAccuracy: number;
}

/** For a student that learns classes, or 0 and 1 by one sigmoid output; empty for another. */
export async function accuraciesOf(
  network: Network,
  { validation, test }: Splits,
  { relevance, kept }: { readonly relevance: Float64Array; readonly kept: number },
): Promise<Accuracies | undefined> {
  if (![validation, test].every((data) => hasAccuracy(network.spec, data))) return undefined;
  const pruned = prune(network, { layer: rankedLayer, relevance, keep: Math.max(1, kept) });
  return {
    validationAccuracy: (await network.evaluate(validation)).accuracy,
    testAccuracy: (await network.evaluate(test)).accuracy,
    prunedAccuracy: (await pruned.evaluate(test)).accuracy,
  };
}

export interface FurtherLayers {
  /** Effective size of each, by the protocol's threshold. */
  readonly effectiveSizes: readonly number[];
  readonly layers: readonly RankedLayer[];
}

/**
 * The hidden layers after the first, where they are spectral too, with their effective sizes. Each layer is pruned
 * alone, by the criterion and on the data of the first.
 */
export async function rankFurtherLayers(
  protocol: StudentProtocol,
  student: Student,
  network: Network,
  { test }: Splits,
): Promise<FurtherLayers> {
  const { threshold } = protocol.evaluation;
  const layers: RankedLayer[] = [];
  for (const layer of furtherRankedLayers(protocol)) {
    const scores = relevance(network, layer, criterionOf(protocol));
    const ranking = { layer, relevance: scores };
    const { losses } = await retryOnceIfInterrupted(() => pruningCurve(student, test, ranking));
    layers.push({ relevance: scores, pruningLosses: losses });
  }
  return { effectiveSizes: layers.map((each) => effectiveSize(each.relevance, { threshold })), layers };
}

/**
 * Pruning curves by other rankings than relevance: test losses by ranking, each [h + 1]; the oracle evaluates
 * validation data. Where eigenvaluesOut are not trained they are all equal, and there is no ranking by them.
 */
export async function rankedLosses(
  protocol: StudentProtocol,
  student: Student,
  network: Network,
  { validation, test }: Splits,
): Promise<RankedLosses> {
  const losses: Partial<Record<Ranking, Float64Array>> = {};
  for (const ranking of protocol.evaluation.rankings ?? []) {
    if (ranking === 'eigenvalue' && !protocol.arm.trainable.includes('eigenvaluesOut')) continue;
    const order = await removalOrder(network, {
      layer: rankedLayer,
      ...sourceOf(ranking, protocol, validation),
    });
    losses[ranking] = await retryOnceIfInterrupted(() => student.pruningLosses(rankedLayer, order, test));
  }
  return losses;
}

function sourceOf(ranking: Ranking, { seed, trial }: StudentProtocol, validation: Splits['validation']) {
  if (ranking === 'random') return { ranking, seed, trial };
  return ranking === 'oracle' ? { ranking, data: validation } : { ranking };
}
