import type { DType } from '../native/dtype.js';
import type { Trial } from '../protocol/experiment-form.js';
import { BatchCapacity, type BatchLimits, byDescendingCost } from './batches.js';

/** Hands out the trials of a sweep, batch by batch, to the one process that may have each. */
export class WorkList {
  #left: readonly Trial[];

  /**
   * @param limitsOf the batches of a dtype
   * @param claim whether a trial is to be trained here: 'ours'; 'theirs', as another process is at it; 'done', as it has a
   *   record meanwhile
   */
  constructor(
    trials: readonly Trial[],
    readonly limitsOf: (dtype: DType) => BatchLimits,
    readonly claim: (trial: Trial) => Promise<'ours' | 'theirs' | 'done'>,
  ) {
    this.#left = byDescendingCost(trials);
  }

  get isEmpty(): boolean {
    return this.#left.length === 0;
  }

  /** The next trials to train side by side; none where everything that is left is with others. */
  async nextBatch(): Promise<Trial[]> {
    const room = new BatchCapacity(this.limitsOf);
    const batch = new Set<Trial>();
    const done = new Set<Trial>();
    for (const trial of this.#left) {
      if (room.isFull) break;
      if (!room.fits(trial)) continue;
      const whose = await this.claim(trial);
      if (whose === 'done') done.add(trial);
      if (whose !== 'ours') continue;
      room.add(trial);
      batch.add(trial);
    }
    this.#left = this.#left.filter((trial) => !batch.has(trial) && !done.has(trial));
    return [...batch];
  }

  /** A trial that was lost to another process: it is looked at again at the end. */
  putBack(trial: Trial): void {
    this.#left = [...this.#left, trial];
  }
}
