/** Options of a batch of trials, and its results. */
import type { ChosenDevice } from '../network/device.js';
import type { Scalars, Trial } from '../protocol/experiment-form.js';
import type { TrialError } from '../runs/record.js';
import type { DamagedTrial } from '../runs/run-directory.js';
import type { TrialTensors } from '../runs/trial-arrays.js';
import type { Profiler } from './profile.js';

/** The result of a trial that has ended: the content of its record and its arrays. */
export interface Outcome {
  /** Of a failed trial: the scalars that were available before it failed. */
  readonly scalars: Scalars;
  readonly arrays: TrialTensors;
  /** Absent where the trial finished. */
  readonly error?: TrialError;
  /** Wall-clock time of the trial, in this process and in earlier ones. */
  readonly seconds: number;
  readonly steps: number;
  /** The engine that computed it: "cpu-avx2". */
  readonly engine: string;
}

export interface BatchOptions {
  readonly directory: string;
  readonly chosen: ChosenDevice;
  readonly threads: number | undefined;
  readonly signal: AbortSignal | undefined;
  /** Seconds. */
  readonly checkpointEvery: number;
  readonly profiler: Profiler;
  /** Whether this process still holds the lock of the trial. */
  readonly isOurs: (trial: Trial) => Promise<boolean>;
  /** Called with the epochs completed by each trial, the steps of all trials per second, and their latest values. */
  readonly onEpochs: (
    epochs: readonly number[],
    studentStepsPerSecond: number,
    latest: Latest | null,
  ) => void;
  /** Called with trials that are too large for the fused kernels of a GPU, before they train. */
  readonly onLayerwise: (trials: readonly LayerwiseTrial[]) => void;
  /** Called for a trial that continues from its checkpoint. */
  readonly onContinue: (trial: ContinuedTrial) => void;
  /** Called for a trial whose checkpoint cannot be continued: it starts again. */
  readonly onRestart: (trial: DamagedTrial) => void;
  /** Called once per trial, finished or failed, for several at once; training waits for it. */
  readonly onTrial: (trial: Trial, outcome: Outcome) => Promise<void>;
}

/** Medians, over trials that train side by side, of the values at the last evaluation of each. */
export interface Latest {
  readonly trials: number;
  /** By the short name that a progress bar shows: "loss", "n_λ". */
  readonly values: Readonly<Record<string, number>>;
}

/** A trial that continued from a checkpoint. */
export interface ContinuedTrial {
  readonly key: string;
  /** Epochs completed before. */
  readonly epoch: number;
}

/** A trial whose student a GPU trains layer by layer, which takes longer: see Execution. */
export interface LayerwiseTrial {
  readonly key: string;
  readonly width: number;
  readonly reason: string;
}
