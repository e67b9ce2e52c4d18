import type { Splits } from '../data/splits.js';
import { hasAccuracy } from '../network/binary-accuracy.js';
import type { Network } from '../network/network.js';
import { prune } from '../pruning/prune.js';
import { rankedLayer } from './student.js';

/** Fractions of samples that are told right: see accuracy of Evaluation. */
export interface Accuracies {
  readonly validationAccuracy: number;
  readonly testAccuracy: number;
  /** Test accuracy with only the `kept` most relevant nodes. */
  readonly prunedAccuracy: number;
}

/** Of a student that learns classes, or 0 and 1 by one sigmoid output; nothing of another. */
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
