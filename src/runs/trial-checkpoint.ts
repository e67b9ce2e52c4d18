/** trials/<key>/checkpoint.safetensors: the state of an unfinished trial. */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { EigenstudentError } from '../errors.js';
import { writeAtomically } from '../files/atomic-write.js';
import { decodeSafetensors, encodeSafetensors, type SafetensorsFile } from '../files/safetensors.js';
import { writing } from './advice.js';
import { makeFolder } from './make-folder.js';
import { readBytesIfThere } from './read-bytes.js';
import { trialFolder } from './record.js';
import type { TrialTensors } from './trial-arrays.js';
import { versions } from './versions.js';

export const checkpointFile = 'checkpoint.safetensors';

export function checkpointPath(directory: string, key: string): string {
  return join(trialFolder(directory, key), checkpointFile);
}

/**
 * Writes the checkpoint of a trial, in place of the previous one.
 * @param state its metadata contain `steps`, a list of one number: the completed steps (see checkpointSteps)
 * @throws file_unwritable
 */
export async function writeTrialCheckpoint(
  directory: string,
  key: string,
  { tensors, metadata }: TrialTensors,
): Promise<void> {
  const described = { ...metadata, key, version: versions().eigenstudent };
  const all = new Map(tensors);
  const sealed = { ...described, sha256: checksum({ tensors: all, metadata: described }) };
  await writing(directory, async () => {
    await makeFolder(trialFolder(directory, key));
    await writeAtomically(checkpointPath(directory, key), encodeSafetensors(all, sealed));
  });
}

/**
 * The checkpoint of a trial; undefined where there is none.
 * @throws file_corrupt, file_unreadable, data_mismatch (another version): the trial has to start again
 */
export async function readTrialCheckpoint(
  directory: string,
  key: string,
): Promise<SafetensorsFile | undefined> {
  const path = checkpointPath(directory, key);
  const bytes = await readBytesIfThere(path);
  if (bytes === undefined) return undefined;
  const file = decodeSafetensors(bytes, path);
  checkSeal(file, key, path);
  return file;
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

/** Covers all content of the file, in an order that depends on names alone. */
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
