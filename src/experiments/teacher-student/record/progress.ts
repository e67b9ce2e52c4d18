/**
 * What a checkpoint holds of a student that trains: that of a population of one, which restoreCheckpoint reads as it is, and
 * its histories.
 */
import { safeTensor } from '../../../files/safetensors.js';
import type { Population } from '../../../population/population.js';
import { float64 } from '../../../runs/trial-arrays.js';
import { checkpointPath, readTrialCheckpoint, writeTrialCheckpoint } from '../../../runs/trial-checkpoint.js';
import { checkpointOf, continueFrom } from '../../../training/checkpoint.js';
import { historyTensors, type LossHistory, readHistory } from './arrays.js';
import { type NodeHistory, nodeHistoryTensors, readNodeHistory } from './node-history.js';

/** What is known of a trial while it trains, besides the state of its student. */
export interface TrialProgress {
  readonly lossHistory: LossHistory;
  readonly nodeHistory?: NodeHistory;
  readonly initialTestLoss: number;
  /** That its student has trained so far, in this process and those before. */
  readonly seconds: number;
}

/**
 * Keeps how far a trial is, in place of what was kept before.
 * @param student its place in the population
 * @throws file_unwritable
 */
export async function saveProgress(
  directory: string,
  key: string,
  population: Population,
  student: number,
  progress: TrialProgress,
): Promise<void> {
  const { tensors, metadata } = checkpointOf(population, [population.at(student)]);
  for (const [name, tensor] of historyTensors(progress.lossHistory)) tensors.set(name, tensor);
  const { nodeHistory, lossHistory } = progress;
  if (nodeHistory)
    for (const [name, tensor] of nodeHistoryTensors(nodeHistory, lossHistory.epoch.length + 1))
      tensors.set(name, tensor);
  tensors.set('initialTestLoss', safeTensor(Float64Array.of(progress.initialTestLoss)));
  tensors.set('seconds', safeTensor(Float64Array.of(progress.seconds)));
  await writeTrialCheckpoint(directory, key, { tensors, metadata });
}

/**
 * Sets a student to where its trial was left.
 * @returns undefined where the trial was not begun
 * @throws file_corrupt, file_unreadable, data_mismatch (another engine, dtype or version): the student is as it was, and the
 *   trial is to start again
 */
export async function continueTrial(
  directory: string,
  key: string,
  population: Population,
  student: number,
): Promise<TrialProgress | undefined> {
  const file = await readTrialCheckpoint(directory, key);
  if (file === undefined) return undefined;
  const path = checkpointPath(directory, key);
  const lossHistory = readHistory(file, path);
  const nodeHistory = readNodeHistory(file, lossHistory.epoch.length + 1, path);
  const progress = {
    lossHistory,
    nodeHistory,
    initialTestLoss: float64(file, 'initialTestLoss', path)[0] as number,
    seconds: float64(file, 'seconds', path)[0] as number,
  };
  continueFrom(file, path, population, [population.at(student)]);
  return progress;
}
