/** One of several equal parts of a sweep, for schedulers whose jobs do not communicate. */
import { invalid, positiveInteger } from '../arguments.js';
import { type OptionsOf, optionsCheck, required } from '../options.js';
import type { Trial } from '../protocol/experiment-form.js';
import { byDescendingCost } from './batches.js';

/** @internal */
const checkPart = optionsCheck({ index: required(positiveInteger), count: required(positiveInteger) });
/** Part `index` of `count`, from 1. */
export interface Shard extends OptionsOf<typeof checkPart> {}

/** @throws invalid_argument */
export function checkShard(where: string, value: unknown): Shard {
  const { index, count } = checkPart(where, value);
  if (index > count) throw invalid(`index of ${where}`, `1 to ${count}`, index);
  return { index, count };
}

/**
 * The trials of each of `count` shards: all trials by descending cost, dealt round robin. The assignment depends on the
 * trials alone, so that the shards of one `count` are disjoint and complete, wherever and whenever they run.
 * @returns the shards that have a trial, which are the first
 */
export function deal(trials: readonly Trial[], count: number): Trial[][] {
  const shards: Trial[][] = Array.from({ length: Math.min(count, trials.length) }, () => []);
  byDescendingCost(trials).forEach((trial, i) => {
    shards[i % count]?.push(trial);
  });
  return shards;
}

/** The trials of one shard. */
export function ofShard(trials: readonly Trial[], { index, count }: Shard): Trial[] {
  return deal(trials, count)[index - 1] ?? [];
}
