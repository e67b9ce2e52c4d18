/** What a batch of trials is told, and what it tells. */
import type { ChosenDevice } from '../network/device.js';
import type { Trial } from '../protocol/trials.js';
import type { DamagedTrial } from '../runs/run-directory.js';
import type { Outcome, RunningTrial } from './outcome.js';
import type { Profiler } from './profile.js';
import type { SharedData } from './shared-data.js';
import type { Latest } from './trial-log.js';

export interface BatchOptions {
  readonly directory: string;
  readonly data: SharedData;
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
  /** Measures a student that has trained to its end. Default: finishedOutcome. What it throws fails its trial alone. */
  readonly measure?: (work: RunningTrial, testLoss: number) => Promise<Outcome>;
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
