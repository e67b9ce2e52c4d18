import type { Dataset } from '../network/dataset.js';

/**
 * The loss of the best prediction that is the same for every sample: the variance of targets, mean over outputs; of classes the
 * entropy of their frequencies.
 */
export function constantLoss({ targets, targetCount, classes }: Dataset): number {
  if (classes) return entropy(classes);
  let sum = 0;
  for (let output = 0; output < targetCount; ++output) sum += variance(targets ?? [], output, targetCount);
  return sum / targetCount;
}

/** Variance of the values at `start`, `start + stride`, ... Records hold its bits: do not change the arithmetic. */
function variance(values: ArrayLike<number>, start: number, stride: number): number {
  const count = values.length / stride;
  let sum = 0;
  for (let i = start; i < values.length; i += stride) sum += values[i] as number;
  const mean = sum / count;
  let squares = 0;
  for (let i = start; i < values.length; i += stride) squares += ((values[i] as number) - mean) ** 2;
  return squares / count;
}

/** In nats, as the cross-entropy is. */
function entropy(classes: Uint32Array): number {
  const counts = new Map<number, number>();
  for (const value of classes) counts.set(value, (counts.get(value) ?? 0) + 1);
  let sum = 0;
  for (const count of counts.values()) sum -= (count / classes.length) * Math.log(count / classes.length);
  return sum;
}
