/** A run directory: protocol.yaml, trials/<key>/, summary.json. All of it: docs/architecture.md, "A run directory". */
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { EigenstudentError, reasonOf } from '../errors.js';
import { writeAtomically } from '../files/atomic-write.js';
import { decodeText } from '../files/text-file.js';
import type { ProtocolDocument } from '../protocol/experiment-form.js';
import { formatProtocol, parseProtocol } from '../protocol/protocol.js';
import type { Trial } from '../protocol/trials.js';
import { writing } from './advice.js';
import { compareProtocols } from './growth.js';
import { makeFolder } from './make-folder.js';
import { namesIn } from './names-in.js';
import { protocolLock } from './owners.js';
import { isMissing, readBytesIfThere } from './read-bytes.js';
import {
  encodeRecord,
  readRecord,
  recordFile,
  sealRecord,
  type TrialRecord,
  trialFolder,
  type UnsealedRecord,
} from './record.js';
import { sha256 } from './sha256.js';
import { arraysFile, checkArrays, encodeArrays, type TrialTensors } from './trial-arrays.js';
import { TrialLocks } from './trial-locks.js';

export const protocolFile = 'protocol.yaml';

/** A trial whose files exist but are damaged, and why. */
export interface DamagedTrial {
  readonly key: string;
  readonly reason: string;
}

/** Milliseconds between two attempts to lock protocol.yaml; the lock is held while a small file is written. */
const lockPause = 20;

/**
 * Creates the run directory of `protocol`, or checks that `directory` is one. A protocol that requests more trials
 * replaces the one there; one that requests a part of them leaves it unchanged. Concurrent calls see what earlier ones
 * have written.
 * @throws run_directory_conflict with the fields that differ; file_unwritable; invalid_protocol when the
 *   protocol.yaml there was edited and is invalid
 */
export async function openRunDirectory(directory: string, protocol: ProtocolDocument): Promise<void> {
  await makeFolder(join(directory, 'trials'));
  if (!(await wouldGrow(directory, protocol))) return;
  await TrialLocks.within(directory, async (locks) => {
    while (!(await locks.claim(protocolLock))) await setTimeout(lockPause);
    if (await wouldGrow(directory, protocol))
      await writeAtomically(join(directory, protocolFile), formatProtocol(protocol));
  });
}

/**
 * Whether `protocol` would replace the one of a directory, which may not exist; false where that requests as many
 * trials already. Nothing is written.
 * @throws run_directory_conflict, invalid_protocol: see openRunDirectory
 */
export async function wouldGrow(directory: string, protocol: ProtocolDocument): Promise<boolean> {
  await namesIn(directory); // Listing makes a network file system refresh its cache; otherwise it may return a file that was replaced.
  const path = join(directory, protocolFile);
  const present = await readProtocolIfThere(directory);
  const growth = present === undefined ? 'grows' : compareProtocols(present, protocol);
  if (growth === 'same' || growth === 'part') return false;
  if (growth === 'grows') return true;
  const list = growth.length === 1 ? ` ${growth[0]}. ` : `\n  ${growth.join('\n  ')}\n`;
  throw new EigenstudentError(
    'run_directory_conflict',
    `${directory} already holds another protocol:${list}Each has trials that the other lacks. Choose another directory, or ` +
      `run the protocol it holds (${path})`,
  );
}

async function readProtocolIfThere(directory: string): Promise<ProtocolDocument | undefined> {
  const path = join(directory, protocolFile);
  const bytes = await readBytesIfThere(path);
  if (bytes === undefined) return undefined;
  return parseProtocol(decodeText(bytes, path), path);
}

/** @throws file_unreadable when there is no run in the directory */
export async function readProtocol(directory: string): Promise<ProtocolDocument> {
  const protocol = await readProtocolIfThere(directory);
  if (protocol) return protocol;
  throw new EigenstudentError(
    'file_unreadable',
    `${directory} is not a run directory: it has no ${protocolFile}. \`eigenstudent sweep protocol.yaml --out DIR\` makes one`,
  );
}

/**
 * Determines which trials have ended, and which have damaged files: a record without its arrays or the reverse, a wrong
 * checksum. A trial with nothing more than a checkpoint is neither. Where there is no such directory no trial has
 * ended.
 * @param visit computes the result for a trial; it reads the arrays, so that they are read once. Default: its record
 * @throws file_unsupported for a record of another schema, with refuseOtherSchemas; otherwise it counts as damaged,
 *   and a damaged trial may be trained again and its record replaced
 */
export async function survey<Value = TrialRecord>(
  directory: string,
  trials: readonly Trial[],
  visit: (record: TrialRecord) => Promise<Value> = (record) => checked(directory, record) as Promise<Value>,
  { refuseOtherSchemas = false } = {},
): Promise<{ found: Map<string, Value>; damaged: DamagedTrial[] }> {
  const present = new Set(await keysIfThere(directory));
  const found = new Map<string, Value>();
  const damaged: DamagedTrial[] = [];
  for (const { key } of trials) {
    if (!present.has(key)) continue;
    try {
      found.set(key, await visit(await readRecord(directory, key)));
    } catch (error) {
      if (!(error instanceof EigenstudentError)) throw error;
      if (refuseOtherSchemas && error.code === 'file_unsupported') throw error;
      if (await isDamaged(directory, key)) damaged.push({ key, reason: error.message });
    }
  }
  return { found, damaged };
}

async function keysIfThere(directory: string): Promise<string[]> {
  try {
    return await listKeys(directory);
  } catch (error) {
    if (isMissing(error)) return [];
    throw error;
  }
}

async function checked(directory: string, record: TrialRecord): Promise<TrialRecord> {
  await checkArrays(directory, record);
  return record;
}

/** Whether a trial has other files than those of a process at work on it. */
async function isDamaged(directory: string, key: string): Promise<boolean> {
  const names = await namesIn(trialFolder(directory, key));
  return names.includes(recordFile) || names.includes(arraysFile);
}

/**
 * The record of an ended trial, its arrays verified; undefined where there is none. The folder is listed first: that
 * makes a network file system refresh its cache, which may otherwise hide a new file for a minute.
 */
export async function findFinished(directory: string, key: string): Promise<TrialRecord | undefined> {
  if (!(await namesIn(trialFolder(directory, key))).includes(recordFile)) return undefined;
  try {
    return await checked(directory, await readRecord(directory, key));
  } catch (error) {
    if (error instanceof EigenstudentError) return undefined;
    throw error;
  }
}

/**
 * Names of the folders under trials/, sorted; empty where a run directory has lost that folder.
 * @throws file_unreadable when it is not a run directory
 */
export async function listKeys(directory: string): Promise<string[]> {
  try {
    return (await readdir(join(directory, 'trials'))).sort();
  } catch (cause) {
    if (isMissing(cause) && (await namesIn(directory)).includes(protocolFile)) return [];
    const reason = reasonOf(cause);
    throw new EigenstudentError('file_unreadable', `${directory} is not a run directory: ${reason}`, {
      cause,
    });
  }
}

/**
 * Every record in a run directory, by key; unfinished and damaged trials are left out.
 * @throws file_unreadable when it is not a run directory
 */
export async function readRecords(directory: string): Promise<TrialRecord[]> {
  const records: TrialRecord[] = [];
  for (const key of await listKeys(directory)) {
    const record = await readRecordIfWhole(directory, key);
    if (record) records.push(record);
  }
  return records;
}

/** The record of a trial, without verifying its arrays; undefined where there is none, or a damaged one. */
export async function readRecordIfWhole(directory: string, key: string): Promise<TrialRecord | undefined> {
  try {
    return await readRecord(directory, key);
  } catch (error) {
    if (error instanceof EigenstudentError) return undefined;
    throw error;
  }
}

/**
 * Writes a trial: first its arrays, then the record with their checksum, so that the files of a crash are never taken
 * for a finished trial. Other files in its folder are removed last: until then the trial continues from its checkpoint.
 * @throws file_unwritable; no earlier file is changed, except a damaged record
 */
export async function writeTrial(
  directory: string,
  record: UnsealedRecord,
  arrays: TrialTensors,
): Promise<TrialRecord> {
  const folder = trialFolder(directory, record.key);
  const bytes = encodeArrays(record.key, arrays);
  const complete = sealRecord(record, sha256(bytes));
  await writing(directory, async () => {
    await makeFolder(folder);
    await rm(join(folder, recordFile), { force: true });
    await writeAtomically(join(folder, arraysFile), bytes);
    await writeAtomically(join(folder, recordFile), encodeRecord(complete));
    for (const name of await namesIn(folder))
      if (name !== recordFile && name !== arraysFile)
        await rm(join(folder, name), { recursive: true, force: true });
  });
  return complete;
}
