import type { Trial } from '../protocol/trials.js';
import { byDescendingCost, type WaveLimits, WaveRoom } from './waves.js';

/** Hands out the trials of a sweep, wave by wave, to the one process that may have each. */
export class WorkList {
  #left: readonly Trial[];

  /**
   * @param limitsOf the waves of a dtype
   * @param claim whether a trial is to be trained here: 'ours'; 'theirs', as another process is at it; 'done', as it has a
   *   record meanwhile
   */
  constructor(
    trials: readonly Trial[],
    readonly limitsOf: (dtype: Trial['protocol']['dtype']) => WaveLimits,
    readonly claim: (trial: Trial) => Promise<'ours' | 'theirs' | 'done'>,
  ) {
    this.#left = byDescendingCost(trials);
  }

  get isEmpty(): boolean {
    return this.#left.length === 0;
  }

  /** The next trials to train side by side; none where everything that is left is with others. */
  async nextWave(): Promise<Trial[]> {
    const room = new WaveRoom(this.limitsOf);
    const wave = new Set<Trial>();
    const done = new Set<Trial>();
    for (const trial of this.#left) {
      if (room.isFull) break;
      if (!room.takes(trial)) continue;
      const whose = await this.claim(trial);
      if (whose === 'done') done.add(trial);
      if (whose !== 'ours') continue;
      room.add(trial);
      wave.add(trial);
    }
    this.#left = this.#left.filter((trial) => !wave.has(trial) && !done.has(trial));
    return [...wave];
  }

  /** A trial that was lost to another process: it is looked at again at the end. */
  putBack(trial: Trial): void {
    this.#left = [...this.#left, trial];
  }
}
