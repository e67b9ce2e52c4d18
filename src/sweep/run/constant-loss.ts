import { columnMoments } from '../../analysis/moments.js';
import type { Dataset } from '../../network/dataset.js';

/**
 * The loss of the best answer that is the same for every sample: the variance of targets, mean over outputs; of classes the
 * entropy of their frequencies.
 */
export function constantLoss({ targets, targetCount, classes }: Dataset): number {
  if (classes) return entropy(classes);
  const { deviation } = columnMoments(targets ?? [], targetCount);
  return deviation.reduce((sum, value) => sum + value ** 2, 0) / targetCount;
}

/** In nats, as the cross-entropy is. */
function entropy(classes: Uint32Array): number {
  const counts = new Map<number, number>();
  for (const value of classes) counts.set(value, (counts.get(value) ?? 0) + 1);
  let sum = 0;
  for (const count of counts.values()) sum -= (count / classes.length) * Math.log(count / classes.length);
  return sum;
}
