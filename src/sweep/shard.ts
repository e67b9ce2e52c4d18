/** One of several equal parts of a sweep, for schedulers that know nothing of each other. */
import { invalid, knownKeys, positiveInteger } from '../arguments.js';
import type { Trial } from '../protocol/experiment-form.js';
import { byDescendingCost } from './batches.js';

/** Part `index` of `count`, from 1. */
export interface Shard {
  readonly index: number;
  readonly count: number;
}

/** @throws invalid_argument */
export function checkShard(shard: Shard): Shard {
  knownKeys('shard', shard, ['index', 'count']);
  const count = positiveInteger('count of shard', shard.count);
  const index = positiveInteger('index of shard', shard.index);
  if (index > count) throw invalid('index of shard', `1 to ${count}`, index);
  return { index, count };
}

/**
 * The trials of every one of `count` shards: all by descending cost, dealt round robin. It depends on the trials alone, so
 * that the shards of one `count` are disjoint and together everything, wherever and whenever they run.
 * @returns those that have a trial, which are the first
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
