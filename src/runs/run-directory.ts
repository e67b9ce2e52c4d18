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

/** A trial whose files are there but cannot be trusted, and why. */
export interface DamagedTrial {
  readonly key: string;
  readonly reason: string;
}

/** Milliseconds between two tries for the lock of protocol.yaml, which is held as long as a small file is written. */
const lockPause = 20;

/**
 * Makes `directory` the run directory of `protocol`, or checks that it already is. A protocol that asks for more than the
 * one there replaces it; one that asks for a part of it leaves it as it is. Of several at once each sees what those before
 * it have written.
 * @throws run_directory_conflict with the fields that differ; file_unwritable; invalid_protocol when the protocol.yaml there
 *   was edited into something else
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
 * Whether a directory, which may not be there, would take `protocol` in place of what it holds; false where that asks for
 * as much already. Nothing is written.
 * @throws run_directory_conflict, invalid_protocol: see openRunDirectory
 */
export async function wouldGrow(directory: string, protocol: ProtocolDocument): Promise<boolean> {
  await namesIn(directory); // a network file system looks again then, and may else show a file that was replaced
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
 * Which of the trials are done, and which have files that are to be made again: a record without its arrays or the
 * reverse, a checksum that is wrong. A trial in the making, of which there is no more than a checkpoint, is neither. Where
 * there is no such directory nothing is done.
 * @param visit what is wanted of a trial's files; it reads the arrays, so that they are read once. Default: its record
 * @throws file_unsupported for a record of another schema, with refuseOtherSchemas: else it counts as damaged, and what is
 *   damaged may be trained again, over it
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
      if (await isBroken(directory, key)) damaged.push({ key, reason: error.message });
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

/** Whether there is more of a trial than what a process in the middle of it leaves. */
async function isBroken(directory: string, key: string): Promise<boolean> {
  const names = await namesIn(trialFolder(directory, key));
  return names.includes(recordFile) || names.includes(arraysFile);
}

/**
 * The record of a trial that is done, its arrays checked; nothing where it is not, or not any more. The folder is listed
 * first: a network file system looks again then, and may else say for a minute that a new file is not there.
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
 * Names of the folders under trials/, sorted; none where a run directory has lost that folder.
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
 * Every record in a run directory, by key; trials in the making and damaged ones are left out.
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

/** The record of a trial, its arrays not looked at; nothing where there is none, or a damaged one. */
export async function readRecordIfWhole(directory: string, key: string): Promise<TrialRecord | undefined> {
  try {
    return await readRecord(directory, key);
  } catch (error) {
    if (error instanceof EigenstudentError) return undefined;
    throw error;
  }
}

/**
 * Writes a trial: first its arrays, then the record that vouches for them, so that what a crash leaves is never taken
 * for a finished trial. What else lies in its folder goes last: until then it goes on from its checkpoint.
 * @throws file_unwritable; nothing that was there before is touched, but for a record that failed the survey
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
