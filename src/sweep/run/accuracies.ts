import type { Splits } from '../../data/splits.js';
import type { Network } from '../../network/network.js';
import { prune } from '../../pruning/prune.js';
import { rankedLayer } from './student.js';

/** Fractions of samples whose largest output is the class. */
export interface Accuracies {
  readonly validationAccuracy: number;
  readonly testAccuracy: number;
  /** Test accuracy with only the `kept` most relevant nodes. */
  readonly prunedAccuracy: number;
}

/** Of a student that learns classes; nothing of one that does not. */
export async function accuraciesOf(
  network: Network,
  { validation, test }: Splits,
  { relevance, kept }: { readonly relevance: Float64Array; readonly kept: number },
): Promise<Accuracies | undefined> {
  if (!test.classes) return undefined;
  const pruned = prune(network, { layer: rankedLayer, relevance, keep: Math.max(1, kept) });
  return {
    validationAccuracy: (await network.evaluate(validation)).accuracy,
    testAccuracy: (await network.evaluate(test)).accuracy,
    prunedAccuracy: (await pruned.evaluate(test)).accuracy,
  };
}
