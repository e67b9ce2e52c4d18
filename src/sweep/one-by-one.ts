/** For experiments whose trials run one after the other: from a function of one trial to a Runner. */
import { EigenstudentError } from '../errors.js';
import { type SafeTensor, safeTensor } from '../files/safetensors.js';
import type { Scalars, Trial, TrialProtocol } from '../protocol/experiment-form.js';
import { epochsOf, stepsOf } from '../protocol/place.js';
import { float64 } from '../runs/trial-arrays.js';
import { checkpointPath, readTrialCheckpoint, writeTrialCheckpoint } from '../runs/trial-checkpoint.js';
import { throwIfInterrupted } from '../steps.js';
import type { BatchOptions, Outcome } from './batch-options.js';
import type { Runner } from './experiment.js';
import { attempt, type Stage, trialErrorOf } from './trial-failure.js';

export type Tensors = ReadonlyMap<string, SafeTensor>;

export interface TrialRun {
  /** What `checkpoint` kept in an earlier call or process: its step and its tensors. */
  readonly saved: { readonly step: number; readonly tensors: Tensors } | undefined;
  readonly signal: AbortSignal | undefined;
  readonly threads: number | undefined;
  /**
   * To be called after every few steps: the progress of the sweep follows it, and a checkpoint is written when one is due.
   * @param step steps that are done, of those of ExperimentForm.stepsOf
   * @param state from which the trial can go on with the same results
   * @param values short names and numbers for a progress bar
   * @throws interrupted, after a checkpoint was written
   */
  checkpoint(step: number, state: () => Tensors, values?: Readonly<Record<string, number>>): Promise<void>;
}

export interface TrialResult<S = Scalars> {
  readonly scalars: S;
  /** For arrays.safetensors; histories under the names of LiveView.history. */
  readonly tensors?: Tensors;
  /** What computed it. Default: "javascript". */
  readonly engine?: string;
}

/** @param run one trial to its end; what it throws fails that trial alone */
export function oneByOne<P extends TrialProtocol, S extends object>(
  run: (trial: P, context: TrialRun) => Promise<TrialResult<S>>,
): Runner<P> {
  return {
    async runBatch(trials, options) {
      const epochs = trials.map(() => 0);
      for (const [i, trial] of trials.entries()) {
        throwIfInterrupted(options.signal);
        const follow = (done: number, values: Readonly<Record<string, number>> | undefined, rate: number) => {
          epochs[i] = done;
          options.onEpochs(epochs, rate, values ? { trials: 1, values } : null);
        };
        await new SingleTrial(trial, options, follow).run(run);
      }
    },
  };
}

/** Names that checkpoints of these trials have besides those of the experiment. */
const secondsTensor = 'sweep.seconds';

class SingleTrial<P extends TrialProtocol> {
  #step = 0;
  #secondsBefore = 0;
  #started = performance.now();
  #saved = performance.now();

  constructor(
    readonly trial: Trial<P>,
    readonly options: BatchOptions,
    readonly follow: (
      epochs: number,
      values: Readonly<Record<string, number>> | undefined,
      stepsPerSecond: number,
    ) => void,
  ) {}

  async run(work: (trial: P, context: TrialRun) => Promise<TrialResult<object>>): Promise<void> {
    const { trial, options } = this;
    const { signal, threads, profiler } = options;
    const saved = await this.#continue();
    const context: TrialRun = {
      saved,
      signal,
      threads,
      checkpoint: (...state) => this.#checkpoint(...state),
    };
    const done = await this.#timed(profiler, () => attempt(() => work(trial.protocol, context)));
    if ('error' in done) return options.onTrial(trial, this.#failed(done.error, 'training'));
    this.#step = stepsOf(trial.protocol);
    const { scalars, tensors = new Map(), engine = 'javascript' } = done.result;
    const outcome: Outcome = { ...this.#ended(engine), scalars: scalars as Scalars, arrays: { tensors } };
    const kept = await attempt(() => options.onTrial(trial, outcome));
    if ('error' in kept) await options.onTrial(trial, this.#failed(kept.error, 'writing'));
  }

  /** What is not writing is training. */
  async #timed<Result>(profiler: BatchOptions['profiler'], work: () => Promise<Result>): Promise<Result> {
    const [started, written] = [performance.now(), profiler.of('writing')];
    const result = await work();
    const writing = profiler.of('writing') - written;
    profiler.add('training', (performance.now() - started) / 1000 - writing);
    return result;
  }

  /** What was kept of the trial; it starts again where that cannot be used. */
  async #continue(): Promise<TrialRun['saved']> {
    const { key, protocol } = this.trial;
    const { directory, onContinue, onRestart } = this.options;
    try {
      const file = await readTrialCheckpoint(directory, key);
      if (file === undefined) return undefined;
      const [step] = JSON.parse(String(file.metadata.steps));
      this.#step = Number(step);
      [this.#secondsBefore] = float64(file, secondsTensor, checkpointPath(directory, key)) as unknown as [
        number,
      ];
      onContinue({ key, epoch: this.#epochs(protocol) });
      return { step: this.#step, tensors: file.tensors };
    } catch (error) {
      if (!(error instanceof EigenstudentError)) throw error;
      onRestart({ key, reason: error.message });
      return undefined;
    }
  }

  async #checkpoint(...[step, state, values]: Parameters<TrialRun['checkpoint']>): Promise<void> {
    this.#step = step;
    const { signal, checkpointEvery } = this.options;
    const now = performance.now();
    this.follow(this.#epochs(this.trial.protocol), values, step / this.#seconds());
    const due = signal?.aborted || now - this.#saved > 1000 * checkpointEvery;
    if (due) await this.#save(state());
    throwIfInterrupted(signal);
  }

  async #save(tensors: Tensors): Promise<void> {
    const { directory, isOurs, profiler } = this.options;
    if (!(await isOurs(this.trial))) return;
    const all = new Map([...tensors, [secondsTensor, safeTensor(Float64Array.of(this.#seconds()))] as const]);
    const state = { tensors: all, metadata: { steps: JSON.stringify([this.#step]) } };
    await profiler.time('writing', () => writeTrialCheckpoint(directory, this.trial.key, state));
    this.#saved = performance.now();
  }

  #seconds(): number {
    return this.#secondsBefore + (performance.now() - this.#started) / 1000;
  }

  #epochs(protocol: P): number {
    return Math.floor((this.#step * epochsOf(protocol)) / stepsOf(protocol));
  }

  #ended(engine: string) {
    return { seconds: this.#seconds(), steps: this.#step, engine };
  }

  /** @throws the error, where it is not of the trial */
  #failed(error: unknown, stage: Stage): Outcome {
    return {
      ...this.#ended('javascript'),
      scalars: {},
      arrays: { tensors: new Map() },
      error: trialErrorOf(error, stage, this.#step),
    };
  }
}
