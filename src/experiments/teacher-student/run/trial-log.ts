import { percentile } from '../../../analysis/percentile.js';
import type { Network } from '../../../network/network.js';
import type { Latest } from '../../../sweep/batch-options.js';
import type { LossHistory } from '../record/arrays.js';
import type { NodeHistory } from '../record/node-history.js';
import type { TrialProgress } from '../record/progress.js';
import type { NodeLog } from './node-log.js';

/** The histories of one trial in training, besides the state of its student. */
export class TrialLog {
  readonly #history: { [Name in keyof LossHistory]: number[] };
  /** It has a record, or its record is being written. */
  ended = false;

  /**
   * @param before the progress in its checkpoint
   * @param nodes records its nodes, if they are recorded
   */
  constructor(
    readonly initialTestLoss: number,
    private readonly before?: TrialProgress,
    private readonly nodes?: NodeLog,
  ) {
    const of = (name: keyof LossHistory) => [...(before?.lossHistory[name] ?? [])];
    this.#history = {
      epoch: of('epoch'),
      trainLoss: of('trainLoss'),
      validationLoss: of('validationLoss'),
      effectiveSize: of('effectiveSize'),
    };
  }

  /** Epoch of the last entry; 0 where there is none. */
  get epoch(): number {
    return this.#history.epoch.at(-1) ?? 0;
  }

  note(entry: { readonly [Name in keyof LossHistory]: number }): void {
    for (const name of Object.keys(this.#history) as (keyof LossHistory)[])
      this.#history[name].push(entry[name]);
  }

  /** Called before the first step, and then with each `note`. relevance: [h] */
  noteNodes({ network, relevance }: { network: Network; relevance: ArrayLike<number> }): void {
    this.nodes?.note(network, relevance);
  }

  /** Whether `noteNodes` records anything. */
  get followsNodes(): boolean {
    return this.nodes !== undefined;
  }

  nodeHistory(): NodeHistory | undefined {
    return this.nodes?.history();
  }

  /** The last entry of a non-empty history. */
  last(name: keyof LossHistory): number {
    return this.#history[name].at(-1) as number;
  }

  lossHistory(): LossHistory {
    return {
      epoch: Float64Array.from(this.#history.epoch),
      trainLoss: Float64Array.from(this.#history.trainLoss),
      validationLoss: Float64Array.from(this.#history.validationLoss),
      effectiveSize: Float64Array.from(this.#history.effectiveSize),
    };
  }

  /** @param secondsHere training time of the student in this process */
  progress(secondsHere: number): TrialProgress {
    return {
      lossHistory: this.lossHistory(),
      nodeHistory: this.nodeHistory(),
      initialTestLoss: this.initialTestLoss,
      seconds: (this.before?.seconds ?? 0) + secondsHere,
    };
  }
}

/** null where no trial has been evaluated yet, or none has a finite loss. */
export function latestOf(logs: readonly TrialLog[]): Latest | null {
  const evaluated = logs.filter((log) => Number.isFinite(log.last('trainLoss')));
  if (evaluated.length === 0) return null;
  const median = (name: 'trainLoss' | 'effectiveSize') =>
    percentile(
      evaluated.map((log) => log.last(name)),
      50,
    );
  return { trials: evaluated.length, values: { loss: median('trainLoss'), n_λ: median('effectiveSize') } };
}
