/** Counts trials by state, for a run or for a group. */

import { epochsOf, stepsOf } from '../../protocol/place.js';
import type { Trial } from '../../protocol/trials.js';
import type { ScannedRecords } from './record-summary.js';

export interface TrialCounts {
  readonly total: number;
  readonly finished: number;
  /** Finished trials with a trivial solution: see ExperimentForm.didNotLearn. */
  readonly didNotLearn: number;
  /** Trials with a record of their error. */
  readonly failed: number;
  /** Trials without a readable record, or without its arrays. */
  readonly unfinished: number;
  /** Unfinished trials that will continue from a checkpoint. */
  readonly begun: number;
  /** Sum over all trials. An ended trial counts with all its epochs, an unfinished one with those of its checkpoint. */
  readonly epochs: { readonly done: number; readonly total: number };
}

/** State of a directory's trials, by key. */
export class Found {
  readonly #records: ReadonlyMap<string, ScannedRecords['records'][number]>;

  constructor(readonly scanned: ScannedRecords) {
    this.#records = new Map(scanned.records.map((record) => [record.key, record]));
  }

  record(trial: Trial) {
    return this.#records.get(trial.key);
  }

  /** Epochs completed by an unfinished trial, by its checkpoint; undefined where it has none. */
  epoch({ key, protocol }: Trial): number | undefined {
    const steps = this.scanned.begun.get(key);
    if (steps === undefined) return undefined;
    const epochs = epochsOf(protocol);
    return Math.min(epochs, Math.floor((steps * epochs) / stepsOf(protocol)));
  }
}

export function countTrials(trials: readonly Trial[], found: Found): TrialCounts {
  let [failed, finished, didNotLearn, begun, done, total] = [0, 0, 0, 0, 0, 0];
  for (const trial of trials) {
    const record = found.record(trial);
    const epochs = epochsOf(trial.protocol);
    const epoch = record ? epochs : found.epoch(trial);
    if (record?.failed) failed += 1;
    else if (record) finished += 1;
    else if (epoch !== undefined) begun += 1;
    if (record?.didNotLearn) didNotLearn += 1;
    done += epoch ?? 0;
    total += epochs;
  }
  const unfinished = trials.length - finished - failed;
  return { total: trials.length, finished, didNotLearn, failed, unfinished, begun, epochs: { done, total } };
}
