/**
 * trials/<key>/checkpoint.safetensors: how far an unfinished trial is. It is a checkpoint of a population of one with more in
 * it: restoreCheckpoint reads it as it is.
 */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { EigenstudentError } from '../errors.js';
import { writeAtomically } from '../files/atomic-write.js';
import {
  decodeSafetensors,
  encodeSafetensors,
  type SafetensorsFile,
  safeTensor,
} from '../files/safetensors.js';
import type { Population } from '../population/population.js';
import { checkpointOf, continueFrom } from '../training/checkpoint.js';
import { writing } from './advice.js';
import { makeFolder } from './make-folder.js';
import { type NodeHistory, nodeHistoryTensors, readNodeHistory } from './node-history.js';
import { readBytesIfThere } from './read-bytes.js';
import { trialFolder } from './record.js';
import { float64, historyTensors, type LossHistory, readHistory } from './trial-arrays.js';
import { versions } from './versions.js';

export const checkpointFile = 'checkpoint.safetensors';

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
export async function writeTrialCheckpoint(
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
  const described = { ...metadata, key, version: versions().eigenstudent };
  const sealed = { ...described, sha256: checksum({ tensors, metadata: described }) };
  const folder = trialFolder(directory, key);
  await writing(directory, async () => {
    await makeFolder(folder);
    await writeAtomically(join(folder, checkpointFile), encodeSafetensors(tensors, sealed));
  });
}

/**
 * Sets a student to where its trial was left.
 * @returns nothing where the trial was not begun
 * @throws file_corrupt, file_unreadable, data_mismatch (another engine, dtype or version): the student is as it was, and the
 *   trial is to start again
 */
export async function continueTrial(
  directory: string,
  key: string,
  population: Population,
  student: number,
): Promise<TrialProgress | undefined> {
  const path = join(trialFolder(directory, key), checkpointFile);
  const bytes = await readBytesIfThere(path);
  if (bytes === undefined) return undefined;
  const file = decodeSafetensors(bytes, path);
  checkSeal(file, key, path);
  const lossHistory = readHistory(file, path);
  const nodeHistory = readNodeHistory(file, lossHistory.epoch.length + 1, path);
  const progress = {
    lossHistory,
    ...(nodeHistory && { nodeHistory }),
    initialTestLoss: float64(file, 'initialTestLoss', path)[0] as number,
    seconds: float64(file, 'seconds', path)[0] as number,
  };
  continueFrom(file, path, population, [population.at(student)]);
  return progress;
}

function checkSeal({ tensors, metadata }: SafetensorsFile, key: string, path: string): void {
  const { sha256, ...described } = metadata;
  const received = checksum({ tensors, metadata: described });
  if (sha256 !== received)
    throw new EigenstudentError(
      'file_corrupt',
      `${path} has changed since it was written: it expects SHA-256 ${sha256}, received ${received}`,
    );
  if (metadata.key !== key)
    throw new EigenstudentError('file_corrupt', `${path}: expected key ${key}, received ${metadata.key}`);
  const { eigenstudent } = versions();
  if (metadata.version !== eigenstudent)
    throw new EigenstudentError(
      'data_mismatch',
      `${path} was written by version ${metadata.version}, this is ${eigenstudent}`,
    );
}

/** Of everything that the file says, in an order that depends on names alone. */
function checksum({ tensors, metadata }: SafetensorsFile): string {
  const hash = createHash('sha256');
  hash.update(JSON.stringify(Object.entries(metadata).sort()));
  for (const name of [...tensors.keys()].sort()) {
    const { dtype, shape, data } = tensors.get(name) as NonNullable<ReturnType<typeof tensors.get>>;
    hash.update(JSON.stringify([name, dtype, shape]));
    hash.update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  }
  return hash.digest('hex');
}
