/** How far a run is, and how long it will still take. */
import type { TrialRecord } from '../directory/record.js';
import type { Trial } from '../protocol/trials.js';
import { stepsOf, workOf } from './waves.js';

export interface SweepProgress {
  /** Trials of the whole protocol; `reused` were there when the run began and are among the finished and failed. */
  readonly trials: {
    readonly total: number;
    readonly finished: number;
    readonly failed: number;
    readonly reused: number;
  };
  /** Steps of all students that this run trains. */
  readonly steps: { readonly done: number; readonly total: number };
  /** Of the arithmetic of this run, 0 to 1. */
  readonly fraction: number;
  readonly secondsElapsed: number;
  /** Estimated from the arithmetic done so far; null before there is any. */
  readonly secondsLeft: number | null;
}

/** Counts what is done. */
export class Tally {
  readonly #started = performance.now();
  readonly #missing: ReadonlyMap<string, Trial>;
  /** Epochs completed, by key. */
  readonly #epochs = new Map<string, number>();
  readonly #reused: number;
  #finished = 0;
  #failed = 0;

  constructor(
    missing: readonly Trial[],
    present: readonly TrialRecord[],
    readonly onProgress: ((progress: SweepProgress) => void) | undefined,
  ) {
    this.#missing = new Map(missing.map((trial) => [trial.key, trial]));
    this.#reused = present.length;
    for (const record of present) this.count(record);
    this.#report();
  }

  /** Trials of the protocol. */
  get total(): number {
    return this.#missing.size + this.#reused;
  }

  /** Trials that have a record. */
  get done(): number {
    return this.#finished + this.#failed;
  }

  get trained(): number {
    return this.done - this.#reused;
  }

  get seconds(): number {
    return (performance.now() - this.#started) / 1000;
  }

  /** A trial has ended. What a diverged student did not train need not be waited for. */
  count(record: TrialRecord): void {
    if (record.error) this.#failed += 1;
    else this.#finished += 1;
    const trial = this.#missing.get(record.key);
    if (trial) this.#epochs.set(record.key, trial.protocol.epochs);
  }

  /** Epochs completed, one number a trial of the wave. */
  follow(wave: readonly Trial[], epochs: readonly number[]): void {
    wave.forEach(({ key }, i) => {
      this.#epochs.set(key, Math.max(epochs[i] as number, this.#epochs.get(key) ?? 0));
    });
    this.#report();
  }

  #report(): void {
    if (!this.onProgress) return;
    const work = this.#doneOf(workOf);
    const steps = this.#doneOf(stepsOf);
    const fraction = work.total === 0 ? 1 : work.done / work.total;
    const secondsElapsed = this.seconds;
    this.onProgress({
      trials: { total: this.total, finished: this.#finished, failed: this.#failed, reused: this.#reused },
      steps: { done: Math.round(steps.done), total: steps.total },
      fraction,
      secondsElapsed,
      secondsLeft: fraction === 0 ? null : (secondsElapsed * (1 - fraction)) / fraction,
    });
  }

  #doneOf(measure: typeof workOf): { done: number; total: number } {
    let done = 0;
    let total = 0;
    for (const [key, { protocol }] of this.#missing) {
      total += measure(protocol);
      done += (measure(protocol) * (this.#epochs.get(key) ?? 0)) / protocol.epochs;
    }
    return { done, total };
  }
}
