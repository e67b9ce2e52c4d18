/** Populations as contenders of a timing. */
import type { Population } from 'eigenstudent';
import type { Contender } from './timing.js';

/** Trains populations one after the other, an epoch a repeat. */
export class TrainingContender implements Contender {
  #epoch = 0;

  constructor(
    readonly name: string,
    /** Units an epoch holds: steps, counted over as many students as a unit should hold. */
    readonly unitsPerRepeat: number,
    private readonly populations: readonly Population[],
  ) {}

  async run(repeats: number): Promise<number> {
    this.#epoch += repeats;
    const start = performance.now();
    for (const population of this.populations) await population.run(this.#epoch);
    return performance.now() - start;
  }

  /** Frees the populations. A student that diverged has rested, and the time was not that of steps. */
  finish(): void {
    for (const population of this.populations) {
      const resting = population.progress().findIndex(({ epoch }) => epoch !== this.#epoch);
      if (resting >= 0)
        throw new Error(
          `${this.name}: student ${resting} did not reach epoch ${this.#epoch}; its time says nothing`,
        );
      population.dispose();
    }
  }
}
