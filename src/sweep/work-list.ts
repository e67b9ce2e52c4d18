import type { DType } from '../native/dtype.js';
import type { Trial } from '../protocol/experiment-form.js';
import { BatchCapacity, type BatchLimits, byDescendingCost } from './batches.js';

/** Distributes the trials of a sweep, batch by batch; a trial is given only to the process that holds its lock. */
export class WorkList {
  #remaining: readonly Trial[];

  /**
   * @param limitsOf the limits of a batch, by dtype
   * @param claim whether this process trains the trial: 'ours'; 'theirs', as another process holds it; 'done', as it
   *   has a record by now
   */
  constructor(
    trials: readonly Trial[],
    readonly limitsOf: (dtype: DType) => BatchLimits,
    readonly claim: (trial: Trial) => Promise<'ours' | 'theirs' | 'done'>,
  ) {
    this.#remaining = byDescendingCost(trials);
  }

  get isEmpty(): boolean {
    return this.#remaining.length === 0;
  }

  /** The next trials to train side by side; none where other processes hold all that are left. */
  async nextBatch(): Promise<Trial[]> {
    const room = new BatchCapacity(this.limitsOf);
    const batch = new Set<Trial>();
    const done = new Set<Trial>();
    for (const trial of this.#remaining) {
      if (room.isFull) break;
      if (!room.fits(trial)) continue;
      const owner = await this.claim(trial);
      if (owner === 'done') done.add(trial);
      if (owner !== 'ours') continue;
      room.add(trial);
      batch.add(trial);
    }
    this.#remaining = this.#remaining.filter((trial) => !batch.has(trial) && !done.has(trial));
    return [...batch];
  }

  /** Returns a trial whose lock another process has taken over; it is tried again at the end. */
  putBack(trial: Trial): void {
    this.#remaining = [...this.#remaining, trial];
  }
}
