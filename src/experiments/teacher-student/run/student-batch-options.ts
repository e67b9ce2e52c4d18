import type { BatchOptions, Outcome } from '../../../sweep/batch-options.js';
import type { RunningTrial } from './outcome.js';
import type { SharedData } from './shared-data.js';

export interface StudentBatchOptions extends BatchOptions {
  readonly data: SharedData;
  /** Measures a student that has trained to its end. Default: finishedOutcome. What it throws fails its trial alone. */
  readonly measure?: (work: RunningTrial, testLoss: number) => Promise<Outcome>;
}
