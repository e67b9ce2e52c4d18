import type { BatchOptions, Outcome } from '../../../sweep/batch-options.js';
import type { RunningTrial } from './outcome.js';
import type { SharedData } from './shared-data.js';

export interface StudentBatchOptions extends BatchOptions {
  readonly data: SharedData;
  /** Measures a student after its training. Default: finishedOutcome. An error that it throws fails its trial alone. */
  readonly measure?: (work: RunningTrial, testLoss: number) => Promise<Outcome>;
}
