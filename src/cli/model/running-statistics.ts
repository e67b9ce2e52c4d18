/** What `prune MODEL` did with the running statistics of batch norm. */
import { describe } from '../../network/description.js';
import type { Chosen } from './choice.js';

/**
 * none: the network has no batch norm. kept: those of the file. trained: accumulated while fine-tuning, kept by the cut. measured: on
 * the training data, after the cut.
 */
export type RunningStatistics = 'none' | 'kept' | 'trained' | 'measured';

export function runningStatisticsOf({ candidate, pruned }: Chosen): RunningStatistics {
  if (describe(pruned.network.spec).bufferScalars === 0) return 'none';
  if (pruned.recalibrated) return 'measured';
  return candidate.l2 === null ? 'kept' : 'trained';
}

/** Lines of text. */
export function runningStatisticsText(done: RunningStatistics, removed: number): string[] {
  const stale =
    removed > 0 ? '; those of layers after a cut are stale, and --recalibrate measures them again' : '';
  switch (done) {
    case 'none':
      return [];
    case 'kept':
      return [`The running statistics of batch norm are those of the file${stale}.`];
    case 'trained':
      return [`The running statistics of batch norm are those of fine-tuning${stale}.`];
    case 'measured':
      return ['The running statistics of batch norm were measured again, on the training data.'];
  }
}
