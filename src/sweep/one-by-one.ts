/** Makes a Runner from a function that runs one trial. */
import { describe } from '../arguments.js';
import { EigenstudentError } from '../errors.js';
import { type SafeTensor, safeTensor } from '../files/safetensors.js';
import type { ChosenDevice } from '../network/device.js';
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
  /** The last checkpoint of an earlier call or process: its step and its tensors. */
  readonly saved: { readonly step: number; readonly tensors: Tensors } | undefined;
  readonly signal: AbortSignal | undefined;
  readonly threads: number | undefined;
  /** The device that the sweep was asked to use: for Population.create. */
  readonly device: ChosenDevice['device'];
  /** GPUs by their number; undefined on a CPU. */
  readonly devices: ChosenDevice['devices'] | undefined;
  /**
   * To be called after every few steps: it updates the progress of the sweep, and writes a checkpoint when one is due.
   * @param step number of completed steps, an integer from 0 to ExperimentForm.stepsOf
   * @param state from which the trial can continue with the same results
   * @param values short names and numbers for a progress bar
   * @throws interrupted, after a checkpoint was written
   */
  checkpoint(step: number, state: () => Tensors, values?: Readonly<Record<string, number>>): Promise<void>;
}

export interface TrialResult<S = Scalars> {
  readonly scalars: S;
  /** For arrays.safetensors; histories under the names of LiveView.history. */
  readonly tensors?: Tensors;
  /**
   * The engine that computed it, where it is determined during the trial: Population.engine. Default: that of the
   * options.
   */
  readonly engine?: string;
}

export interface OneByOneOptions {
  /** Engine of the trials, as records name it. Default: "javascript". */
  readonly engine?: string;
  /**
   * Number of trials that run side by side in one process, for functions that await native code; at most `threads` of the
   * sweep, where it is given and the device is a CPU. Default: 1.
   */
  readonly atOnce?: number;
}

/**
 * A runner of trials that are functions.
 * @param run runs one trial to its end; an error that it throws fails that trial alone
 */
export function oneByOne<P extends TrialProtocol, S extends object>(
  run: (trial: P, context: TrialRun) => Promise<TrialResult<S>>,
  { engine = 'javascript', atOnce = 1 }: OneByOneOptions = {},
): Runner<P> {
  return {
    atOnce,
    async runBatch(trials, options) {
      const epochs = trials.map(() => 0);
      const follow = (i: number) => (done: number, values: Values | undefined, rate: number) => {
        epochs[i] = done;
        options.onEpochs(epochs, rate, values ? { trials: 1, values } : null);
      };
      const running = trials.map((trial, i) => new SingleTrial(trial, options, follow(i), engine).run(run));
      const ended = await Promise.allSettled(running);
      const fault = ended.find(({ status }) => status === 'rejected');
      if (fault?.status === 'rejected') throw fault.reason;
    },
  };
}

type Values = Readonly<Record<string, number>>;

/** Name of a tensor in checkpoints of these trials besides those of the experiment. */
const secondsTensor = 'sweep.seconds';

/** Seconds until the first checkpoint; each further interval is twice as long, up to that of the sweep. Arbitrary. */
const firstCheckpoint = 5;

/** Milliseconds between two reports of progress: a trial of a million steps may report at each. */
const reportPause = 50;

class SingleTrial<P extends TrialProtocol> {
  #step = 0;
  #secondsBefore = 0;
  readonly #started = performance.now();
  #saved = performance.now();
  #saves = 0;
  #reported = 0;

  constructor(
    readonly trial: Trial<P>,
    readonly options: BatchOptions,
    readonly follow: (epochs: number, values: Values | undefined, stepsPerSecond: number) => void,
    readonly engine: string,
  ) {}

  async run(work: (trial: P, context: TrialRun) => Promise<TrialResult<object>>): Promise<void> {
    const { trial, options } = this;
    const { signal } = options;
    throwIfInterrupted(signal);
    const context = this.#context(await this.#continue());
    const done = await this.#timed(() =>
      attempt(async () => checkedResult(await work(trial.protocol, context))),
    );
    if ('error' in done) {
      // An interrupted trial may throw any error, such as that of a timer or of a request. The next call continues it.
      throwIfInterrupted(signal);
      return options.onTrial(trial, this.#failed(done.error, 'training'));
    }
    this.#step = stepsOf(trial.protocol);
    const { scalars, tensors = new Map(), engine = this.engine } = done.result;
    const outcome = { ...this.#ended(), engine, scalars: scalars as Scalars, arrays: { tensors } };
    const kept = await attempt(() => options.onTrial(trial, outcome));
    if ('error' in kept) await options.onTrial(trial, this.#failed(kept.error, 'writing'));
  }

  #context(saved: TrialRun['saved']): TrialRun {
    const { signal, threads, chosen } = this.options;
    const { device } = chosen;
    const devices = device === 'cuda' ? chosen.devices : undefined;
    return { saved, signal, threads, device, devices, checkpoint: (...state) => this.#checkpoint(...state) };
  }

  /** Time that is not spent on writing counts as training. */
  async #timed<Result>(work: () => Promise<Result>): Promise<Result> {
    const { profiler } = this.options;
    const [started, written] = [performance.now(), profiler.of('writing')];
    const result = await work();
    const writing = profiler.of('writing') - written;
    profiler.add('training', Math.max(0, (performance.now() - started) / 1000 - writing));
    return result;
  }

  /** The checkpoint of the trial; the trial starts again where it cannot be used. */
  async #continue(): Promise<TrialRun['saved']> {
    const { key, protocol } = this.trial;
    const { directory, onContinue, onRestart } = this.options;
    try {
      const file = await readTrialCheckpoint(directory, key);
      if (file === undefined) return undefined;
      const [seconds = 0] = float64(file, secondsTensor, checkpointPath(directory, key));
      const [step] = JSON.parse(String(file.metadata.steps));
      this.#secondsBefore = seconds;
      this.#step = step;
      onContinue({ key, epoch: this.#epochs(protocol) });
      return { step, tensors: file.tensors };
    } catch (error) {
      if (!(error instanceof EigenstudentError)) throw error;
      onRestart({ key, reason: error.message });
      return undefined;
    }
  }

  async #checkpoint(...[step, state, values]: Parameters<TrialRun['checkpoint']>): Promise<void> {
    checkStep(step, stepsOf(this.trial.protocol));
    this.#step = step;
    const { signal, checkpointEvery } = this.options;
    const now = performance.now();
    if (now - this.#reported >= reportPause) {
      this.#reported = now;
      this.follow(this.#epochs(this.trial.protocol), values, step / this.#seconds());
    }
    if (
      signal?.aborted ||
      now - this.#saved > 1000 * Math.min(checkpointEvery, firstCheckpoint * 2 ** this.#saves)
    )
      await this.#save(state());
    throwIfInterrupted(signal);
  }

  async #save(tensors: Tensors): Promise<void> {
    const { directory, isOurs, profiler } = this.options;
    if (!(await isOurs(this.trial))) return;
    const all = new Map([...tensors, [secondsTensor, safeTensor(Float64Array.of(this.#seconds()))] as const]);
    const state = { tensors: all, metadata: { steps: JSON.stringify([this.#step]) } };
    await profiler.time('writing', () => writeTrialCheckpoint(directory, this.trial.key, state));
    this.#saved = performance.now();
    this.#saves += 1;
  }

  #seconds(): number {
    return this.#secondsBefore + (performance.now() - this.#started) / 1000;
  }

  #epochs(protocol: P): number {
    return Math.floor((this.#step * epochsOf(protocol)) / stepsOf(protocol));
  }

  #ended() {
    return { seconds: this.#seconds(), steps: this.#step, engine: this.engine };
  }

  /** @throws the error, where it does not belong to the trial */
  #failed(error: unknown, stage: Stage): Outcome {
    return {
      ...this.#ended(),
      scalars: {},
      arrays: { tensors: new Map() },
      error: trialErrorOf(error, stage, this.#step),
    };
  }
}

/** @throws where a result is invalid; no type has checked it */
function checkedResult<S>(result: TrialResult<S>): TrialResult<S> {
  const { scalars, tensors } = (result ?? {}) as Partial<TrialResult<S>>;
  const isMap = tensors === undefined || typeof tensors.entries === 'function';
  if (typeof scalars === 'object' && scalars !== null && isMap) return result;
  const what = isMap ? '{ scalars }' : 'a Map of tensors by name';
  const message = `expected ${what} from the function that runs a trial, received ${describe(isMap ? scalars : tensors)}`;
  throw new EigenstudentError('invalid_argument', message);
}

function checkStep(step: number, steps: number): void {
  if (Number.isSafeInteger(step) && step >= 0 && step <= steps) return;
  const message = `expected an integer from 0 to ${steps} for the step of a checkpoint, received ${step}`;
  throw new EigenstudentError('invalid_argument', message);
}
