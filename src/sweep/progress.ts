/** How far a run is, and how long it will still take. */

import type { Trial } from '../protocol/experiment-form.js';
import { epochsOf, stepsOf, workOf } from '../protocol/place.js';
import type { Latest } from './batch-options.js';

export interface SweepProgress {
  /** Trials of the protocol, or of the shard; `reused` were there when the run began and are among the finished and failed. */
  readonly trials: {
    readonly total: number;
    readonly finished: number;
    readonly failed: number;
    readonly reused: number;
  };
  /** Steps of all students that this run trains. */
  readonly steps: { readonly done: number; readonly total: number };
  /** Steps of all students together per second of training, of late; 0 before there is any. */
  readonly studentStepsPerSecond: number;
  /** Of the arithmetic of this run, 0 to 1. */
  readonly fraction: number;
  readonly secondsElapsed: number;
  /** Estimated from the arithmetic done so far; null before there is any. */
  readonly secondsLeft: number | null;
  /** How the trials do that train side by side now; null before they were evaluated. */
  readonly latest: Latest | null;
}

/** Done, of all. */
interface Share {
  done: number;
  total: number;
}

/** How a trial ended. */
export type Ending = 'finished' | 'failed';

/** Counts what is done. */
export class Tally {
  readonly #started = performance.now();
  readonly #missing: Map<string, Trial>;
  /** Epochs completed, by key. */
  readonly #epochs = new Map<string, number>();
  readonly #reused: number;
  readonly #work: Share = { done: 0, total: 0 };
  readonly #steps: Share = { done: 0, total: 0 };
  /** Trials of the run. */
  readonly total: number;
  #trained = 0;
  #finished = 0;
  #failed = 0;
  readonly #faults: unknown[] = [];
  #studentStepsPerSecond = 0;
  #latest: Latest | null = null;

  /** @param present how the trials ended that were there when the run began */
  constructor(
    missing: readonly Trial[],
    present: Iterable<Ending>,
    readonly onProgress: ((progress: SweepProgress) => void) | undefined,
  ) {
    this.#missing = new Map(missing.map((trial) => [trial.key, trial]));
    for (const { protocol } of missing) {
      this.#work.total += workOf(protocol);
      this.#steps.total += stepsOf(protocol);
    }
    for (const ending of present) this.#add(ending);
    this.#reused = this.done;
    this.total = this.#missing.size + this.#reused;
    this.#report();
  }

  /** Trials that have a record. */
  get done(): number {
    return this.#finished + this.#failed;
  }

  get reused(): number {
    return this.#reused;
  }

  /** Trials that ended in this process. */
  get trained(): number {
    return this.#trained;
  }

  /** Trials that other processes have ended meanwhile. */
  get elsewhere(): number {
    return this.done - this.#reused - this.#trained;
  }

  /** A trial has ended, here or in another process. What a diverged student did not train need not be waited for. */
  count(key: string, ending: Ending, where: 'here' | 'elsewhere'): void {
    this.#add(ending);
    if (where === 'here') this.#trained += 1;
    this.#reach(key, Number.POSITIVE_INFINITY);
    // Nothing is kept of it: memory does not grow with what has ended.
    this.#missing.delete(key);
    this.#epochs.delete(key);
    try {
      this.#report();
    } catch (error) {
      // Of the caller's function, and not of the trial, whose record is written: see throwFault.
      this.#faults.push(error);
    }
  }

  /** @throws what the caller's function threw when a trial had ended */
  throwFault(): void {
    if (this.#faults.length > 0) throw this.#faults[0];
  }

  /** Epochs completed, one number per trial of the batch. */
  follow(
    batch: readonly Trial[],
    epochs: readonly number[],
    studentStepsPerSecond: number,
    latest: Latest | null,
  ): void {
    batch.forEach(({ key }, i) => {
      this.#reach(key, epochs[i] as number);
    });
    this.#studentStepsPerSecond = studentStepsPerSecond || this.#studentStepsPerSecond;
    this.#latest = latest;
    this.#report();
  }

  #add(ending: Ending): void {
    if (ending === 'failed') this.#failed += 1;
    else this.#finished += 1;
  }

  #reach(key: string, epoch: number): void {
    const trial = this.#missing.get(key);
    if (!trial) return;
    const { protocol } = trial;
    const before = this.#epochs.get(key) ?? 0;
    const now = Math.max(before, Math.min(epoch, epochsOf(protocol)));
    this.#epochs.set(key, now);
    const share = (now - before) / Math.max(1, epochsOf(protocol));
    this.#work.done += share * workOf(protocol);
    this.#steps.done += share * stepsOf(protocol);
  }

  #report(): void {
    if (!this.onProgress) return;
    const left = this.total - this.done;
    // Sums of shares: what rounding leaves is not shown.
    const fraction = left === 0 ? 1 : Math.min(1, this.#work.done / (this.#work.total || 1));
    const secondsElapsed = (performance.now() - this.#started) / 1000;
    this.onProgress({
      trials: { total: this.total, finished: this.#finished, failed: this.#failed, reused: this.#reused },
      steps: { done: Math.round(this.#steps.done), total: this.#steps.total },
      studentStepsPerSecond: this.#studentStepsPerSecond,
      fraction,
      secondsElapsed,
      secondsLeft: fraction === 0 ? null : (secondsElapsed * (1 - fraction)) / fraction,
      latest: this.#latest,
    });
  }
}
