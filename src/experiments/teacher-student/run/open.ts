/** Trains the students of a run in one process: those of one trial share their data. */

import type { BatchOptions } from '../../../sweep/batch-options.js';
import type { Calibration, CalibrationPlan } from '../../../sweep/experiment.js';
import { DatasetFiles } from '../files/dataset-files.js';
import type { Protocol } from '../protocol/schema.js';
import type { StudentProtocol, StudentTrial } from '../protocol/trial.js';
import { calibrate } from './calibrate.js';
import { SharedData } from './shared-data.js';
import { trainBatch } from './train-batch.js';

export function open(protocol: Protocol, signal: AbortSignal | undefined) {
  const data = new SharedData(new DatasetFiles(protocol), signal);
  return {
    runBatch: (trials: readonly StudentTrial[], options: BatchOptions): Promise<void> =>
      trainBatch(trials, { ...options, data }),
    calibrate: (example: StudentProtocol, plan: CalibrationPlan): Promise<Calibration<StudentProtocol>> =>
      calibrate(example, data, plan),
  };
}
