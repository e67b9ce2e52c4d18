/** What a batch of trials gets from the sweep, and what it gives. */
import type { ChosenDevice } from '../network/device.js';
import type { Scalars, Trial } from '../protocol/experiment-form.js';
import type { TrialError } from '../runs/record.js';
import type { DamagedTrial } from '../runs/run-directory.js';
import type { TrialTensors } from '../runs/trial-arrays.js';
import type { Profiler } from './profile.js';

/** A trial that has ended: what its record and its arrays hold. */
export interface Outcome {
  /** Of a failed trial: what was known before it failed. */
  readonly scalars: Scalars;
  readonly arrays: TrialTensors;
  /** Absent where the trial finished. */
  readonly error?: TrialError;
  /** Wall-clock time that it ran, in this process and those before. */
  readonly seconds: number;
  readonly steps: number;
  /** What computed it: "cpu-avx2". */
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
  /** Whether the trial is still this process's own. */
  readonly isOurs: (trial: Trial) => Promise<boolean>;
  /** Epochs completed by each trial, steps of all of them per second, and how they do. */
  readonly onEpochs: (
    epochs: readonly number[],
    studentStepsPerSecond: number,
    latest: Latest | null,
  ) => void;
  /** Called with trials that are too large for a GPU's fused kernels, before they train. */
  readonly onLayerwise: (trials: readonly LayerwiseTrial[]) => void;
  /** Called for a trial that goes on from its checkpoint. */
  readonly onContinue: (trial: ContinuedTrial) => void;
  /** Called for a trial whose checkpoint cannot be continued: it starts again. */
  readonly onRestart: (trial: DamagedTrial) => void;
  /** Called once per trial, finished or failed, for several at once; training waits for it. */
  readonly onTrial: (trial: Trial, outcome: Outcome) => Promise<void>;
}

/** Medians over trials that run side by side, each at its last evaluation. */
export interface Latest {
  readonly trials: number;
  /** By the short name that a progress bar shows: "loss", "n_λ". */
  readonly values: Readonly<Record<string, number>>;
}

/** A trial that did not start from nothing. */
export interface ContinuedTrial {
  readonly key: string;
  /** Epochs that it had behind it. */
  readonly epoch: number;
}

/** A trial whose student a GPU trains layer by layer, which takes longer: see Execution. */
export interface LayerwiseTrial {
  readonly key: string;
  readonly width: number;
  readonly reason: string;
}
