/** Where the time of a sweep goes. */

/**
 * `training`: steps, in native code. `data`: making what is learnt. `evaluation`: losses for the history, relevance, pruning
 * curves. `writing`: records, checkpoints, locks, summary, and looking at what was there. `waiting`: for trials that other
 * processes hold. `other`: the rest.
 */
const parts = ['training', 'data', 'evaluation', 'writing', 'waiting', 'other'] as const;
export type ProfilePart = (typeof parts)[number];

export interface SweepProfile {
  /** They add up to the seconds of the sweep. */
  readonly seconds: Readonly<Record<ProfilePart, number>>;
  /** Of the time that was not waited: what was not training, in percent. */
  readonly overheadPercent: number;
  /** The same without evaluation, which the protocol asks for as it asks for training: what the sweep itself costs. */
  readonly orchestrationPercent: number;
}

/** Adds up seconds by part. */
export class Profiler {
  readonly #started = performance.now();
  readonly #seconds = Object.fromEntries(parts.map((part) => [part, 0])) as Record<ProfilePart, number>;

  /** Does a piece of work, and adds the time that it takes. */
  async time<Result>(part: ProfilePart, work: () => Promise<Result>): Promise<Result> {
    const start = performance.now();
    try {
      return await work();
    } finally {
      this.add(part, (performance.now() - start) / 1000);
    }
  }

  /** Adds seconds. */
  add(part: ProfilePart, seconds: number): void {
    this.#seconds[part] += seconds;
  }

  /** Seconds so far. */
  of(part: ProfilePart): number {
    return this.#seconds[part];
  }

  get total(): number {
    return (performance.now() - this.#started) / 1000;
  }

  /** Where the time went. */
  result(): SweepProfile {
    const { total } = this;
    const known = parts.reduce((sum, part) => sum + this.#seconds[part], 0);
    const seconds = { ...this.#seconds, other: Math.max(0, total - known) };
    const busy = total - seconds.waiting;
    const percent = (part: number) => (busy > 0 ? (100 * part) / busy : 0);
    return {
      seconds,
      overheadPercent: percent(busy - seconds.training),
      orchestrationPercent: percent(busy - seconds.training - seconds.evaluation),
    };
  }
}
