/** Measures how the time of a sweep is divided. */

/**
 * `training`: steps, in native code. `data`: generating or reading samples. `evaluation`: losses for the history,
 * relevance, pruning curves. `writing`: records, checkpoints, locks, summary, and reading the run directory. `waiting`:
 * for trials that other processes hold. `other`: the rest.
 */
const parts = ['training', 'data', 'evaluation', 'writing', 'waiting', 'other'] as const;
export type ProfilePart = (typeof parts)[number];

export interface SweepProfile {
  /** Their sum is `seconds` of the sweep. */
  readonly seconds: Readonly<Record<ProfilePart, number>>;
  /** Percentage of the time, without waiting, that was not training. */
  readonly overheadPercent: number;
  /** The same without evaluation, which the protocol requests just as training: the cost of the sweep itself. */
  readonly orchestrationPercent: number;
}

/** Sums seconds by part. */
export class Profiler {
  readonly #started = performance.now();
  readonly #seconds = Object.fromEntries(parts.map((part) => [part, 0])) as Record<ProfilePart, number>;

  /** Runs an operation and adds its time. */
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

  /** The profile so far. */
  result(): SweepProfile {
    const { total } = this;
    const measured = parts.reduce((sum, part) => sum + this.#seconds[part], 0);
    const seconds = { ...this.#seconds, other: Math.max(0, total - measured) };
    const busy = total - seconds.waiting;
    const percent = (part: number) => (busy > 0 ? (100 * part) / busy : 0);
    return {
      seconds,
      overheadPercent: percent(busy - seconds.training),
      orchestrationPercent: percent(busy - seconds.training - seconds.evaluation),
    };
  }
}
