/**
 * The checkpoint of a student in training: that of a population of one, which restoreCheckpoint reads directly, with
 * its histories.
 */
import { safeTensor } from '../../../files/safetensors.js';
import type { Population } from '../../../population/population.js';
import { float64 } from '../../../runs/trial-arrays.js';
import { checkpointPath, readTrialCheckpoint, writeTrialCheckpoint } from '../../../runs/trial-checkpoint.js';
import { checkpointOf, continueFrom } from '../../../training/checkpoint.js';
import { historyTensors, type LossHistory, readHistory } from './arrays.js';
import { type NodeHistory, nodeHistoryTensors, readNodeHistory } from './node-history.js';

/** The results of a trial in training, besides the state of its student. */
export interface TrialProgress {
  readonly lossHistory: LossHistory;
  readonly nodeHistory?: NodeHistory;
  readonly initialTestLoss: number;
  /** Training time of its student so far, in this process and in earlier ones. */
  readonly seconds: number;
}

/**
 * Writes the checkpoint of a trial, in place of the previous one.
 * @param student its index in the population
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
 * Restores a student from the checkpoint of its trial.
 * @returns undefined where there is none
 * @throws file_corrupt, file_unreadable, data_mismatch (another engine, dtype or version): the student is unchanged,
 *   and the trial has to start again
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
